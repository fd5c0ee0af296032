/*
 * Interface of the host's /dev/bpmp-host
 *
 * The same numbers as <linux/bpmp-host.h> has, for building where the kernel's
 * headers do not know that file.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef HW_MISC_BPMP_HOST_ABI_H
#define HW_MISC_BPMP_HOST_ABI_H

#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>

#define BPMP_HOST_VERSION 2
#define BPMP_HOST_PAYLOAD 120

struct bpmp_host_transfer {
    uint32_t mrq;
    uint32_t flags;
    uint32_t tx_size;
    uint32_t rx_size;
    int32_t ret;
    uint32_t reserved;
    uint8_t tx[BPMP_HOST_PAYLOAD];
    uint8_t rx[BPMP_HOST_PAYLOAD];
};

struct bpmp_host_info {
    uint32_t argsz;
    uint32_t flags;
    uint32_t version;
    uint32_t own_clocks;
    uint32_t shared_clocks;
    uint32_t ancestor_clocks;
    uint32_t own_resets;
    uint32_t own_domains;
    uint32_t quarantined;
    uint32_t demoted;
    uint32_t channels;
    uint32_t channels_lost;
    uint64_t transfers;
    uint64_t refusals;
    uint64_t undo_left;
};

/*
 * What write() takes. Drivers before BPMP_HOST_INFO read the 56 bytes of a
 * structure of some kernels; others want the 48 before @flags exactly.
 */
struct bpmp_host_compat {
    uint32_t mrq;
    uint32_t pad0;
    uint64_t tx_data;
    uint64_t tx_size;
    uint64_t rx_data;
    uint64_t rx_size;
    int32_t ret;
    uint32_t pad1;
    uint64_t flags;
};

#define BPMP_HOST_COMPAT_SIZE offsetof(struct bpmp_host_compat, flags)

#define BPMP_HOST_IOC_MAGIC 0xBC
#define BPMP_HOST_TRANSFER \
    _IOWR(BPMP_HOST_IOC_MAGIC, 1, struct bpmp_host_transfer)
#define BPMP_HOST_INFO _IO(BPMP_HOST_IOC_MAGIC, 2)
#define BPMP_HOST_RESET _IO(BPMP_HOST_IOC_MAGIC, 3)

_Static_assert(sizeof(struct bpmp_host_transfer) == 264, "");
_Static_assert(sizeof(struct bpmp_host_info) == 72, "");
_Static_assert(sizeof(struct bpmp_host_compat) == 56, "");
_Static_assert(BPMP_HOST_COMPAT_SIZE == 48, "");

#endif /* HW_MISC_BPMP_HOST_ABI_H */
