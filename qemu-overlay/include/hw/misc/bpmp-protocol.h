/*
 * What is said to a BPMP, its firmware model and the guest: plain data
 *
 * Needs the C library alone, so that programs other than QEMU can be built
 * with bpmp_protocol.c as well.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef HW_MISC_BPMP_PROTOCOL_H
#define HW_MISC_BPMP_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "hw/misc/bpmp-frame.h"

/* Most bytes of a request and of an answer, by the firmware's interface. */
#define BPMP_PAYLOAD_MAX BPMP_FRAME_PAYLOAD

/* Request numbers of the firmware have 8 bits. */
#define BPMP_MRQ_MAX 255
#define BPMP_MRQ_PING 0

/* Between QEMU and a firmware model only; see docs/specs. */
#define BPMP_MRQ_LINE_STATE 0x7fff0001
#define BPMP_MRQ_MASTER_RESET BPMP_FRAME_MRQ_RESET

typedef struct BpmpMessage {
    uint32_t mrq;
    uint32_t tx_size;
    /* In: room for the answer. Out: bytes of answer. */
    uint32_t rx_size;
    /* Out: the firmware's own code, 0 or negative; not an errno. */
    int32_t ret;
    uint8_t tx[BPMP_PAYLOAD_MAX];
    uint8_t rx[BPMP_PAYLOAD_MAX];
} BpmpMessage;

/* Is @msg a request that a guest may make? The private numbers are not. */
bool bpmp_message_valid(const BpmpMessage *msg);

/**
 * bpmp_code_from_status: what a guest that knows the firmware's codes is told
 * @status: 0 or a negative errno, as back ends give it
 *
 * For front ends without a place for an errno. Returns 0 or the negative code
 * of the BPMP's interface; -BPMP_EIO for what that has no word for.
 */
int32_t bpmp_code_from_status(int status);

/* A model's answer that is being read; all zeros before the first byte. */
typedef struct BpmpFrameReader {
    size_t len;
    uint8_t frame[BPMP_FRAME_MAX];
} BpmpFrameReader;

typedef enum BpmpFrameState {
    BPMP_FRAME_MALFORMED = -1,
    BPMP_FRAME_PART = 0,
    BPMP_FRAME_WHOLE = 1,
} BpmpFrameState;

/**
 * bpmp_frame_feed: take bytes of the stream up to the end of a frame
 * @buf: moved past what was taken
 * @size: what is left of it
 *
 * Once it says BPMP_FRAME_WHOLE the frame can be looked at with
 * bpmp_message_answer(), and the next call begins another.
 */
BpmpFrameState bpmp_frame_feed(BpmpFrameReader *reader, const uint8_t **buf,
                               size_t *size);

/**
 * bpmp_message_answer: the whole answer in @reader
 * @msg: its request; ret, rx_size and rx are set if it is its answer
 * @status: 0 or a negative errno
 *
 * Returns false, and changes nothing, where it has a status that is none or
 * more bytes than @msg has room for.
 */
bool bpmp_message_answer(const BpmpFrameReader *reader, BpmpMessage *msg,
                         int *status);

#endif /* HW_MISC_BPMP_PROTOCOL_H */
