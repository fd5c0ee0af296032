/*
 * The host kernel's proxy for the BPMP: one open file of its device
 *
 * Needs the C library alone, so that programs other than QEMU can be built
 * with bpmp_host_device.c as well.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef HW_MISC_BPMP_HOST_DEVICE_H
#define HW_MISC_BPMP_HOST_DEVICE_H

#include "hw/misc/bpmp-host-abi.h"
#include "hw/misc/bpmp-protocol.h"

typedef struct BpmpHostDevice {
    int fd;
    /* 0: BPMP_HOST_TRANSFER; else the bytes that write() wants */
    size_t compat_size;
} BpmpHostDevice;

/**
 * bpmp_host_probe: which interface is behind @fd?
 * @compat: may a driver that does not know BPMP_HOST_INFO be asked for an echo
 *          by write(), the interface of earlier drivers? Such a request holds
 *          addresses of this program, so not of any device.
 * @info: what the driver says of itself, where @dev->compat_size is 0
 *
 * Returns 0 and sets @dev, or a negative errno: -ENOTTY where the driver does
 * not know BPMP_HOST_INFO and @compat is not set, -EPROTO where something else
 * than an echo came back.
 */
int bpmp_host_probe(int fd, bool compat, BpmpHostDevice *dev,
                    struct bpmp_host_info *info);

/**
 * bpmp_host_transfer: run a transfer, which may take as long as the kernel's
 *                     time-out
 *
 * Returns 0 when the firmware answered, else a negative errno.
 */
int bpmp_host_transfer(const BpmpHostDevice *dev, BpmpMessage *msg);

/* Undo what was done through @dev. -ENOTTY by write(), which cannot. */
int bpmp_host_reset(const BpmpHostDevice *dev);

#endif /* HW_MISC_BPMP_HOST_DEVICE_H */
