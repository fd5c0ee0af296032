/*
 * SCMI v3.2 (Arm DEN0056E), platform side: one request, one answer
 *
 * Nothing here knows of queues, threads, files or time, so that a table, a
 * fuzzer and a model checker can run it. What it asks the BPMP it asks through
 * ScmiFirmware.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef SCMI_H
#define SCMI_H

#include <stddef.h>
#include <stdint.h>

#include "domains.h"

/* Header: message id 7:0, type 9:8, protocol 17:10, token 27:18 */
#define SCMI_HEADER 4
/* Most bytes of a request or an answer, as Linux has it for virtio */
#define SCMI_PAYLOAD 128
#define SCMI_MESSAGE (SCMI_HEADER + SCMI_PAYLOAD)

/* Protocols, and the version of each that v3.2 has (4.2 to 4.8) */
#define SCMI_BASE 0x10
#define SCMI_BASE_VERSION 0x20001
#define SCMI_POWER 0x11
#define SCMI_POWER_VERSION 0x30001
#define SCMI_CLOCK 0x14
#define SCMI_CLOCK_VERSION 0x30000
#define SCMI_RESET 0x16
#define SCMI_RESET_VERSION 0x30001

/* Status codes */
enum {
    SCMI_SUCCESS = 0,
    SCMI_NOT_SUPPORTED = -1,
    SCMI_INVALID_PARAMETERS = -2,
    SCMI_DENIED = -3,
    SCMI_NOT_FOUND = -4,
    SCMI_OUT_OF_RANGE = -5,
    SCMI_BUSY = -6,
    SCMI_COMMS_ERROR = -7,
    SCMI_GENERIC_ERROR = -8,
    SCMI_HARDWARE_ERROR = -9,
    SCMI_PROTOCOL_ERROR = -10,
};

/**
 * scmi_answer: carry out a request and write its answer
 * @request: a copy that the guest cannot change
 * @size: bytes of @request
 * @answer: gets at most @room bytes; may not overlap @request
 *
 * An answer that does not fit in @room becomes a PROTOCOL_ERROR that does.
 *
 * Returns the bytes of answer, 0 where nothing can be answered: a request
 * without a header, or no room for a header and a status.
 */
size_t scmi_answer(const ScmiDomains *d, const ScmiFirmware *fw,
                   const uint8_t *request, size_t size,
                   uint8_t *answer, size_t room);

/**
 * scmi_error_answer: the answer to @request that has nothing but @status
 *
 * Returns as scmi_answer() does.
 */
size_t scmi_error_answer(const uint8_t *request, size_t size, int32_t status,
                         uint8_t *answer, size_t room);

/**
 * scmi_status: the status that tells of the end of a transfer
 * @status: 0, or the negative errno of the way to the BPMP (docs/abi.md)
 * @ret: the firmware's own code, where @status is 0
 */
int32_t scmi_status(int status, int32_t ret);

#endif /* SCMI_H */
