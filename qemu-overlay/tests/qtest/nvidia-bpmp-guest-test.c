/*
 * QTest testcase for the BPMP guest window
 *
 * Behind the window is a small firmware model in a thread of this program.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include <sys/mman.h>
#include "qemu/atomic.h"
#include "qemu/bswap.h"
#include "libqtest.h"
#include "bpmp-test.h"

static void test_id(void)
{
    BpmpPeer *peer = peer_new();
    QTestState *qts = bpmp_start(peer, "");

    g_assert_cmphex(qtest_readq(qts, ID), ==, 0x00000002504d5042ULL);
    g_assert_cmphex(qtest_readl(qts, ID), ==, 0x504d5042);
    g_assert_cmphex(qtest_readl(qts, ID + 4), ==, 2);
    g_assert_cmphex(qtest_readb(qts, ID), ==, 'B');
    qtest_writeq(qts, ID, 0);
    g_assert_cmphex(qtest_readq(qts, ID), ==, 0x00000002504d5042ULL);

    qtest_quit(qts);
    g_assert_cmpuint(peer_total(peer), ==, 0);
    peer_free(peer);
}

static uint64_t read_sized(QTestState *qts, uint64_t addr, unsigned size)
{
    switch (size) {
    case 1:
        return qtest_readb(qts, addr);
    case 2:
        return qtest_readw(qts, addr);
    case 4:
        return qtest_readl(qts, addr);
    default:
        return qtest_readq(qts, addr);
    }
}

static void write_sized(QTestState *qts, uint64_t addr, uint64_t value,
                        unsigned size)
{
    switch (size) {
    case 1:
        qtest_writeb(qts, addr, value);
        break;
    case 2:
        qtest_writew(qts, addr, value);
        break;
    case 4:
        qtest_writel(qts, addr, value);
        break;
    default:
        qtest_writeq(qts, addr, value);
        break;
    }
}

static bool keeps(unsigned offset)
{
    return offset < BPMP_GUEST_RET + 4 ||
           (offset >= BPMP_GUEST_MRQ && offset < BPMP_GUEST_MRQ + 4);
}

/*
 * Every offset with every size, also where it is not aligned, which the bus
 * splits. Transfers are answered by nobody: all that they leave is RET, which
 * is not compared where a write may have run one.
 */
static void test_access(void)
{
    BpmpPeer *peer = peer_new();
    QTestState *qts = bpmp_start(peer, "");
    g_autofree uint8_t *want = g_malloc0(NVIDIA_BPMP_GUEST_SIZE + 8);

    stq_le_p(want + BPMP_GUEST_ID, BPMP_GUEST_ID_VALUE);
    /* A size that is refused, so that MRQ can be written to. */
    for (unsigned size = 1; size <= 8; size *= 2) {
        for (unsigned at = 0; at + size <= NVIDIA_BPMP_GUEST_SIZE; at++) {
            uint64_t value = 0x8899aabbccddeeffULL + at * 0x0101010101010101ULL;
            bool runs = at <= BPMP_GUEST_MRQ && at + size > BPMP_GUEST_MRQ;

            if (runs || (at <= BPMP_GUEST_DOORBELL &&
                         at + size > BPMP_GUEST_DOORBELL)) {
                continue;
            }
            write_sized(qts, BASE + at, value, size);
            for (unsigned i = 0; i < size; i++) {
                if (keeps(at + i)) {
                    want[at + i] = value >> (8 * i);
                }
            }
        }
        for (unsigned at = 0; at + size <= NVIDIA_BPMP_GUEST_SIZE; at++) {
            g_assert_cmphex(read_sized(qts, BASE + at, size), ==,
                            ldn_le_p(want + at, size));
        }
    }
    qtest_quit(qts);
    g_assert_cmpuint(peer_total(peer), ==, 0);
    peer_free(peer);
}

