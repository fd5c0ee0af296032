/*
 * What may come from QEMU, before libvhost-user acts on it
 *
 * libvhost-user trusts its front end: with numbers of rings and regions, with
 * where rings end, with whole messages. These look first.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef SCMI_FRONTEND_H
#define SCMI_FRONTEND_H

#include "libvhost-user.h"

/* Features that are offered (virtio 1.3 section 6, vhost-user) */
#define FRONTEND_FEATURES \
    (1ull << 28 /* RING_INDIRECT_DESC */ | 1ull << 29 /* RING_EVENT_IDX */ | \
     1ull << 30 /* PROTOCOL_FEATURES */ | 1ull << 32 /* VERSION_1 */)

/**
 * frontend_read: the next message of the socket @fd
 * @ended: set where the connection is closed before one
 *
 * Returns false where there is none: closed, cut off, or too long.
 */
bool frontend_read(int fd, VhostUserMsg *message, bool *ended);

/**
 * frontend_fault: what is wrong with @message, or NULL
 *
 * Its file descriptors are those of the caller either way.
 */
const char *frontend_fault(const VuDev *vu, const VhostUserMsg *message);

/* Does the ring of @vq lie in the guest's memory, as far as it is known? */
bool frontend_ring_fits(const VuDev *vu, const struct vhost_vring_addr *ring,
                        unsigned num);

#endif /* SCMI_FRONTEND_H */
