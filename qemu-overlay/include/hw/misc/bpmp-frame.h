/*
 * Frames between a back end and a firmware model (docs/abi.md, section 3)
 *
 * Plain C with nothing of QEMU in it: the vhost-user back end of scmi/ is
 * built with the same file.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef HW_MISC_BPMP_FRAME_H
#define HW_MISC_BPMP_FRAME_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define BPMP_FRAME_MAGIC 0x31504d42 /* "BMP1" */
#define BPMP_FRAME_HEADER 16
#define BPMP_FRAME_PAYLOAD 120
#define BPMP_FRAME_MAX (BPMP_FRAME_HEADER + BPMP_FRAME_PAYLOAD)

/* Undo what was done through this connection. */
#define BPMP_FRAME_MRQ_RESET 0x7fff0002

/* What a model says of a request, without the payload that follows. */
typedef struct BpmpFrameAnswer {
    /* 0: the firmware answered; else a negative errno of Linux */
    int32_t status;
    /* The firmware's own code */
    int32_t ret;
    uint32_t rx_size;
} BpmpFrameAnswer;

static inline void bpmp_frame_put32(uint8_t *to, uint32_t value)
{
    for (int i = 0; i < 4; i++) {
        to[i] = value >> (8 * i);
    }
}

static inline uint32_t bpmp_frame_get32(const uint8_t *from)
{
    return from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 |
           (uint32_t)from[3] << 24;
}

/**
 * bpmp_frame_request: write a request to @frame, of BPMP_FRAME_MAX bytes
 * @tx_size: bytes of @tx, at most BPMP_FRAME_PAYLOAD
 * @rx_room: most bytes of answer, at most BPMP_FRAME_PAYLOAD
 *
 * Returns the frame's bytes.
 */
static inline size_t bpmp_frame_request(uint8_t *frame, uint32_t mrq,
                                        const uint8_t *tx, uint32_t tx_size,
                                        uint32_t rx_room)
{
    bpmp_frame_put32(frame, BPMP_FRAME_MAGIC);
    bpmp_frame_put32(frame + 4, mrq);
    bpmp_frame_put32(frame + 8, tx_size);
    bpmp_frame_put32(frame + 12, rx_room);
    memcpy(frame + BPMP_FRAME_HEADER, tx, tx_size);
    return BPMP_FRAME_HEADER + tx_size;
}

/**
 * bpmp_frame_answer: read the header of an answer
 *
 * Returns 0, or -1 where it is none: the connection cannot go on.
 */
static inline int bpmp_frame_answer(const uint8_t *frame, BpmpFrameAnswer *a)
{
    a->status = (int32_t)bpmp_frame_get32(frame + 4);
    a->ret = (int32_t)bpmp_frame_get32(frame + 8);
    a->rx_size = bpmp_frame_get32(frame + 12);
    return bpmp_frame_get32(frame) == BPMP_FRAME_MAGIC &&
           a->rx_size <= BPMP_FRAME_PAYLOAD ? 0 : -1;
}

#endif /* HW_MISC_BPMP_FRAME_H */