static void test_window(void)
{
    BpmpPeer *peer = peer_new();
    QTestState *qts = bpmp_start(peer, "");
    uint8_t tx[PEER_PAYLOAD], rx[0x200];

    for (unsigned i = 0; i < sizeof(tx); i++) {
        tx[i] = i + 1;
    }
    memset(rx, 0xaa, sizeof(rx));
    qtest_memwrite(qts, RX, rx, sizeof(rx));

    g_assert_cmpint(window_transfer(qts, 22, tx, sizeof(tx), sizeof(tx)), ==,
                    0);
    g_assert_cmpuint(qtest_readq(qts, RX_SIZE), ==, sizeof(tx));
    qtest_memread(qts, RX, rx, sizeof(rx));
    g_assert_cmpmem(rx, sizeof(tx), tx, sizeof(tx));
    /* Nothing of what was there before. */
    for (unsigned i = sizeof(tx); i < sizeof(rx); i++) {
        g_assert_cmphex(rx[i], ==, 0);
    }

    /* The firmware's own code, which is not an errno. */
    g_assert_cmpint(window_request(qts, PEER_RET, -77), ==, -77);
    /* No request, no room: both are whole requests. */
    g_assert_cmpint(window_transfer(qts, 22, tx, 0, sizeof(tx)), ==, 0);
    g_assert_cmpuint(qtest_readq(qts, RX_SIZE), ==, 0);
    g_assert_cmpint(window_transfer(qts, 22, tx, 4, 0), ==, 0);
    /* An answer that comes in pieces. */
    g_assert_cmpint(window_transfer(qts, PEER_SLICED, tx, 100, 100), ==, 0);
    qtest_memread(qts, RX, rx, 100);
    g_assert_cmpmem(rx, 100, tx, 100);
    g_assert_cmpuint(peer_total(peer), ==, 5);

    qtest_quit(qts);
    peer_free(peer);
}

/* The store that the first guests do: the whole window, 8 bytes at a time. */
static void test_whole_window(void)
{
    BpmpPeer *peer = peer_new();
    QTestState *qts = bpmp_start(peer, "");
    uint8_t window[BPMP_GUEST_REGS_SIZE] = {};

    memcpy(window, "tegra", 5);
    stq_le_p(window + BPMP_GUEST_TX_SIZE, 5);
    stq_le_p(window + BPMP_GUEST_RX_SIZE, 5);
    stl_le_p(window + BPMP_GUEST_MRQ, 22);
    for (unsigned i = 0; i < sizeof(window); i += 8) {
        qtest_writeq(qts, BASE + i, ldq_le_p(window + i));
    }
    for (unsigned i = 0; i < sizeof(window); i += 8) {
        stq_le_p(window + i, qtest_readq(qts, BASE + i));
    }
    g_assert_cmpmem(window + BPMP_GUEST_RX, 5, "tegra", 5);
    g_assert_cmpint((int32_t)ldl_le_p(window + BPMP_GUEST_RET), ==, 0);
    g_assert_cmpuint(peer_total(peer), ==, 1);

    qtest_quit(qts);
    peer_free(peer);
}

/* The window that the first device of this kind had: no ID, no doorbell. */
static void test_window_only(void)
{
    BpmpPeer *peer = peer_new();
    QTestState *qts = bpmp_start(peer, "-global nvidia-bpmp-guest."
                                       "x-window-version=1");

    for (unsigned i = 0; i < 2; i++) {
        g_assert_cmphex(qtest_readq(qts, ID), ==, 0);
        g_assert_cmpint(block_request(qts, 22, 7), ==, SENTINEL);
        g_assert_cmphex(qtest_readq(qts, DOORBELL), ==, 0);
        g_assert_cmpuint(peer_count(peer, 22), ==, i);

        g_assert_cmpint(window_request(qts, 22, 7), ==, 0);
        g_assert_cmphex(qtest_readl(qts, RX), ==, 7);
        g_assert_cmpuint(peer_count(peer, 22), ==, i + 1);
        bpmp_machine_reset(qts);
    }

    qtest_quit(qts);
    peer_free(peer);
}

