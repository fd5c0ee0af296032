/*
 * The virtio device
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "clock.h"
#include "device.h"
#include "frontend.h"

/*
 * How long QEMU, which holds its own lock meanwhile, waits when it stops a
 * queue, for what is under way. What is not carried out then is answered with
 * COMMS_ERROR.
 */
#define DRAIN_MS 500

static Device *device_of(VuDev *vu)
{
    return (Device *)((char *)vu - offsetof(Device, vu));
}

static void say(const char *what, const char *detail)
{
    fprintf(stderr, "bpmp-scmi: %s%s%s\n", what, detail ? ": " : "",
            detail ? detail : "");
}

static void panic(VuDev *vu, const char *why)
{
    Device *dev = device_of(vu);

    if (dev->in_ring) {
        /* Until a driver starts anew, as VIRTIO_CONFIG_S_NEEDS_RESET has it */
        say("the guest broke its queue, which is not served any more", why);
    } else {
        say("QEMU and vhost-user do not agree", why);
        dev->failed = true;
    }
}

static size_t copy_in(uint8_t *to, size_t room, const struct iovec *from,
                      unsigned n)
{
    size_t have = 0;

    for (unsigned i = 0; i < n && have < room; i++) {
        size_t part = from[i].iov_len;

        if (part > room - have) {
            part = room - have;
        }
        memcpy(to + have, from[i].iov_base, part);
        have += part;
    }
    return have;
}

static void copy_out(const struct iovec *to, unsigned n, const uint8_t *from,
                     size_t size)
{
    for (unsigned i = 0; i < n && size; i++) {
        size_t part = to[i].iov_len;

        if (part > size) {
            part = size;
        }
        memcpy(to[i].iov_base, from, part);
        from += part;
        size -= part;
    }
}

static size_t room_of(const VuVirtqElement *element)
{
    size_t room = 0;

    for (unsigned i = 0; i < element->in_num && room < SCMI_MESSAGE; i++) {
        room += element->in_sg[i].iov_len;
    }
    return room < SCMI_MESSAGE ? room : SCMI_MESSAGE;
}

void device_take(Device *dev)
{
    VuVirtq *vq = vu_get_queue(&dev->vu, DEVICE_COMMANDS);

    dev->stalled = false;
    while (vu_queue_enabled(&dev->vu, vq) && vu_queue_started(&dev->vu, vq)) {
        VuVirtqElement *element;
        Work *work = pool_take(dev->pool);

        if (!work) {
            dev->stalled = true;
            return;
        }
        dev->in_ring = true;
        element = vu_queue_pop(&dev->vu, vq, sizeof(*element));
        dev->in_ring = false;
        if (!element) {
            pool_give_back(dev->pool, work);
            return;
        }
        /* Read once: the guest can change it at any time. */
        work->request_size = copy_in(work->request, sizeof(work->request),
                                     element->out_sg, element->out_num);
        work->room = room_of(element);
        work->element = element;
        dev->used = true;
        dev->counts.messages++;
        pool_submit(dev->pool, work);
    }
}

static void kicked(VuDev *vu, int index)
{
    Device *dev = device_of(vu);

    (void)index;
    dev->counts.kicks++;
    device_take(dev);
}

static void push(Device *dev, Work *work)
{
    VuVirtq *vq = vu_get_queue(&dev->vu, DEVICE_COMMANDS);
    VuVirtqElement *element = work->element;

    copy_out(element->in_sg, element->in_num, work->answer, work->answer_size);
    dev->in_ring = true;
    vu_queue_push(&dev->vu, vq, element, work->answer_size);
    dev->in_ring = false;
    free(element);
    pool_give_back(dev->pool, work);
}

void device_answer(Device *dev, int64_t now)
{
    VuVirtq *vq = vu_get_queue(&dev->vu, DEVICE_COMMANDS);
    unsigned n = 0;
    Work *work;

    while ((work = pool_finished(dev->pool, now))) {
        push(dev, work);
        n++;
    }
    if (n) {
        dev->counts.interrupts++;
        dev->in_ring = true;
        vu_queue_notify(&dev->vu, vq);
        dev->in_ring = false;
    }
}

static void forget_event(Device *dev)
{
    uint64_t count;

    /* Nothing there is as good. */
    if (read(pool_fd(dev->pool), &count, sizeof(count)) < 0) {
        return;
    }
}

/*
 * Nothing is under way afterwards. What was taken from the queue is answered,
 * since QEMU starts the queue again behind it.
 */
static void drain(Device *dev)
{
    int64_t until = now_ms() + DRAIN_MS;

    device_answer(dev, now_ms());
    while (pool_pending(dev->pool)) {
        struct pollfd wait = { .fd = pool_fd(dev->pool), .events = POLLIN };
        int64_t left = until - now_ms();

        if (left <= 0) {
            device_answer(dev, INT64_MAX);
            return;
        }
        poll(&wait, 1, left);
        forget_event(dev);
        device_answer(dev, now_ms());
    }
}

/* A driver that begins: what the one before did is undone. */
static void begin(Device *dev)
{
    VuVirtq *vq = vu_get_queue(&dev->vu, DEVICE_COMMANDS);

    dev->vu.broken = false;
    vq->inuse = 0;
    vq->signalled_used_valid = false;
    if (dev->used) {
        dev->used = false;
        pool_reset(dev->pool);
    }
}

static void close_fds(VhostUserMsg *message)
{
    for (int i = 0; i < message->fd_num; i++) {
        close(message->fds[i]);
    }
    message->fd_num = 0;
}

