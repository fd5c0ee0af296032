/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What older kernels have in place of the newest one's, as
 * kernel-overlay/bpmp-host-proxy/compat.h. The Makefile includes this first.
 */
#ifndef FAKE_COMPAT_H
#define FAKE_COMPAT_H

#include <soc/tegra/bpmp.h>
#include <soc/tegra/ivc.h>

/* After 6.1: memory of a channel is named by a struct iosys_map. */
#ifndef COMPAT_HAS_IOSYS_MAP_IN_IVC
#define iosys_map			compat_map
#define iosys_map_set_vaddr		compat_map_set_vaddr
#define iosys_map_memcpy_from(dst, map, offset, len) \
	memcpy(dst, (map)->vaddr + (offset), len)
#define iosys_map_memcpy_to(map, offset, src, len) \
	memcpy((map)->vaddr + (offset), src, len)
#define iosys_map_memset(map, offset, value, len) \
	memset((map)->vaddr + (offset), value, len)

struct compat_map {
	void *vaddr;
};

static inline void compat_map_set_vaddr(struct compat_map *map, void *vaddr)
{
	map->vaddr = vaddr;
}

static inline int compat_read_get_next_frame(struct tegra_ivc *ivc,
					     struct compat_map *map)
{
	map->vaddr = tegra_ivc_read_get_next_frame(ivc);

	return PTR_ERR_OR_ZERO(map->vaddr);
}

static inline int compat_write_get_next_frame(struct tegra_ivc *ivc,
					      struct compat_map *map)
{
	map->vaddr = tegra_ivc_write_get_next_frame(ivc);

	return PTR_ERR_OR_ZERO(map->vaddr);
}

static inline int compat_ivc_init(struct tegra_ivc *ivc, struct device *peer,
				  const struct compat_map *rx,
				  dma_addr_t rx_phys,
				  const struct compat_map *tx,
				  dma_addr_t tx_phys, unsigned int num_frames,
				  size_t frame_size,
				  void (*notify)(struct tegra_ivc *ivc,
						 void *data),
				  void *data)
{
	return tegra_ivc_init(ivc, peer, rx->vaddr, rx_phys, tx->vaddr, tx_phys,
			      num_frames, frame_size, notify, data);
}

#define tegra_ivc_read_get_next_frame	compat_read_get_next_frame
#define tegra_ivc_write_get_next_frame	compat_write_get_next_frame
#define tegra_ivc_init			compat_ivc_init
#endif

#endif
