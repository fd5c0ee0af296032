/*
 * Platform devices of the host, given to the machine with VFIO
 *
 * QEMU has had a device of this name until 10.1. This one is for later ones.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef HW_MISC_BPMP_VFIO_PLATFORM_H
#define HW_MISC_BPMP_VFIO_PLATFORM_H

#include "hw/misc/bpmp-qemu-compat.h"
#include "hw/vfio/vfio-device.h"
#include "hw/vfio/vfio-region.h"
#include "qemu/event_notifier.h"

#define TYPE_VFIO_PLATFORM "vfio-platform"
typedef struct VFIOPlatformDevice VFIOPlatformDevice;
DECLARE_INSTANCE_CHECKER(VFIOPlatformDevice, VFIO_PLATFORM_DEVICE,
                         TYPE_VFIO_PLATFORM)

/* One interrupt of the device */
typedef struct VFIOPlatformIrq {
    VFIOPlatformDevice *vdev;
    unsigned index;
    /* The host masks it until the guest has ended it. */
    bool level;
    qemu_irq line;
    /* The host says: it came. */
    EventNotifier trigger;
    /* Of a level: KVM says that the guest has ended it. */
    EventNotifier resample;
    /* KVM raises the line, QEMU knows nothing of it. */
    bool irqfd;
    /* QEMU has raised the line of a level, and the guest did not end it yet. */
    bool raised;
} VFIOPlatformIrq;

struct VFIOPlatformDevice {
    SysBusDevice parent_obj;

    VFIODevice vbasedev;
    char *host;
    bool irqfd_allowed;
    uint32_t mmap_timeout_ms;

    /* As many as vbasedev has. */
    VFIORegion *regions;
    VFIOPlatformIrq *irqs;
    QEMUTimer *mmap_timer;

    /* "compatible" of its node in the host's tree; NULL where it has none */
    char *compat;
    unsigned num_compat;
};

#endif /* HW_MISC_BPMP_VFIO_PLATFORM_H */