static int reply(VhostUserMsg *message, uint64_t value, int *do_reply)
{
    message->payload.u64 = value;
    message->size = sizeof(message->payload.u64);
    message->fd_num = 0;
    *do_reply = 1;
    return 1;
}

static int process(VuDev *vu, VhostUserMsg *message, int *do_reply)
{
    Device *dev = device_of(vu);
    const char *fault = frontend_fault(vu, message);

    if (fault) {
        close_fds(message);
        panic(vu, fault);
        *do_reply = 0;
        return 1;
    }
    switch (message->request) {
    case VHOST_USER_GET_FEATURES:
        return reply(message, FRONTEND_FEATURES, do_reply);
    case VHOST_USER_GET_PROTOCOL_FEATURES:
        return reply(message, 0, do_reply);
    case VHOST_USER_SET_OWNER:
    case VHOST_USER_GET_QUEUE_NUM:
    case VHOST_USER_SET_VRING_CALL:
    case VHOST_USER_SET_VRING_ERR:
        return 0;
    }
    /* All others change what an element points to. */
    drain(dev);
    if (message->request == VHOST_USER_SET_VRING_BASE &&
        message->payload.state.index == DEVICE_COMMANDS &&
        message->payload.state.num == 0) {
        begin(dev);
    }
    return 0;
}

static bool read_message(VuDev *vu, int fd, VhostUserMsg *message)
{
    Device *dev = device_of(vu);

    if (frontend_read(fd, message, &dev->ended)) {
        return true;
    }
    close_fds(message);
    if (!dev->ended) {
        panic(vu, "a message that is cut off, or too long");
    }
    return false;
}

static DeviceWatch *find_watch(Device *dev, int fd)
{
    for (unsigned i = 0; i < DEVICE_WATCHES; i++) {
        if (dev->watches[i].fd == fd) {
            return &dev->watches[i];
        }
    }
    return NULL;
}

static void remove_watch(VuDev *vu, int fd)
{
    DeviceWatch *watch = find_watch(device_of(vu), fd);

    if (fd >= 0 && watch) {
        watch->fd = -1;
    }
}

static void set_watch(VuDev *vu, int fd, int condition, vu_watch_cb call,
                      void *data)
{
    Device *dev = device_of(vu);
    DeviceWatch *watch = find_watch(dev, fd);

    (void)condition;
    if (!watch) {
        watch = find_watch(dev, -1);
    }
    /* One a queue: there is always one. */
    if (watch) {
        *watch = (DeviceWatch){ .fd = fd, .call = call, .data = data };
    }
}

static const VuDevIface iface = {
    .process_msg = process,
};

bool device_init(Device *dev, int fd, Pool *pool)
{
    memset(dev, 0, sizeof(*dev));
    dev->pool = pool;
    for (unsigned i = 0; i < DEVICE_WATCHES; i++) {
        dev->watches[i].fd = -1;
    }
    if (!vu_init(&dev->vu, DEVICE_QUEUES, fd, panic, read_message, set_watch,
                 remove_watch, &iface)) {
        return false;
    }
    vu_set_queue_handler(&dev->vu, vu_get_queue(&dev->vu, DEVICE_COMMANDS),
                         kicked);
    return true;
}

/* Rings stay where they are when the memory around them moves. */
static bool rings_fit(const VuDev *vu)
{
    for (unsigned i = 0; i < vu->max_queues; i++) {
        const VuVirtq *vq = &vu->vq[i];

        if (vq->vring.desc &&
            !frontend_ring_fits(vu, &vq->vra, vq->vring.num)) {
            return false;
        }
    }
    return true;
}

static void dispatch(Device *dev)
{
    if (!vu_dispatch(&dev->vu) && !dev->ended && !dev->failed) {
        panic(&dev->vu, "a message could not be answered");
    }
    if (!dev->ended && !dev->failed && !rings_fit(&dev->vu)) {
        panic(&dev->vu, "memory without the rings that lie in it");
    }
}

static int wait_ms(Device *dev)
{
    int64_t deadline = pool_deadline(dev->pool);
    int64_t left;

    if (deadline == INT64_MAX) {
        return -1;
    }
    left = deadline - now_ms();
    return left > 0 ? left : 0;
}

int device_serve(Device *dev)
{
    while (!dev->ended && !dev->failed) {
        struct pollfd wait[2 + DEVICE_WATCHES] = {
            { .fd = dev->vu.sock, .events = POLLIN },
            { .fd = pool_fd(dev->pool), .events = POLLIN },
        };

        for (unsigned i = 0; i < DEVICE_WATCHES; i++) {
            wait[2 + i] = (struct pollfd){ .fd = dev->watches[i].fd,
                                           .events = POLLIN };
        }
        if (poll(wait, 2 + DEVICE_WATCHES, wait_ms(dev)) < 0 &&
            errno != EINTR) {
            return -1;
        }
        if (wait[1].revents) {
            forget_event(dev);
        }
        device_answer(dev, now_ms());
        for (unsigned i = 0; i < DEVICE_WATCHES; i++) {
            DeviceWatch watch = dev->watches[i];

            if (wait[2 + i].revents && watch.fd == wait[2 + i].fd) {
                watch.call(&dev->vu, wait[2 + i].revents, watch.data);
            }
        }
        if (wait[0].revents) {
            dispatch(dev);
        }
        /* A place became free, or a message started the queue. */
        if ((dev->stalled || wait[0].revents) && !dev->ended && !dev->failed) {
            device_take(dev);
        }
    }
    return dev->failed ? -1 : 0;
}
