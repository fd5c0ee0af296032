/*
 * The way to a BPMP: the host kernel's proxy, or a firmware model
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef SCMI_LINK_H
#define SCMI_LINK_H

#include <stdbool.h>

#include "domains.h"
#include "firmware.h"

typedef struct BpmpLink BpmpLink;

/**
 * bpmp_link_host: the device of the host proxy, /dev/bpmp-host[-NAME]
 * @fd: open for reading and writing; belongs to the link from now on
 *
 * Returns NULL and says why in @error where it is not such a device.
 */
BpmpLink *bpmp_link_host(int fd, ScmiError *error);

/**
 * bpmp_link_model: a firmware model (docs/abi.md, section 3)
 * @fd: a connected stream socket; belongs to the link from now on
 */
BpmpLink *bpmp_link_model(int fd);

/**
 * bpmp_link_transfer: run one transfer; any number of threads may
 *
 * Returns 0 when the firmware answered, else a negative errno: -EACCES, -EBUSY,
 * -EINVAL, -EAGAIN of the proxy or the model, -ETIMEDOUT no answer in
 * @timeout_ms (of a model; the proxy has its own), -EIO a wrong one, -ENODEV
 * nobody is there.
 */
int bpmp_link_transfer(BpmpLink *link, BpmpCall *call, unsigned timeout_ms);

/**
 * bpmp_link_reset: undo what was done through @link
 *
 * Returns 0 or a negative errno.
 */
int bpmp_link_reset(BpmpLink *link, unsigned timeout_ms);

#endif /* SCMI_LINK_H */
