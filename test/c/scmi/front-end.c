/*
 * The side of QEMU: connects to bpmp-scmi, plays one scene, prints what came
 *
 * Usage: front-end SOCKET SCENE...
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "bytes.h"
#include "libvhost-user.h"

#define GUEST_SIZE 8192
#define GUEST_BASE 0x40000000
#define QEMU_BASE 0x7f0000000000ull
#define RING 16
#define AVAIL 512
#define USED 1024
#define BUFFERS 4096
#define BUFFER 128
/* Longer than any answer takes, shorter than a test */
#define PATIENCE_MS 10000

static int sock;
static int memory_fd;
static uint8_t *memory;
static int kick;
static int call;
/* Of the driver */
static uint16_t avail;
static uint16_t used;

static void die(const char *what)
{
    printf("%s: %s\n", what, strerror(errno));
    exit(1);
}

static void send_message(VhostUserMsg *m)
{
    char control[CMSG_SPACE(sizeof(int))] = {};
    struct iovec part = { .iov_base = m,
                          .iov_len = VHOST_USER_HDR_SIZE + m->size };
    struct msghdr head = { .msg_iov = &part, .msg_iovlen = 1 };

    m->flags = 1;
    if (m->fd_num) {
        struct cmsghdr *c;

        head.msg_control = control;
        head.msg_controllen = sizeof(control);
        c = CMSG_FIRSTHDR(&head);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(c), (uint8_t *)m + offsetof(VhostUserMsg, fds),
               sizeof(int));
    }
    if (sendmsg(sock, &head, MSG_NOSIGNAL) < 0) {
        die("sendmsg");
    }
}

static uint64_t reply(void)
{
    VhostUserMsg m;

    if (recv(sock, &m, VHOST_USER_HDR_SIZE, MSG_WAITALL) !=
        VHOST_USER_HDR_SIZE ||
        recv(sock, (uint8_t *)&m + VHOST_USER_HDR_SIZE, m.size, MSG_WAITALL) !=
        (ssize_t)m.size) {
        die("no reply");
    }
    return m.payload.u64;
}

static void tell(VhostUserRequest request, uint64_t value, int fd)
{
    VhostUserMsg m = { .request = request, .size = 8, .payload.u64 = value };

    if (fd >= 0) {
        m.fd_num = 1;
        m.fds[0] = fd;
    }
    send_message(&m);
}

static void tell_state(VhostUserRequest request, uint32_t index, uint32_t num)
{
    tell(request, index | (uint64_t)num << 32, -1);
}

static uint64_t get(VhostUserRequest request)
{
    VhostUserMsg m = { .request = request };

    send_message(&m);
    return reply();
}

static void tell_memory(void)
{
    VhostUserMsg m = { .request = VHOST_USER_SET_MEM_TABLE };
    VhostUserMemory table = { .nregions = 1 };

    table.regions[0] = (VhostUserMemoryRegion){
        .guest_phys_addr = GUEST_BASE,
        .memory_size = GUEST_SIZE,
        .userspace_addr = QEMU_BASE,
    };
    m.size = 8 + sizeof(table.regions[0]);
    m.payload.memory = table;
    m.fd_num = 1;
    m.fds[0] = memory_fd;
    send_message(&m);
}

static void start(uint16_t base)
{
    VhostUserMsg m = { .request = VHOST_USER_SET_VRING_ADDR };
    struct vhost_vring_addr a = {
        .desc_user_addr = QEMU_BASE,
        .avail_user_addr = QEMU_BASE + AVAIL,
        .used_user_addr = QEMU_BASE + USED,
    };

    tell_state(VHOST_USER_SET_VRING_NUM, 0, RING);
    tell_state(VHOST_USER_SET_VRING_BASE, 0, base);
    m.size = sizeof(a);
    m.payload.addr = a;
    send_message(&m);
    tell(VHOST_USER_SET_VRING_CALL, 0, call);
    tell(VHOST_USER_SET_VRING_KICK, 0, kick);
    tell_state(VHOST_USER_SET_VRING_ENABLE, 0, 1);
}

/* A driver begins: its rings are empty. */
static void begin(void)
{
    memset(memory, 0, GUEST_SIZE);
    avail = 0;
    used = 0;
    start(0);
}

static uint32_t stop(void)
{
    VhostUserMsg m = { .request = VHOST_USER_GET_VRING_BASE, .size = 8 };

    send_message(&m);
    return reply() >> 32;
}

static void descriptor(uint8_t *d, uint64_t addr, uint32_t size, uint16_t flags,
                       uint16_t next)
{
    put_le64(d, addr);
    put_le32(d + 8, size);
    put_le32(d + 12, flags | (uint32_t)next << 16);
}

static void make_available(unsigned head)
{
    uint16_t value = head;

    memcpy(memory + AVAIL + 4 + 2 * (avail % RING), &value, 2);
    avail++;
    __sync_synchronize();
    memcpy(memory + AVAIL + 2, &avail, 2);
}

static void do_kick(void)
{
    eventfd_write(kick, 1);
}