static void test_window_refused(void)
{
    static const uint64_t sizes[] = {
        121, 128, 512, 513, 1024, 1536, 0x80000000ULL, 0x100000004ULL,
        0x8000000000000000ULL, UINT64_MAX,
    };
    BpmpPeer *peer = peer_new();
    QTestState *qts = bpmp_start(peer, "");
    const uint8_t tx[4] = {};

    for (unsigned i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_assert_cmpint(window_transfer(qts, 22, tx, sizes[i], 4), ==,
                        -EINVAL);
        g_assert_cmpuint(qtest_readq(qts, RX_SIZE), ==, 0);
        g_assert_cmpint(window_transfer(qts, 22, tx, 4, sizes[i]), ==,
                        -EINVAL);
        g_assert_cmpuint(qtest_readq(qts, RX_SIZE), ==, 0);
    }
    /* Not a number of the firmware's; two of them are QEMU's own. */
    g_assert_cmpint(window_request(qts, 256, 0), ==, -EINVAL);
    g_assert_cmpint(window_request(qts, PEER_LINE_STATE, 0), ==, -EINVAL);
    g_assert_cmpint(window_request(qts, PEER_MASTER_RESET, 0), ==, -EINVAL);
    g_assert_cmpuint(peer_total(peer), ==, 0);

    /* Refused behind the window: a negative RET as well. */
    g_assert_cmpint(window_request(qts, PEER_STATUS, -EACCES), ==, -EACCES);
    g_assert_cmpuint(qtest_readq(qts, RX_SIZE), ==, 0);
    /* A status that is none */
    g_assert_cmpint(window_request(qts, PEER_STATUS, 1), ==, -EIO);

    qtest_quit(qts);
    peer_free(peer);
}

static void test_reset(void)
{
    BpmpPeer *peer = peer_new();
    QTestState *qts = bpmp_start(peer, "");
    uint8_t window[BPMP_GUEST_DOORBELL];

    /* Nothing was done, so there is nothing to undo. */
    bpmp_machine_reset(qts);
    g_assert_cmpuint(peer_total(peer), ==, 0);

    g_assert_cmpint(window_request(qts, 22, 7), ==, 0);
    bpmp_machine_reset(qts);
    peer_wait(peer, PEER_MASTER_RESET, 1);
    qtest_memread(qts, BASE, window, sizeof(window));
    for (unsigned i = 0; i < sizeof(window); i++) {
        g_assert_cmphex(window[i], ==, 0);
    }
    g_assert_cmphex(qtest_readq(qts, ID), ==, BPMP_GUEST_ID_VALUE);

    /* And it goes on. */
    g_assert_cmpint(window_request(qts, 22, 7), ==, 0);
    g_assert_cmpuint(peer_count(peer, 22), ==, 2);
    g_assert_cmpuint(peer_count(peer, PEER_MASTER_RESET), ==, 1);

    /* One reset for what was done, none for nothing. */
    for (unsigned i = 0; i < 3; i++) {
        bpmp_machine_reset(qts);
        g_assert_cmpuint(peer_count(peer, PEER_MASTER_RESET), ==, 2);
    }

    qtest_quit(qts);
    peer_free(peer);
}

typedef struct Dma {
    uint8_t *ram;
    bool ended;
} Dma;

#define DMA_TARGET 0x300000
#define DMA_US (100 * 1000)

/* A device of the machine that writes to memory until it is without clock. */
static void dma_until_reset(void *opaque)
{
    Dma *dma = opaque;
    gint64 end = g_get_monotonic_time() + DMA_US;

    /* By the clock: sleeps on a busy host add up to more than a reset waits. */
    for (unsigned i = 0; g_get_monotonic_time() < end; i++) {
        memset(dma->ram + DMA_TARGET, i, 64);
        g_usleep(10 * 1000);
    }
    qatomic_set(&dma->ended, true);
}

