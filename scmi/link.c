/*
 * The way to a BPMP
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hw/misc/bpmp-frame.h"
#include "linux/bpmp-host.h"

#include "bytes.h"
#include "clock.h"
#include "link.h"

_Static_assert(BPMP_HOST_PAYLOAD == BPMP_PAYLOAD, "one payload");
_Static_assert(BPMP_FRAME_PAYLOAD == BPMP_PAYLOAD, "one payload");

struct BpmpLink {
    int fd;
    bool model;

    /* Of a model: one request at a time, and its answer behind it. */
    pthread_mutex_t lock;
    /* The stream ended, or made no sense: nothing can be read any more. */
    bool lost;
    /* Answers under way that nobody waits for any more */
    unsigned late;
    /* What came of the answer that is being read */
    size_t have;
    uint8_t frame[BPMP_FRAME_MAX];
};

static BpmpLink *link_new(int fd, bool model)
{
    BpmpLink *link = calloc(1, sizeof(*link));

    if (!link) {
        abort();
    }
    link->fd = fd;
    link->model = model;
    pthread_mutex_init(&link->lock, NULL);
    return link;
}

static int host_transfer(int fd, BpmpCall *call)
{
    struct bpmp_host_transfer t = {
        .mrq = call->mrq,
        .tx_size = call->tx_size,
        .rx_size = call->rx_size,
    };
    int ret;

    memcpy(t.tx, call->tx, call->tx_size);
    do {
        ret = ioctl(fd, BPMP_HOST_TRANSFER, &t);
    } while (ret < 0 && errno == EINTR);
    if (ret < 0) {
        return -errno;
    }
    if (t.rx_size > call->rx_size) {
        return -EIO;
    }
    memcpy(call->rx, t.rx, t.rx_size);
    call->rx_size = t.rx_size;
    call->ret = t.ret;
    return 0;
}

static int host_reset(int fd)
{
    int ret;

    do {
        ret = ioctl(fd, BPMP_HOST_RESET);
    } while (ret < 0 && errno == EINTR);
    return ret < 0 ? -errno : 0;
}

/* Read until there are @size bytes of the frame, or the time is up. */
static int model_read(BpmpLink *link, size_t size, int64_t deadline)
{
    while (link->have < size) {
        struct pollfd wait = { .fd = link->fd, .events = POLLIN };
        int64_t left = deadline - now_ms();
        ssize_t n;
        int ready = poll(&wait, 1, left > 0 ? left : 0);

        if (ready < 0 && errno == EINTR) {
            continue;
        }
        if (ready <= 0) {
            return ready < 0 ? -errno : -ETIMEDOUT;
        }
        n = recv(link->fd, link->frame + link->have, size - link->have,
                 MSG_DONTWAIT);
        if (n < 0 && (errno == EINTR || errno == EAGAIN)) {
            continue;
        }
        if (n <= 0) {
            link->lost = true;
            return -ENODEV;
        }
        link->have += n;
    }
    return 0;
}

/* The next answer of the stream, whoever asked for it */
static int model_next(BpmpLink *link, BpmpFrameAnswer *a, int64_t deadline)
{
    int status = model_read(link, BPMP_FRAME_HEADER, deadline);

    if (status < 0) {
        return status;
    }
    if (bpmp_frame_answer(link->frame, a) < 0) {
        link->lost = true;
        return -EIO;
    }
    return model_read(link, BPMP_FRAME_HEADER + a->rx_size, deadline);
}

static int model_send(BpmpLink *link, const uint8_t *frame, size_t size)
{
    ssize_t n;

    do {
        n = send(link->fd, frame, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    } while (n < 0 && errno == EINTR);
    if (n == (ssize_t)size) {
        return 0;
    }
    /* It reads nothing: a socket holds many requests. */
    if (n < 0 && errno == EAGAIN) {
        return -ETIMEDOUT;
    }
    link->lost = true;
    return -ENODEV;
}

static int model_locked(BpmpLink *link, uint32_t mrq, BpmpCall *call,
                        int64_t deadline)
{
    uint8_t frame[BPMP_FRAME_MAX];
    BpmpFrameAnswer a = {};
    int status;

    if (link->lost) {
        return -ENODEV;
    }
    status = model_send(link, frame,
                        bpmp_frame_request(frame, mrq, call->tx, call->tx_size,
                                           call->rx_size));
    if (status < 0) {
        return status;
    }
    link->late++;
    while (link->late) {
        status = model_next(link, &a, deadline);
        if (status < 0) {
            return status;
        }
        link->have = 0;
        link->late--;
    }
    if (a.rx_size > call->rx_size || a.status > 0) {
        return -EIO;
    }
    memcpy(call->rx, link->frame + BPMP_FRAME_HEADER, a.rx_size);
    call->rx_size = a.rx_size;
    call->ret = a.ret;
    return a.status;
}

static int model_transfer(BpmpLink *link, uint32_t mrq, BpmpCall *call,
                          unsigned timeout_ms)
{
    int64_t deadline = now_ms() + timeout_ms;
    int status;

    pthread_mutex_lock(&link->lock);
    /* The time of those before counts: nobody waits longer than he said. */
    status = now_ms() < deadline ? model_locked(link, mrq, call, deadline) :
                                   -ETIMEDOUT;
    pthread_mutex_unlock(&link->lock);
    return status;
}

int bpmp_link_transfer(BpmpLink *link, BpmpCall *call, unsigned timeout_ms)
{
    return link->model ? model_transfer(link, call->mrq, call, timeout_ms) :
                         host_transfer(link->fd, call);
}

int bpmp_link_reset(BpmpLink *link, unsigned timeout_ms)
{
    BpmpCall none = {};

    return link->model ?
           model_transfer(link, BPMP_FRAME_MRQ_RESET, &none, timeout_ms) :
           host_reset(link->fd);
}

BpmpLink *bpmp_link_model(int fd)
{
    return link_new(fd, true);
}

BpmpLink *bpmp_link_host(int fd, ScmiError *error)
{
    static const uint32_t challenge = 0x12345678;
    BpmpCall ping = { .mrq = BPMP_MRQ_PING, .tx_size = 4, .rx_size = 4 };
    struct stat st;
    int status;

    /* An ioctl of a file of another kind could do anything. */
    if (fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode)) {
        snprintf(error->text, sizeof(error->text), "is not a character device");
        return NULL;
    }
    /* An echo changes nothing on any BPMP. */
    put_le32(ping.tx, challenge);
    status = host_transfer(fd, &ping);
    if (status < 0 || ping.ret || ping.rx_size != 4 ||
        get_le32(ping.rx) != challenge << 1) {
        snprintf(error->text, sizeof(error->text),
                 "does not answer like the host proxy%s%s",
                 status < 0 ? ": " : "", status < 0 ? strerror(-status) : "");
        return NULL;
    }
    return link_new(fd, false);
}
