/*
 * The guest's window to the BPMP, and what the virt machine needs of it
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef HW_MISC_NVIDIA_BPMP_GUEST_H
#define HW_MISC_NVIDIA_BPMP_GUEST_H

#include "hw/misc/bpmp-qemu-compat.h"
#include "hw/misc/nvidia-bpmp-guest-regs.h"
#include "qemu/notify.h"
#include "qapi/qapi-types-common.h"

#define TYPE_NVIDIA_BPMP_GUEST "nvidia-bpmp-guest"
#define TYPE_TEGRA_HSUART "tegra-hsuart"

/*
 * Does entry @i of a memory map with @n entries leave the window alone? @self
 * is the window's own entry, @but that of what may be there in its place.
 */
#define NVIDIA_BPMP_CLEAR(map, n, self, but, i)                         \
    ((i) >= (n) || (i) == (self) || (i) == (but) ||                     \
     (map)[(i) < (n) ? (i) : 0].base >=                                 \
         NVIDIA_BPMP_GUEST_BASE + NVIDIA_BPMP_GUEST_SIZE ||             \
     (map)[(i) < (n) ? (i) : 0].base + (map)[(i) < (n) ? (i) : 0].size  \
         <= NVIDIA_BPMP_GUEST_BASE)

#define NVIDIA_BPMP_CLEAR_8(map, n, self, but, i)                       \
    (NVIDIA_BPMP_CLEAR(map, n, self, but, (i)) &&                       \
     NVIDIA_BPMP_CLEAR(map, n, self, but, (i) + 1) &&                   \
     NVIDIA_BPMP_CLEAR(map, n, self, but, (i) + 2) &&                   \
     NVIDIA_BPMP_CLEAR(map, n, self, but, (i) + 3) &&                   \
     NVIDIA_BPMP_CLEAR(map, n, self, but, (i) + 4) &&                   \
     NVIDIA_BPMP_CLEAR(map, n, self, but, (i) + 5) &&                   \
     NVIDIA_BPMP_CLEAR(map, n, self, but, (i) + 6) &&                   \
     NVIDIA_BPMP_CLEAR(map, n, self, but, (i) + 7))

/*
 * Refuse to build where another entry of a constant memory map of up to 64
 * is at the window's place. Written out, since the compiler decides it only
 * without a loop. Whether @but is there is looked at when the window is made.
 */
#define NVIDIA_BPMP_CHECK_PLACE_BUT(map, n, self, but)                  \
    do {                                                                \
        QEMU_BUILD_BUG_ON((n) > 64);                                    \
        qemu_build_assert(NVIDIA_BPMP_CLEAR_8(map, n, self, but, 0));   \
        qemu_build_assert(NVIDIA_BPMP_CLEAR_8(map, n, self, but, 8));   \
        qemu_build_assert(NVIDIA_BPMP_CLEAR_8(map, n, self, but, 16));  \
        qemu_build_assert(NVIDIA_BPMP_CLEAR_8(map, n, self, but, 24));  \
        qemu_build_assert(NVIDIA_BPMP_CLEAR_8(map, n, self, but, 32));  \
        qemu_build_assert(NVIDIA_BPMP_CLEAR_8(map, n, self, but, 40));  \
        qemu_build_assert(NVIDIA_BPMP_CLEAR_8(map, n, self, but, 48));  \
        qemu_build_assert(NVIDIA_BPMP_CLEAR_8(map, n, self, but, 56));  \
    } while (0)

/* The same where nothing else may be there */
#define NVIDIA_BPMP_CHECK_PLACE(map, n, self) \
    NVIDIA_BPMP_CHECK_PLACE_BUT(map, n, self, self)

/* What the properties of the virt machine say. */
typedef struct NvidiaBpmpVirt {
    OnOffAuto mode;
    char *host;
    char *fd;
    char *chardev;

    /* There is a window, or at least a node for one where only that counts. */
    bool made;
    hwaddr base;
    Notifier machine_done;
} NvidiaBpmpVirt;

/* Add the properties bpmp, bpmp-host, bpmp-fd and bpmp-chardev. */
void nvidia_bpmp_virt_class_init(ObjectClass *oc);

/* Make the window at @base, where the properties ask for it. */
void nvidia_bpmp_virt_init(NvidiaBpmpVirt *s, hwaddr base, void *fdt);

/* @dev was plugged: make the window if it is the first that may need it. */
void nvidia_bpmp_virt_plug(NvidiaBpmpVirt *s, hwaddr base, void *fdt,
                           DeviceState *dev, Error **errp);

/*
 * Nodes of the machine's device tree for devices of the platform bus. @parent
 * is the bus's node, @irq_start its first SPI.
 */
int nvidia_tegra_add_vfio_node(SysBusDevice *sbdev, PlatformBusDevice *pbus,
                               void *fdt, const char *parent, int irq_start);
int nvidia_tegra_add_hsuart_node(SysBusDevice *sbdev, PlatformBusDevice *pbus,
                                 void *fdt, const char *parent,
                                 int irq_start);

/*
 * Warn where the user's tree in @file does not describe the machine: it has a
 * window at @base, or none.
 */
void nvidia_tegra_check_tree(const char *file, bool window, hwaddr base);

/* Is this a vfio-platform device that nvidia_tegra_add_vfio_node() knows? */
bool nvidia_tegra_is_vfio(SysBusDevice *sbdev);

#endif /* HW_MISC_NVIDIA_BPMP_GUEST_H */
