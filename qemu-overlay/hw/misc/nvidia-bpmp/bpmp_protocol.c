/*
 * What is said to a BPMP, its firmware model and the guest: plain data
 *
 * Without qemu/osdep.h: other programs are built with this file, too.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <errno.h>
#include <string.h>
#include "hw/misc/bpmp-protocol.h"

bool bpmp_message_valid(const BpmpMessage *msg)
{
    return msg->mrq <= BPMP_MRQ_MAX && msg->tx_size <= BPMP_PAYLOAD_MAX &&
           msg->rx_size <= BPMP_PAYLOAD_MAX;
}

/* Codes of the firmware's interface, bpmp-abi.h in Linux and Jetson Linux. */
#define BPMP_EIO 5

static const struct {
    int status;
    int32_t code;
} codes[] = {
    { EPERM, 1 },
    { ENOENT, 2 },
    { EIO, BPMP_EIO },
    { EAGAIN, 11 },
    { ENOMEM, 12 },
    { EACCES, 13 },
    { EFAULT, 14 },
    { EBUSY, 16 },
    { ENODEV, 19 },
    { EINVAL, 22 },
    { ETIMEDOUT, 23 },
    { ERANGE, 34 },
    { ENOSYS, 38 },
    { EBADMSG, 77 },
    { EOPNOTSUPP, 95 },
    { ENXIO, 140 },
};

int32_t bpmp_code_from_status(int status)
{
    if (status >= 0) {
        return 0;
    }
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (codes[i].status == -status) {
            return -codes[i].code;
        }
    }
    return -BPMP_EIO;
}

/* How many bytes the frame that is being read has, 0 if it makes no sense. */
static size_t frame_wants(const BpmpFrameReader *reader)
{
    BpmpFrameAnswer answer;

    if (reader->len < BPMP_FRAME_HEADER) {
        return BPMP_FRAME_HEADER;
    }
    return bpmp_frame_answer(reader->frame, &answer) < 0 ? 0 :
           BPMP_FRAME_HEADER + answer.rx_size;
}

BpmpFrameState bpmp_frame_feed(BpmpFrameReader *reader, const uint8_t **buf,
                               size_t *size)
{
    while (*size > 0) {
        size_t n = frame_wants(reader) - reader->len;

        n = n < *size ? n : *size;
        memcpy(reader->frame + reader->len, *buf, n);
        reader->len += n;
        *buf += n;
        *size -= n;

        if (frame_wants(reader) == 0) {
            reader->len = 0;
            return BPMP_FRAME_MALFORMED;
        }
        if (reader->len == frame_wants(reader)) {
            reader->len = 0;
            return BPMP_FRAME_WHOLE;
        }
    }
    return BPMP_FRAME_PART;
}

bool bpmp_message_answer(const BpmpFrameReader *reader, BpmpMessage *msg,
                         int *status)
{
    BpmpFrameAnswer answer;

    if (bpmp_frame_answer(reader->frame, &answer) < 0 || answer.status > 0 ||
        answer.rx_size > msg->rx_size) {
        return false;
    }
    *status = answer.status;
    msg->ret = answer.ret;
    msg->rx_size = answer.rx_size;
    memcpy(msg->rx, reader->frame + BPMP_FRAME_HEADER, answer.rx_size);
    return true;
}
