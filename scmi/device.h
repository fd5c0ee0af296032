/*
 * The virtio device: queues and vhost-user, nothing of SCMI
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef SCMI_DEVICE_H
#define SCMI_DEVICE_H

#include "libvhost-user.h"
#include "pool.h"

/* virtio 1.3 section 5.17.2: commands, and events, of which there are none */
#define DEVICE_QUEUES 2
#define DEVICE_COMMANDS 0
#define DEVICE_RING_MAX 1024

#define DEVICE_WATCHES DEVICE_QUEUES

typedef struct DeviceWatch {
    int fd;
    vu_watch_cb call;
    void *data;
} DeviceWatch;

typedef struct DeviceCounts {
    unsigned long messages;
    unsigned long kicks;
    unsigned long interrupts;
} DeviceCounts;

typedef struct Device {
    VuDev vu;
    Pool *pool;
    DeviceWatch watches[DEVICE_WATCHES];
    DeviceCounts counts;
    /* What libvhost-user finds wrong now is the guest's doing. */
    bool in_ring;
    /* There was no place for what is in the queue. */
    bool stalled;
    /* Something was carried out since the last undo. */
    bool used;
    /* QEMU has closed the connection. */
    bool ended;
    /* QEMU said what it may not: it cannot go on. */
    bool failed;
} Device;

/**
 * device_init: for the front end behind the connected socket @fd
 *
 * Returns false without memory.
 */
bool device_init(Device *dev, int fd, Pool *pool);

/**
 * device_serve: until QEMU ends
 *
 * Returns 0, or -1 where QEMU broke the protocol.
 */
int device_serve(Device *dev);

/* Take what is in the command queue, as far as there are places. */
void device_take(Device *dev);

/* Answer what is carried out or out of time at @now. */
void device_answer(Device *dev, int64_t now);

#endif /* SCMI_DEVICE_H */