/* @slot: which buffers and descriptors; @indirect: by a table in memory */
static void put(unsigned slot, uint32_t protocol, uint32_t id,
                const uint32_t *in, unsigned n, bool indirect)
{
    uint8_t *request = memory + BUFFERS + 2 * slot * BUFFER;
    uint64_t at = GUEST_BASE + BUFFERS + 2 * slot * BUFFER;
    uint8_t *table = indirect ? memory + 2048 + 32 * slot :
                                memory + 32 * slot;
    unsigned first = indirect ? 0 : 2 * slot;

    put_le32(request, slot << 18 | protocol << 10 | id);
    for (unsigned i = 0; i < n; i++) {
        put_le32(request + 4 + 4 * i, in[i]);
    }
    memset(request + BUFFER, 0xa5, BUFFER);
    descriptor(table, at, 4 + 4 * n, 1, first + 1);
    descriptor(table + 16, at + BUFFER, BUFFER, 2, 0);
    if (indirect) {
        descriptor(memory + 32 * slot, GUEST_BASE + 2048 + 32 * slot, 32, 4, 0);
    }
    make_available(2 * slot);
}

static bool wait_used(uint16_t wanted)
{
    for (int waited = 0; waited < PATIENCE_MS; waited++) {
        uint16_t index;

        memcpy(&index, memory + USED + 2, 2);
        if ((uint16_t)(index - used) >= wanted) {
            used += wanted;
            return true;
        }
        usleep(1000);
    }
    return false;
}

static void print_answer(const char *what, unsigned slot)
{
    const uint8_t *answer = memory + BUFFERS + (2 * slot + 1) * BUFFER;

    printf("%s: token %u status %d words 0x%x 0x%x\n", what,
           get_le32(answer) >> 18, (int32_t)get_le32(answer + 4),
           get_le32(answer + 8), get_le32(answer + 12));
    fflush(stdout);
}

static void ask_one(const char *what, uint32_t protocol, uint32_t id,
                    const uint32_t *in, unsigned n, bool indirect)
{
    put(3, protocol, id, in, n, indirect);
    do_kick();
    if (wait_used(1)) {
        print_answer(what, 3);
    } else {
        printf("%s: no answer\n", what);
    }
}

#define ASK(what, protocol, id, ...) \
    ask_one(what, protocol, id, (uint32_t[]){ __VA_ARGS__ }, \
            sizeof((uint32_t[]){ __VA_ARGS__ }) / 4, false)

static void connect_to(const char *path)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };

    strncpy(a.sun_path, path, sizeof(a.sun_path) - 1);
    sock = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(sock, (struct sockaddr *)&a, sizeof(a))) {
        die(path);
    }
    memory_fd = memfd_create("guest", 0);
    kick = eventfd(0, 0);
    call = eventfd(0, EFD_NONBLOCK);
    if (ftruncate(memory_fd, GUEST_SIZE)) {
        die("memory");
    }
    memory = mmap(NULL, GUEST_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
                  memory_fd, 0);
}

static void negotiate(void)
{
    uint64_t offered = get(VHOST_USER_GET_FEATURES);

    printf("features 0x%llx, protocol features 0x%llx\n",
           (unsigned long long)offered,
           (unsigned long long)get(VHOST_USER_GET_PROTOCOL_FEATURES));
    tell(VHOST_USER_SET_FEATURES, offered & ~(1ull << 29), -1);
    tell_memory();
    begin();
}

static void clocks(void)
{
    ask_one("version", 0x14, 0, NULL, 0, false);
    ask_one("version by a table", 0x14, 0, NULL, 0, true);
    ASK("enable", 0x14, 7, 1, 1, 0);
    ASK("set rate", 0x14, 5, 0, 1, 1843200, 0);
    ASK("rate", 0x14, 6, 1);
    ASK("deassert", 0x16, 4, 0, 0, 0);
    ASK("shared rate", 0x14, 5, 0, 0, 1000, 0);
    ASK("foreign", 0x14, 7, 99, 1, 0);
}

/* 8 at a time, in one kick */
static void many(void)
{
    for (unsigned slot = 0; slot < 8; slot++) {
        put(slot, 0x14, 6, (uint32_t[]){ 1 }, 1, false);
    }
    do_kick();
    printf("many: %s\n", wait_used(8) ? "answered" : "lost");
    for (unsigned slot = 0; slot < 8; slot++) {
        print_answer("many", slot);
    }
}

static void stop_and_go_on(void)
{
    uint32_t base = stop();

    printf("stopped at %u\n", base);
    start(base);
    ASK("is enabled", 0x14, 0xb, 1, 0);
}

static void driver_begins_again(void)
{
    stop();
    begin();
    ASK("is enabled", 0x14, 0xb, 1, 0);
}

/* While a request is under way */
static void reset_in_the_middle(void)
{
    put(3, 0x14, 7, (uint32_t[]){ 1, 1, 0 }, 3, false);
    do_kick();
    usleep(50000);
    driver_begins_again();
}

static void broken_ring(void)
{
    avail += 100;
    make_available(0);
    do_kick();
    usleep(100000);
    printf("the ring is broken\n");
    driver_begins_again();
}

