/*
 * What may come from QEMU
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "clock.h"
#include "device.h"
#include "frontend.h"

/* Between a message's first byte and its last */
#define MESSAGE_MS 5000

static void keep_fds(VhostUserMsg *message, struct msghdr *head)
{
    struct cmsghdr *c;

    for (c = CMSG_FIRSTHDR(head); c; c = CMSG_NXTHDR(head, c)) {
        size_t size = c->cmsg_len - CMSG_LEN(0);

        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
            memcpy((uint8_t *)message + offsetof(VhostUserMsg, fds),
                   CMSG_DATA(c), size);
            message->fd_num = size / sizeof(int);
        }
    }
}

/* @size bytes more, and with the first of them the descriptors */
static bool read_some(int fd, VhostUserMsg *message, uint8_t *to, size_t size,
                      bool fds, bool *ended)
{
    char control[CMSG_SPACE(VHOST_MEMORY_BASELINE_NREGIONS * sizeof(int))];
    int64_t deadline = now_ms() + MESSAGE_MS;
    size_t have = 0;

    while (have < size) {
        struct iovec part = { .iov_base = to + have, .iov_len = size - have };
        struct msghdr head = {
            .msg_iov = &part,
            .msg_iovlen = 1,
            .msg_control = fds && !have ? control : NULL,
            .msg_controllen = fds && !have ? sizeof(control) : 0,
        };
        struct pollfd wait = { .fd = fd, .events = POLLIN };
        ssize_t n;

        if (poll(&wait, 1, MESSAGE_MS) == 0 || now_ms() > deadline) {
            return false;
        }
        n = recvmsg(fd, &head, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        if (n < 0 && (errno == EINTR || errno == EAGAIN)) {
            continue;
        }
        if (n <= 0) {
            *ended = fds && !have;
            return false;
        }
        if (fds && !have) {
            keep_fds(message, &head);
        }
        have += n;
    }
    return true;
}

bool frontend_read(int fd, VhostUserMsg *message, bool *ended)
{
    memset(message, 0, sizeof(*message));
    *ended = false;
    return read_some(fd, message, (uint8_t *)message, VHOST_USER_HDR_SIZE, true,
                     ended) &&
           message->size <= sizeof(message->payload) &&
           read_some(fd, message, (uint8_t *)message + VHOST_USER_HDR_SIZE,
                     message->size, false, ended);
}

/* Bytes that each message has; -1: those of no message that is taken */
static int payload_size(const VhostUserMsg *message)
{
    switch (message->request) {
    case VHOST_USER_GET_FEATURES:
    case VHOST_USER_SET_OWNER:
    case VHOST_USER_RESET_OWNER:
    case VHOST_USER_GET_PROTOCOL_FEATURES:
    case VHOST_USER_GET_QUEUE_NUM:
        return 0;
    case VHOST_USER_SET_FEATURES:
    case VHOST_USER_SET_PROTOCOL_FEATURES:
    case VHOST_USER_SET_VRING_KICK:
    case VHOST_USER_SET_VRING_CALL:
    case VHOST_USER_SET_VRING_ERR:
        return sizeof(message->payload.u64);
    case VHOST_USER_SET_VRING_NUM:
    case VHOST_USER_SET_VRING_BASE:
    case VHOST_USER_GET_VRING_BASE:
    case VHOST_USER_SET_VRING_ENABLE:
        return sizeof(message->payload.state);
    case VHOST_USER_SET_VRING_ADDR:
        return sizeof(message->payload.addr);
    case VHOST_USER_SET_MEM_TABLE:
        if (message->payload.memory.nregions > VHOST_MEMORY_BASELINE_NREGIONS) {
            return -1;
        }
        return offsetof(VhostUserMemory, regions) +
               message->payload.memory.nregions * sizeof(VhostUserMemoryRegion);
    }
    return -1;
}

static int wanted_fds(const VhostUserMsg *message)
{
    switch (message->request) {
    case VHOST_USER_SET_MEM_TABLE:
        return message->payload.memory.nregions;
    case VHOST_USER_SET_VRING_KICK:
    case VHOST_USER_SET_VRING_CALL:
    case VHOST_USER_SET_VRING_ERR:
        return message->payload.u64 & VHOST_USER_VRING_NOFD_MASK ? 0 : 1;
    }
    return 0;
}

static bool sums_up(uint64_t a, uint64_t b, uint64_t *sum)
{
    return !__builtin_add_overflow(a, b, sum);
}

static const char *region_fault(const VhostUserMemoryRegion *r, int fd)
{
    uint64_t end;
    struct stat st;

    if (!r->memory_size ||
        !sums_up(r->guest_phys_addr, r->memory_size, &end) ||
        !sums_up(r->userspace_addr, r->memory_size, &end) ||
        !sums_up(r->mmap_offset, r->memory_size, &end)) {
        return "a region of memory that is none";
    }
    /* Behind the end of its file memory is not there, and ends who looks. */
    if (fstat(fd, &st) < 0 || st.st_size < 0 || (uint64_t)st.st_size < end) {
        return "a region of memory that is larger than its file";
    }
    return NULL;
}

static const char *memory_fault(const VhostUserMsg *message)
{
    VhostUserMemory memory = message->payload.memory;

    for (unsigned i = 0; i < memory.nregions; i++) {
        const VhostUserMemoryRegion *r = &memory.regions[i];
        const char *fault = region_fault(r, message->fds[i]);

        if (fault) {
            return fault;
        }
        for (unsigned k = 0; k < i; k++) {
            const VhostUserMemoryRegion *s = &memory.regions[k];

            if (r->guest_phys_addr < s->guest_phys_addr + s->memory_size &&
                s->guest_phys_addr < r->guest_phys_addr + r->memory_size) {
                return "two regions of memory in one place";
            }
        }
    }
    return NULL;
}

static bool lies_in_memory(const VuDev *vu, uint64_t addr, uint64_t size)
{
    for (unsigned i = 0; i < vu->nregions; i++) {
        const VuDevRegion *r = &vu->regions[i];

        if (addr >= r->qva && addr - r->qva < r->size &&
            size <= r->size - (addr - r->qva)) {
            return true;
        }
    }
    return false;
}

bool frontend_ring_fits(const VuDev *vu, const struct vhost_vring_addr *ring,
                        unsigned num)
{
    /* virtio 1.3 section 2.7: sizes and alignment; events at the ends */
    return num && !(ring->desc_user_addr % 16) &&
           !(ring->avail_user_addr % 2) && !(ring->used_user_addr % 4) &&
           lies_in_memory(vu, ring->desc_user_addr, 16ull * num) &&
           lies_in_memory(vu, ring->avail_user_addr, 6 + 2ull * num) &&
           lies_in_memory(vu, ring->used_user_addr, 6 + 8ull * num);
}

static const char *queue_fault(const VuDev *vu, const VhostUserMsg *message)
{
    struct vhost_vring_state state = message->payload.state;
    struct vhost_vring_addr addr = message->payload.addr;

    switch (message->request) {
    case VHOST_USER_SET_VRING_KICK:
    case VHOST_USER_SET_VRING_CALL:
    case VHOST_USER_SET_VRING_ERR:
        if ((message->payload.u64 & VHOST_USER_VRING_IDX_MASK) >=
            vu->max_queues) {
            return "a queue that is not there";
        }
        return NULL;
    case VHOST_USER_SET_VRING_ADDR:
        if (addr.index >= vu->max_queues) {
            return "a queue that is not there";
        }
        if (!frontend_ring_fits(vu, &addr, vu->vq[addr.index].vring.num)) {
            return "a ring that is not in the guest's memory";
        }
        return NULL;
    case VHOST_USER_SET_VRING_NUM:
        if (state.num > DEVICE_RING_MAX || !state.num ||
            state.num & (state.num - 1)) {
            return "a ring of a size that none has";
        }
        if (state.index < vu->max_queues && vu->vq[state.index].started) {
            return "a ring that grows while it is used";
        }
        break;
    case VHOST_USER_SET_VRING_BASE:
    case VHOST_USER_GET_VRING_BASE:
    case VHOST_USER_SET_VRING_ENABLE:
        break;
    default:
        return NULL;
    }
    return state.index < vu->max_queues ? NULL : "a queue that is not there";
}

const char *frontend_fault(const VuDev *vu, const VhostUserMsg *message)
{
    if (payload_size(message) != (int)message->size) {
        return "a message that is not taken, or has another length";
    }
    if (wanted_fds(message) != message->fd_num) {
        return "a message with too many descriptors, or too few";
    }
    switch (message->request) {
    case VHOST_USER_SET_FEATURES:
        if (message->payload.u64 & ~FRONTEND_FEATURES ||
            !(message->payload.u64 & 1ull << 32)) {
            return "features that were not offered, or none of virtio 1";
        }
        return NULL;
    case VHOST_USER_SET_PROTOCOL_FEATURES:
        return message->payload.u64 ? "features that were not offered" : NULL;
    case VHOST_USER_SET_MEM_TABLE:
        return memory_fault(message);
    }
    return queue_fault(vu, message);
}