/* What a reset puts into memory is not overwritten by such a device. */
static void test_reset_waits(void)
{
    BpmpPeer *peer = peer_new();
    g_autofree char *ram = g_strdup_printf("%s.ram", peer_path(peer));
    g_autofree char *kernel = g_strdup_printf("%s.kernel", peer_path(peer));
    g_autofree char *args = g_strdup_printf(
        "-object memory-backend-file,id=ram,size=64M,share=on,mem-path=%s "
        "-machine memory-backend=ram "
        "-device loader,file=%s,addr=0x%llx,force-raw=on", ram, kernel,
        RAM_BASE + DMA_TARGET);
    uint8_t image[64], found[64];
    Dma dma = {};
    QTestState *qts;
    int fd;

    memset(image, 0x5a, sizeof(image));
    g_assert(g_file_set_contents(kernel, (char *)image, sizeof(image), NULL));
    qts = bpmp_start(peer, args);
    fd = open(ram, O_RDWR);
    g_assert_cmpint(fd, >=, 0);
    dma.ram = mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    g_assert(dma.ram != MAP_FAILED);
    peer_on_reset(peer, dma_until_reset, &dma);

    g_assert_cmpint(window_request(qts, 22, 7), ==, 0);
    bpmp_machine_reset(qts);
    g_assert_true(qatomic_read(&dma.ended));
    qtest_memread(qts, RAM_BASE + DMA_TARGET, found, sizeof(found));
    g_assert_cmpmem(found, sizeof(found), image, sizeof(image));

    qtest_quit(qts);
    peer_free(peer);
    munmap(dma.ram, RAM_SIZE);
    close(fd);
    unlink(ram);
    unlink(kernel);
}

static void hang_in_reset(void *opaque)
{
    g_usleep(3 * G_USEC_PER_SEC);
}

/* A model that does not answer holds no reset up for good. */
static void test_reset_hangs(void)
{
    BpmpPeer *peer = peer_new();
    QTestState *qts = bpmp_start(peer, "");
    gint64 asked;

    peer_on_reset(peer, hang_in_reset, NULL);
    g_assert_cmpint(window_request(qts, 22, 7), ==, 0);
    asked = g_get_monotonic_time();
    bpmp_machine_reset(qts);
    g_assert_cmpint(g_get_monotonic_time() - asked, >=, 499 * 1000);
    g_assert_cmpint(g_get_monotonic_time() - asked, <, 2500 * 1000);
    /* What comes later happens after it. */
    g_assert_cmpint(window_request(qts, 22, 7), ==, 0);
    g_assert_cmpint(g_get_monotonic_time() - asked, >=, 3000 * 1000);

    qtest_quit(qts);
    peer_free(peer);
}

#ifdef CONFIG_TRACE_LOG
/* Transfers, refusals and resets can be followed. */
static void test_trace(void)
{
    static const char *const says[] = {
        "nvidia_bpmp_guest_transfer v1 mrq 22 tx 4 rx 4 status 0 ret 0",
        "nvidia_bpmp_guest_transfer v2 mrq 202 tx 4 rx 0 status 0 ret -77",
        "nvidia_bpmp_guest_refused v1 mrq 256 ",
        "nvidia_bpmp_guest_block_refused addr 0x8",
        "nvidia_bpmp_guest_reset",
        "bpmp_backend_reset status 0",
    };
    BpmpPeer *peer = peer_new();
    g_autofree char *file = g_strdup_printf("%s.trace", peer_path(peer));
    g_autofree char *args = g_strdup_printf("-trace 'nvidia_bpmp_guest_*' "
                                            "-trace 'bpmp_backend_*' -D %s",
                                            file);
    g_autofree char *trace = NULL;
    QTestState *qts = bpmp_start(peer, args);

    window_request(qts, 22, 7);
    block_request(qts, PEER_RET, -77);
    window_request(qts, 256, 7);
    qtest_writeq(qts, DOORBELL, 8);
    bpmp_machine_reset(qts);
    qtest_quit(qts);

    g_assert(g_file_get_contents(file, &trace, NULL, NULL));
    for (unsigned i = 0; i < G_N_ELEMENTS(says); i++) {
        if (!strstr(trace, says[i])) {
            g_error("no '%s' in: %s", says[i], trace);
        }
    }
    unlink(file);
    peer_free(peer);
}
#endif

