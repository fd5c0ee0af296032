/*
 * Queues of a guest and messages of QEMU, any of them, on the device and on
 * libvhost-user, with the real message handling behind
 *
 * The guest's memory is one page of rings and one of buffers in a file of its
 * own: what reads or writes outside is found by the sanitizer.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bytes.h"
#include "device.h"
#include "fake.h"

#define GUEST_SIZE 8192
#define GUEST_BASE 0x40000000
#define QEMU_BASE 0x7f0000000000ull
#define RING 16
#define DESC 0
#define AVAIL 512
#define USED 1024

typedef struct Input {
    const uint8_t *at;
    size_t left;
} Input;

static int memory_fd;
static uint8_t *memory;
static int sockets[2];
static ScmiDomains domains;
static Fake fake;
static Device device;
static VhostUserMsg next_message;

static uint8_t take(Input *in)
{
    if (!in->left) {
        return 0;
    }
    in->left--;
    return *in->at++;
}

static uint32_t take32(Input *in)
{
    uint32_t value = take(in);

    /* Mostly small: a large number is one case among many. */
    if (value == 255) {
        for (unsigned i = 0; i < 4; i++) {
            value = value << 8 | take(in);
        }
    }
    return value;
}

/* The pool without its threads: carried out at once, answered at the next. */
static Work place;
static enum { FREE, OUTSIDE, DONE } state;

Work *pool_take(Pool *pool)
{
    (void)pool;
    if (state != FREE) {
        return NULL;
    }
    state = OUTSIDE;
    return &place;
}

void pool_submit(Pool *pool, Work *work)
{
    const ScmiFirmware fw = fake_firmware(&fake);

    (void)pool;
    fake.n_calls = 0;
    work->answer_size = scmi_answer(&domains, &fw, work->request,
                                    work->request_size, work->answer,
                                    work->room);
    state = DONE;
}

Work *pool_finished(Pool *pool, int64_t now)
{
    (void)pool;
    (void)now;
    if (state != DONE) {
        return NULL;
    }
    state = OUTSIDE;
    return &place;
}

void pool_give_back(Pool *pool, Work *work)
{
    (void)pool;
    work->element = NULL;
    state = FREE;
}

void pool_reset(Pool *pool)
{
    (void)pool;
}

unsigned pool_pending(Pool *pool)
{
    (void)pool;
    return state == DONE;
}

int pool_fd(const Pool *pool)
{
    (void)pool;
    return -1;
}

int64_t pool_deadline(Pool *pool)
{
    (void)pool;
    return INT64_MAX;
}

static bool read_message(VuDev *vu, int fd, VhostUserMsg *message)
{
    (void)vu;
    (void)fd;
    *message = next_message;
    return true;
}

/* What a queue's file descriptor is: never one that would block */
static int event(void)
{
    return eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC);
}

static void send_message(VhostUserRequest request, uint32_t size, int fd)
{
    uint8_t reply[512];

    next_message.request = request;
    next_message.flags = 1;
    next_message.size = size;
    next_message.fd_num = fd >= 0;
    next_message.fds[0] = fd;
    vu_dispatch(&device.vu);
    while (recv(sockets[1], reply, sizeof(reply), MSG_DONTWAIT) > 0) {
        ;
    }
}

static void send_u64(VhostUserRequest request, uint64_t value, int fd)
{
    memset(&next_message, 0, sizeof(next_message));
    next_message.payload.u64 = value;
    send_message(request, 8, fd);
}

static void send_state(VhostUserRequest request, uint32_t index, uint32_t num)
{
    memset(&next_message, 0, sizeof(next_message));
    next_message.payload.state.index = index;
    next_message.payload.state.num = num;
    send_message(request, 8, -1);
}

static void send_memory(uint64_t size, uint64_t offset)
{
    VhostUserMemory m = { .nregions = 1 };

    m.regions[0] = (VhostUserMemoryRegion){
        .guest_phys_addr = GUEST_BASE,
        .memory_size = size,
        .userspace_addr = QEMU_BASE,
        .mmap_offset = offset,
    };
    memset(&next_message, 0, sizeof(next_message));
    next_message.payload.memory = m;
    send_message(VHOST_USER_SET_MEM_TABLE, 8 + sizeof(m.regions[0]),
                 fcntl(memory_fd, F_DUPFD_CLOEXEC, 0));
}