static void bad_descriptor(void)
{
    descriptor(memory, 0x1000, 64, 0, 0);
    make_available(0);
    do_kick();
    usleep(100000);
    driver_begins_again();
}

/* No room for an answer, and more than a request may have */
static void odd_buffers(void)
{
    put(3, 0x14, 0, NULL, 0, false);
    descriptor(memory + 96, GUEST_BASE + BUFFERS, 4, 0, 0);
    do_kick();
    printf("no room: %s\n", wait_used(1) ? "back" : "lost");
    put(3, 0x14, 0, NULL, 0, false);
    put_le32(memory + 96 + 8, 3000);
    do_kick();
    printf("too long: %s\n", wait_used(1) ? "back" : "lost");
    print_answer("too long", 3);
}

static void slow(void)
{
    ASK("late", 0x14, 7, 1, 1, 0);
    ASK("after it", 0x14, 7, 1, 1, 0);
}

/* QEMU breaks the protocol. */
static void nonsense(void)
{
    tell_state(VHOST_USER_SET_VRING_NUM, 7, RING);
}

static void wrong_features(void)
{
    tell(VHOST_USER_SET_FEATURES, ~0ull, -1);
}

static void ring_outside(void)
{
    VhostUserMsg m = { .request = VHOST_USER_SET_VRING_ADDR };
    struct vhost_vring_addr a = {
        .desc_user_addr = QEMU_BASE + GUEST_SIZE - 16,
        .avail_user_addr = QEMU_BASE + AVAIL,
        .used_user_addr = QEMU_BASE + USED,
    };

    m.size = sizeof(a);
    m.payload.addr = a;
    send_message(&m);
}

static void cut_off(void)
{
    if (write(sock, "\1\0\0", 3) != 3) {
        die("write");
    }
}

static long resident_pages(void)
{
    struct ucred peer;
    socklen_t size = sizeof(peer);
    char path[64];
    long all, resident;
    FILE *file;

    if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &peer, &size)) {
        die("peer");
    }
    snprintf(path, sizeof(path), "/proc/%d/statm", (int)peer.pid);
    file = fopen(path, "r");
    if (!file || fscanf(file, "%ld %ld", &all, &resident) != 2) {
        die(path);
    }
    fclose(file);
    return resident;
}

/* Rounds of 8 messages that no driver sends, and kicks with nothing behind */
static unsigned flood_rounds(unsigned rounds)
{
    unsigned answered = 0;

    for (unsigned round = 0; round < rounds; round++) {
        for (unsigned slot = 0; slot < 8; slot++) {
            uint32_t words[4];

            for (unsigned i = 0; i < 4; i++) {
                words[i] = rand() % 4 ? rand() % 4 : (uint32_t)rand() * 2 + 1;
            }
            put(slot, 0x0f + rand() % 9, rand() % 20, words, rand() % 5,
                rand() % 2);
        }
        do_kick();
        do_kick();
        answered += wait_used(8) ? 8 : 0;
        do_kick();
    }
    return answered;
}

static void flood(void)
{
    unsigned answered;
    long before;

    srand(24);
    answered = flood_rounds(100);
    before = resident_pages();
    answered += flood_rounds(1900);
    printf("flood: %u answered, grown by %ld pages\n", answered,
           resident_pages() - before);
    ASK("after it", 0x14, 0, 0);
}

/* Memory that QEMU takes away under who reads it */
static void shrink(void)
{
    ASK("enable", 0x14, 7, 1, 1, 0);
    if (ftruncate(memory_fd, 0)) {
        die("ftruncate");
    }
    do_kick();
    usleep(100000);
    exit(0);
}

static void hold(void)
{
    char byte;

    puts("holding");
    fflush(stdout);
    /* Until bpmp-scmi ends */
    if (read(sock, &byte, 1) > 0) {
        puts("spoke unasked");
    }
}

static const struct {
    const char *name;
    void (*play)(void);
} scenes[] = {
    { "clocks", clocks },
    { "many", many },
    { "stop", stop_and_go_on },
    { "again", driver_begins_again },
    { "middle", reset_in_the_middle },
    { "broken", broken_ring },
    { "descriptor", bad_descriptor },
    { "buffers", odd_buffers },
    { "slow", slow },
    { "nonsense", nonsense },
    { "features", wrong_features },
    { "outside", ring_outside },
    { "cut", cut_off },
    { "flood", flood },
    { "shrink", shrink },
    { "hold", hold },
};

int main(int argc, char **argv)
{
    connect_to(argv[1]);
    negotiate();
    for (int i = 2; i < argc; i++) {
        for (unsigned k = 0; k < sizeof(scenes) / sizeof(scenes[0]); k++) {
            if (!strcmp(argv[i], scenes[k].name)) {
                printf("-- %s\n", argv[i]);
                scenes[k].play();
            }
        }
    }
    /* What a front end that is told off sees: the end of the connection */
    fflush(stdout);
    shutdown(sock, SHUT_WR);
    while (read(sock, memory, 1) > 0) {
        ;
    }
    return 0;
}