/* As many as never leave the model without a transfer. */
#define FUZZ_ACCESSES 1000

/*
 * Random accesses for BPMP_TEST_FUZZ_SECONDS, but so many on a busy host as
 * well: QEMU lives, the peer is well.
 */
static void test_fuzz(void)
{
    const char *seconds = getenv("BPMP_TEST_FUZZ_SECONDS");
    BpmpPeer *peer = peer_new();
    QTestState *qts = bpmp_start(peer,
                                 "-global nvidia-bpmp-guest.timeout-ms=100");
    gint64 end = g_get_monotonic_time() +
                 (seconds ? atoi(seconds) : 1) * G_TIME_SPAN_SECOND;
    unsigned accesses = 0;

    while (accesses < FUZZ_ACCESSES || g_get_monotonic_time() < end) {
        static const unsigned places[] = {
            BPMP_GUEST_TX_SIZE, BPMP_GUEST_RX_SIZE, BPMP_GUEST_RET,
            BPMP_GUEST_MRQ, BPMP_GUEST_DOORBELL, BPMP_GUEST_ID,
        };
        unsigned size = 1 << g_test_rand_int_range(0, 4);
        unsigned at = g_test_rand_int_range(0, 2) ?
            places[g_test_rand_int_range(0, G_N_ELEMENTS(places))] +
            g_test_rand_int_range(0, 8) :
            g_test_rand_int_range(0, NVIDIA_BPMP_GUEST_SIZE);
        uint64_t value = g_test_rand_int_range(0, 3) ?
            g_test_rand_int_range(0, 200) : (uint32_t)g_test_rand_int();

        at = MIN(at, NVIDIA_BPMP_GUEST_SIZE - size);
        switch (g_test_rand_int_range(0, 8)) {
        case 0:
            block_write(qts, BLOCK, g_test_rand_int_range(0, 200),
                        g_test_rand_int_range(0, 8) == 0,
                        g_test_rand_int_range(0, 140),
                        g_test_rand_int_range(0, 140), value);
            qtest_writeq(qts, DOORBELL, BLOCK);
            break;
        case 1:
            /* Anywhere near the edges of a page and of RAM */
            qtest_writeq(qts, DOORBELL, RAM_BASE + RAM_SIZE - 4096 +
                         g_test_rand_int_range(-600, 4700));
            break;
        case 2:
            qtest_writeq(qts, DOORBELL, ((uint64_t)g_test_rand_int() << 32) |
                                        (uint32_t)g_test_rand_int());
            break;
        case 3:
            read_sized(qts, BASE + at, size);
            break;
        default:
            write_sized(qts, BASE + at, value, size);
            break;
        }
        accesses++;
    }
    g_test_message("%u accesses, %u transfers", accesses, peer_total(peer));
    g_assert_cmpuint(peer_total(peer), >, 0);
    g_assert_cmphex(qtest_readq(qts, ID), ==, BPMP_GUEST_ID_VALUE);
    qtest_quit(qts);
    peer_free(peer);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    qtest_add_func("/nvidia-bpmp-guest/id", test_id);
    qtest_add_func("/nvidia-bpmp-guest/access", test_access);
    qtest_add_func("/nvidia-bpmp-guest/v1/transfer", test_window);
    qtest_add_func("/nvidia-bpmp-guest/v1/whole-window", test_whole_window);
    qtest_add_func("/nvidia-bpmp-guest/v1/only", test_window_only);
    qtest_add_func("/nvidia-bpmp-guest/v1/refused", test_window_refused);
    qtest_add_func("/nvidia-bpmp-guest/reset", test_reset);
    qtest_add_func("/nvidia-bpmp-guest/reset-waits", test_reset_waits);
    qtest_add_func("/nvidia-bpmp-guest/reset-hangs", test_reset_hangs);
#ifdef CONFIG_TRACE_LOG
    qtest_add_func("/nvidia-bpmp-guest/trace", test_trace);
#endif
    qtest_add_func("/nvidia-bpmp-guest/fuzz", test_fuzz);
    return g_test_run();
}