static void send_ring(uint64_t desc, uint64_t avail, uint64_t used)
{
    struct vhost_vring_addr a = {
        .desc_user_addr = QEMU_BASE + desc,
        .avail_user_addr = QEMU_BASE + avail,
        .used_user_addr = QEMU_BASE + used,
    };

    memset(&next_message, 0, sizeof(next_message));
    next_message.payload.addr = a;
    send_message(VHOST_USER_SET_VRING_ADDR, sizeof(a), -1);
}

static void start_ring(void)
{
    send_state(VHOST_USER_SET_VRING_NUM, 0, RING);
    send_state(VHOST_USER_SET_VRING_BASE, 0, 0);
    send_ring(DESC, AVAIL, USED);
    send_u64(VHOST_USER_SET_VRING_CALL, 0, event());
    send_u64(VHOST_USER_SET_VRING_KICK, 0, event());
    send_state(VHOST_USER_SET_VRING_ENABLE, 0, 1);
}

static void connect_device(void)
{
    if (!device_init(&device, fcntl(sockets[0], F_DUPFD_CLOEXEC, 0), NULL)) {
        abort();
    }
    device.vu.read_msg = read_message;
    state = FREE;
    send_u64(VHOST_USER_SET_FEATURES, 1ull << 28 | 1ull << 30 | 1ull << 32, -1);
    send_memory(GUEST_SIZE, 0);
    start_ring();
}

/* A descriptor, in the ring or in a table that another leads to */
static void write_descriptor(Input *in)
{
    uint8_t *d = memory + DESC + 16 * (take(in) % 64);

    put_le64(d, GUEST_BASE + take32(in) * 16);
    put_le32(d + 8, take32(in));
    put_le32(d + 12, (take(in) & 7) | (uint32_t)(take(in) % 20) << 16);
}

static void offer(Input *in)
{
    uint16_t index;

    memcpy(&index, memory + AVAIL + 2, 2);
    memory[AVAIL + 4 + 2 * (index % RING)] = take(in) % 20;
    index += 1;
    memcpy(memory + AVAIL + 2, &index, 2);
    device_take(&device);
    device_answer(&device, 0);
    device_take(&device);
    device_answer(&device, 0);
}

static void poke(Input *in)
{
    unsigned at = take(in) | (take(in) & 0x1f) << 8;
    unsigned n = take(in) % 64;

    for (unsigned i = 0; i < n; i++) {
        memory[(at + i) % GUEST_SIZE] = take(in);
    }
}

static void front_end(Input *in)
{
    VhostUserRequest request = take(in) % 45;
    bool with_fd = take(in) % 2;
    uint32_t size = take(in) % (sizeof(next_message.payload) + 1);

    /* It means the end of the program, by libvhost-user's own hand. */
    memset(&next_message, 0, sizeof(next_message));
    for (unsigned i = 0; i < size; i++) {
        ((uint8_t *)&next_message)[VHOST_USER_HDR_SIZE + i] = take(in);
    }
    send_message(request, size, with_fd ? event() : -1);
}

static void move(Input *in)
{
    switch (take(in) % 5) {
    case 0:
        send_memory(take32(in) * 256, take32(in) * 256);
        break;
    case 1:
        send_ring(take32(in) * 8, take32(in) * 8, take32(in) * 8);
        break;
    case 2:
        send_state(VHOST_USER_GET_VRING_BASE, take(in) % 3, 0);
        break;
    case 3:
        start_ring();
        break;
    case 4:
        send_u64(VHOST_USER_SET_FEATURES,
                 (uint64_t)take32(in) << take(in) % 64, -1);
        break;
    }
}

static void set_up(void)
{
    memory_fd = memfd_create("guest", MFD_CLOEXEC);
    if (memory_fd < 0 || ftruncate(memory_fd, GUEST_SIZE) ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets)) {
        abort();
    }
    memory = mmap(NULL, GUEST_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
                  memory_fd, 0);
    if (memory == MAP_FAILED) {
        abort();
    }
    fake_domains(&domains, &fake);
    if (!freopen("/dev/null", "w", stdout)) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input in = { .at = data, .left = size };

    if (!memory) {
        set_up();
    }
    memset(memory, 0, GUEST_SIZE);
    connect_device();
    while (in.left && !device.failed) {
        switch (take(&in) % 8) {
        case 0:
        case 1:
            write_descriptor(&in);
            break;
        case 2:
        case 3:
        case 4:
            offer(&in);
            break;
        case 5:
            poke(&in);
            break;
        case 6:
            front_end(&in);
            break;
        case 7:
            move(&in);
            break;
        }
    }
    while (state == DONE) {
        device_answer(&device, 0);
    }
    vu_deinit(&device.vu);
    return 0;
}
