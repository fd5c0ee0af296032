/*
 * QTest testcase for the BPMP guest window and the Tegra high-speed UART
 *
 * Behind the window is a small firmware model in a thread of this program.
 * Where BPMP_TEST_HOST_SHIM names a library that plays /dev/bpmp-host (see
 * the folder of the test that sets it), the host back end is tested as well.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#if QEMU_VERSION_MAJOR >= 10
#include "qobject/qdict.h"
#else
#include "qapi/qmp/qdict.h"
#endif
#include "libqtest.h"
#include "hw/misc/nvidia-bpmp-guest-regs.h"
#include "bpmp-peer.h"

#define BASE NVIDIA_BPMP_GUEST_BASE
#define TX (BASE + BPMP_GUEST_TX)
#define RX (BASE + BPMP_GUEST_RX)
#define TX_SIZE (BASE + BPMP_GUEST_TX_SIZE)
#define RX_SIZE (BASE + BPMP_GUEST_RX_SIZE)
#define RET (BASE + BPMP_GUEST_RET)
#define MRQ (BASE + BPMP_GUEST_MRQ)
#define DOORBELL (BASE + BPMP_GUEST_DOORBELL)
#define ID (BASE + BPMP_GUEST_ID)

#define RAM_BASE 0x40000000ULL
#define RAM_SIZE (64 * 1024 * 1024)
/* A reset puts the device tree back into the first MiB. */
#define BLOCK (RAM_BASE + 0x210000)
#define BLOCK_2 (RAM_BASE + 0x220000)

#define UART_BASE 0x0c000000
#define UART_THR (UART_BASE + (0 << 2))
#define UART_LSR (UART_BASE + (5 << 2))
#define UART_SCR (UART_BASE + (7 << 2))

#define SENTINEL 0x5ca1ab1e

static QTestState *start(BpmpPeer *peer, const char *more)
{
    return qtest_initf("-machine virt,bpmp=on,bpmp-chardev=fw -m 64 "
                       "-nodefaults -chardev socket,id=fw,path=%s %s",
                       peer_path(peer), more);
}

static void machine_reset(QTestState *qts)
{
    qtest_qmp_assert_success(qts, "{ 'execute': 'system_reset' }");
    qtest_qmp_eventwait(qts, "RESET");
}

/* A transfer of version 1, as a guest does it; returns RET. */
static int32_t window_transfer(QTestState *qts, uint32_t mrq, const void *tx,
                               uint64_t tx_size, uint64_t rx_room)
{
    if (tx_size <= PEER_PAYLOAD) {
        qtest_memwrite(qts, TX, tx, tx_size);
    }
    qtest_writeq(qts, TX_SIZE, tx_size);
    qtest_writeq(qts, RX_SIZE, rx_room);
    qtest_writel(qts, RET, SENTINEL);
    qtest_writel(qts, MRQ, mrq);
    return qtest_readl(qts, RET);
}

static int32_t window_request(QTestState *qts, uint32_t mrq, uint32_t arg)
{
    uint8_t tx[4];

    stl_le_p(tx, arg);
    return window_transfer(qts, mrq, tx, sizeof(tx), sizeof(tx));
}

static void block_write(QTestState *qts, uint64_t addr, uint32_t mrq,
                        uint32_t flags, uint32_t tx_size, uint32_t rx_room,
                        uint32_t arg)
{
    uint8_t block[BPMP_BLOCK_SIZE];

    memset(block, 0xee, sizeof(block));
    stl_le_p(block + BPMP_BLOCK_MRQ, mrq);
    stl_le_p(block + BPMP_BLOCK_FLAGS, flags);
    stl_le_p(block + BPMP_BLOCK_TX_SIZE, tx_size);
    stl_le_p(block + BPMP_BLOCK_RX_SIZE, rx_room);
    stl_le_p(block + BPMP_BLOCK_STATUS, SENTINEL);
    stl_le_p(block + BPMP_BLOCK_TX, arg);
    qtest_memwrite(qts, addr, block, sizeof(block));
}

/* A transfer of version 2; returns the status. */
static int32_t block_request(QTestState *qts, uint32_t mrq, uint32_t arg)
{
    block_write(qts, BLOCK, mrq, 0, 4, 4, arg);
    qtest_writeq(qts, DOORBELL, BLOCK);
    return qtest_readl(qts, BLOCK + BPMP_BLOCK_STATUS);
}

static void test_id(void)
{
    BpmpPeer *peer = peer_new();
    QTestState *qts = start(peer, "");

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
    QTestState *qts = start(peer, "");
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
    QTestState *qts = start(peer, "");
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
    QTestState *qts = start(peer, "");
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

static void test_window_refused(void)
{
    static const uint64_t sizes[] = {
        121, 128, 512, 513, 1024, 1536, 0x80000000ULL, 0x100000004ULL,
        0x8000000000000000ULL, UINT64_MAX,
    };
    BpmpPeer *peer = peer_new();
    QTestState *qts = start(peer, "");
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

static void test_block(void)
{
    BpmpPeer *peer = peer_new();
    QTestState *qts = start(peer, "");
    uint8_t before[BPMP_BLOCK_SIZE], after[BPMP_BLOCK_SIZE];

    block_write(qts, BLOCK, 22, 0, 4, 120, 0x01020304);
    qtest_memread(qts, BLOCK, before, sizeof(before));
    qtest_writeq(qts, DOORBELL, BLOCK);
    qtest_memread(qts, BLOCK, after, sizeof(after));

    /* rx_size, status, ret and four bytes of answer, nothing else. */
    stl_le_p(before + BPMP_BLOCK_RX_SIZE, 4);
    stl_le_p(before + BPMP_BLOCK_STATUS, 0);
    stl_le_p(before + BPMP_BLOCK_RET, 0);
    stl_le_p(before + BPMP_BLOCK_RX, 0x01020304);
    g_assert_cmpmem(after, sizeof(after), before, sizeof(before));

    g_assert_cmpint(block_request(qts, PEER_RET, -77), ==, 0);
    g_assert_cmpint((int32_t)qtest_readl(qts, BLOCK + BPMP_BLOCK_RET), ==,
                    -77);
    g_assert_cmpint(block_request(qts, PEER_STATUS, -EACCES), ==, -EACCES);
    g_assert_cmpuint(qtest_readl(qts, BLOCK + BPMP_BLOCK_RX_SIZE), ==, 0);
    /* The window has no part in it. */
    g_assert_cmphex(qtest_readl(qts, RET), ==, 0);

    /* The last place in a page, and the last one in RAM. */
    for (unsigned i = 0; i < 2; i++) {
        uint64_t page = i ? RAM_BASE + RAM_SIZE - 4096 : BLOCK;
        uint64_t addr = page + 4096 - BPMP_BLOCK_SIZE;

        block_write(qts, addr, 22, 0, 4, 4, 7);
        qtest_writeq(qts, DOORBELL, addr);
        g_assert_cmpint(qtest_readl(qts, addr + BPMP_BLOCK_STATUS), ==, 0);
    }

    qtest_quit(qts);
    peer_free(peer);
}

static void test_block_refused(void)
{
    static const struct {
        uint32_t mrq, flags, tx_size, rx_room;
    } bad[] = {
        { 22, 1, 4, 4 }, { 22, 0x80000000, 4, 4 },
        { 22, 0, 121, 4 }, { 22, 0, 128, 4 }, { 22, 0, UINT32_MAX, 4 },
        { 22, 0, 4, 121 }, { 22, 0, 4, UINT32_MAX },
        { 256, 0, 4, 4 }, { PEER_LINE_STATE, 0, 8, 4 },
        { PEER_MASTER_RESET, 0, 0, 0 }, { UINT32_MAX, 0, 4, 4 },
    };
    BpmpPeer *peer = peer_new();
    QTestState *qts = start(peer, "");

    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        block_write(qts, BLOCK, bad[i].mrq, bad[i].flags, bad[i].tx_size,
                    bad[i].rx_room, 0);
        qtest_writeq(qts, DOORBELL, BLOCK);
        g_assert_cmpint((int32_t)qtest_readl(qts, BLOCK + BPMP_BLOCK_STATUS),
                        ==, -EINVAL);
        g_assert_cmpuint(qtest_readl(qts, BLOCK + BPMP_BLOCK_RX_SIZE), ==, 0);
    }
    g_assert_cmpuint(peer_total(peer), ==, 0);

    qtest_quit(qts);
    peer_free(peer);
}

static void test_block_outside_ram(void)
{
    static const uint64_t bad[] = {
        /* not aligned, across a page */
        BLOCK + 4, BLOCK + 1, BLOCK + 4096 - BPMP_BLOCK_SIZE + 8, BLOCK + 4088,
        /* nothing there; flash; the UART; the window itself */
        8, 0x30000000, 0x09000000, BASE, BASE + 0x100, 0x0a000000,
        RAM_BASE + RAM_SIZE, RAM_BASE - 4096, UINT64_MAX - 7,
        UINT64_MAX - BPMP_BLOCK_SIZE + 1, 0x8000000000000000ULL + BLOCK,
    };
    BpmpPeer *peer = peer_new();
    QTestState *qts = start(peer, "");
    uint8_t before[3 * 4096], after[3 * 4096];

    block_write(qts, BLOCK, 22, 0, 4, 4, 7);
    block_write(qts, BLOCK + 4, 22, 0, 4, 4, 7);
    block_write(qts, BLOCK + 4096 - BPMP_BLOCK_SIZE + 8, 22, 0, 4, 4, 7);
    qtest_memread(qts, BLOCK - 4096, before, sizeof(before));
    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        qtest_writeq(qts, DOORBELL, bad[i]);
    }
    qtest_memread(qts, BLOCK - 4096, after, sizeof(after));
    g_assert_cmpmem(after, sizeof(after), before, sizeof(before));
    g_assert_cmpuint(peer_total(peer), ==, 0);

    qtest_quit(qts);
    peer_free(peer);
}

static void test_doorbell(void)
{
    BpmpPeer *peer = peer_new();
    QTestState *qts = start(peer, "");

    block_write(qts, BLOCK, 22, 0, 4, 4, 7);
    qtest_writeq(qts, DOORBELL, 0);
    /* Halves of an address are not an address. */
    qtest_writel(qts, DOORBELL, BLOCK);
    qtest_writel(qts, DOORBELL + 4, 0);
    qtest_writew(qts, DOORBELL, 8);
    qtest_writeb(qts, DOORBELL, 8);
    g_assert_cmpuint(peer_total(peer), ==, 0);
    g_assert_cmphex(qtest_readl(qts, BLOCK + BPMP_BLOCK_STATUS), ==, SENTINEL);
    g_assert_cmphex(qtest_readq(qts, DOORBELL), ==, 0);

    qtest_writeq(qts, DOORBELL, BLOCK);
    g_assert_cmpuint(peer_total(peer), ==, 1);

    qtest_quit(qts);
    peer_free(peer);
}

static void test_reset(void)
{
    BpmpPeer *peer = peer_new();
    QTestState *qts = start(peer, "");
    uint8_t window[BPMP_GUEST_DOORBELL];

    /* Nothing was done, so there is nothing to undo. */
    machine_reset(qts);
    g_assert_cmpuint(peer_total(peer), ==, 0);

    g_assert_cmpint(window_request(qts, 22, 7), ==, 0);
    machine_reset(qts);
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

    qtest_quit(qts);
    peer_free(peer);
}

/* Answers that make no sense end the connection, and the guest hears of it. */
static void test_malformed(void)
{
    static const uint32_t how[] = {
        PEER_TOO_LONG, PEER_HUGE, PEER_BAD_MAGIC, PEER_HANG_UP,
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(how); i++) {
        BpmpPeer *peer = peer_new();
        QTestState *qts = start(peer, "");

        g_assert_cmpint(window_request(qts, how[i], 0), ==, -EIO);
        g_assert_cmpint(block_request(qts, 22, 0), ==, -ENODEV);
        qtest_quit(qts);
        peer_free(peer);
    }
}

static void test_timeout(void)
{
    BpmpPeer *peer = peer_new();
    QTestState *qts = start(peer, "-global nvidia-bpmp-guest.timeout-ms=200");

    g_assert_cmpint(window_request(qts, PEER_HOLD, 1), ==, -ETIMEDOUT);
    g_assert_cmpint(block_request(qts, PEER_HOLD, 2), ==, -ETIMEDOUT);
    peer_release(peer);
    /* The late answers are not taken for this one's. */
    g_assert_cmpint(block_request(qts, 22, 3), ==, 0);
    g_assert_cmphex(qtest_readl(qts, BLOCK + BPMP_BLOCK_RX), ==, 3);

    qtest_quit(qts);
    peer_free(peer);
}

/* A back end that never answers is not sent more and more. */
static void test_flood(void)
{
    BpmpPeer *peer = peer_new();
    QTestState *qts = start(peer, "-global nvidia-bpmp-guest.timeout-ms=1");

    for (unsigned i = 0; i < 100; i++) {
        g_assert_cmpint(window_request(qts, PEER_HOLD, i), ==, -ETIMEDOUT);
    }
    peer_release(peer);
    peer_wait(peer, PEER_HOLD, 64);
    g_usleep(200 * 1000);
    g_assert_cmpuint(peer_count(peer, PEER_HOLD), ==, 64);

    qtest_quit(qts);
    peer_free(peer);
}

static void test_migration(void)
{
    BpmpPeer *peer = peer_new();
    QTestState *qts = start(peer, "");
    QDict *rsp = qtest_qmp(qts, "{ 'execute': 'migrate', 'arguments': "
                           "{ 'uri': 'exec:cat >/dev/null' } }");

    g_assert(qdict_haskey(rsp, "error"));
    g_assert_nonnull(strstr(qdict_get_str(qdict_get_qdict(rsp, "error"),
                                          "desc"), "firmware of this host"));
    qobject_unref(rsp);
    qtest_quit(qts);
    peer_free(peer);
}

static bool has_window(QTestState *qts)
{
    char *tree = qtest_hmp(qts, "info mtree");
    bool found = strstr(tree, "nvidia-bpmp-guest");

    g_free(tree);
    return found;
}

static void test_default(void)
{
    static const char *const machines[] = {
        "-machine virt -nodefaults", "-machine virt,bpmp=off -nodefaults",
        "-machine virt,bpmp=auto -nodefaults",
        "-machine virt,bpmp=off,bpmp-host=/nonexistent -nodefaults",
        "-machine none",
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(machines); i++) {
        QTestState *qts = qtest_init(machines[i]);

        g_assert_false(has_window(qts));
        qtest_quit(qts);
    }
}

/* Run QEMU and take what it says; it must fail. */
static char *refusal(const char *args)
{
    const char *qemu = getenv("QTEST_QEMU_BINARY");
    g_autofree char *line = g_strdup_printf(
        "timeout 60 %s -display none -nodefaults -accel qtest -S %s", qemu,
        args);
    char *err = NULL;
    int status = 0;

    g_assert(g_spawn_command_line_sync(line, NULL, &err, &status, NULL));
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 1) {
        g_error("%s: status %d: %s", args, status, err);
    }
    return err;
}

static void test_missing_backend(void)
{
    static const struct {
        const char *args;
        const char *says;
    } cases[] = {
        { "-machine virt,bpmp=on,bpmp-host=/nonexistent/bpmp-host",
          "/nonexistent/bpmp-host" },
        { "-machine virt,bpmp=on,bpmp-host=/nonexistent/bpmp-host",
          "bpmp-host-proxy driver" },
        { "-machine virt,bpmp=on,bpmp-host=/dev/null",
          "/dev/null does not answer like a BPMP" },
        { "-machine virt,bpmp=on,bpmp-host=/proc/self/comm",
          "/proc/self/comm is not a character device" },
        { "-machine virt,bpmp=on,bpmp-fd=999", "999" },
        { "-machine virt,bpmp=on,bpmp-fd=nonsense", "nonsense" },
        { "-machine virt,bpmp=on,bpmp-chardev=nonsense", "nonsense" },
        { "-machine virt,bpmp=on,bpmp-chardev=n -chardev null,id=n",
          "use a socket" },
        { "-machine virt,bpmp=on,bpmp-chardev=n,bpmp-host=/dev/null "
          "-chardev null,id=n", "one back end" },
        { "-machine virt,bpmp=on,bpmp-host=/dev/null -only-migratable",
          "firmware of this host" },
        { "-machine virt -device nvidia-bpmp-guest", "nvidia-bpmp-guest" },
        { "-machine virt -device tegra-hsuart", "'firmware'" },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *err = refusal(cases[i].args);

        if (!strstr(err, cases[i].says)) {
            g_error("%s: expected '%s', got: %s", cases[i].args,
                    cases[i].says, err);
        }
    }
    if (access("/dev/bpmp-host", F_OK) < 0) {
        g_autofree char *err = refusal("-machine virt,bpmp=on");

        g_assert_nonnull(strstr(err, "/dev/bpmp-host"));
    }
}

static void test_uart(void)
{
    BpmpPeer *peer = peer_new();
    g_autofree char *log = g_strdup_printf("%s.log", peer_path(peer));
    g_autofree char *written = NULL;
    QTestState *qts = qtest_initf(
        "-machine virt -m 64 -nodefaults -chardev socket,id=line,path=%s "
        "-chardev file,id=uart,path=%s "
        "-device tegra-hsuart,chardev=uart,firmware=line",
        peer_path(peer), log);

    /* Without clock, without clock and in reset, in reset: dead. */
    for (unsigned i = 0; i < 3; i++) {
        peer_set_lines(peer, i == 2, i != 0);
        g_assert_cmphex(qtest_readl(qts, UART_LSR), ==, 0xffffffff);
        g_assert_cmphex(qtest_readb(qts, UART_SCR), ==, 0xff);
        qtest_writel(qts, UART_SCR, 0x5a);
        qtest_writel(qts, UART_THR, 'x');
    }

    peer_set_lines(peer, true, false);
    g_assert_cmphex(qtest_readl(qts, UART_LSR) & 0x60, ==, 0x60);
    g_assert_cmphex(qtest_readl(qts, UART_SCR), ==, 0);
    qtest_writel(qts, UART_SCR, 0x5a);
    g_assert_cmphex(qtest_readl(qts, UART_SCR), ==, 0x5a);
    qtest_writel(qts, UART_THR, 'y');
    /* What has no register reads as zero. */
    g_assert_cmphex(qtest_readl(qts, UART_BASE + 0x20), ==, 0);
    g_assert_cmphex(qtest_readl(qts, UART_BASE + 0xfffc), ==, 0);

    peer_set_lines(peer, false, false);
    qtest_writel(qts, UART_THR, 'z');
    g_assert_cmphex(qtest_readl(qts, UART_SCR), ==, 0xffffffff);

    qtest_quit(qts);
    g_assert(g_file_get_contents(log, &written, NULL, NULL));
    g_assert_cmpstr(written, ==, "y");
    unlink(log);
    peer_free(peer);
}

/* A model that is gone is a clock that is off. */
static void test_uart_without_model(void)
{
    BpmpPeer *peer = peer_new();
    QTestState *qts = qtest_initf(
        "-machine virt -m 64 -nodefaults -chardev socket,id=line,path=%s "
        "-chardev null,id=uart "
        "-device tegra-hsuart,chardev=uart,firmware=line", peer_path(peer));

    peer_set_lines(peer, true, false);
    g_assert_cmphex(qtest_readl(qts, UART_LSR) & 0x60, ==, 0x60);
    peer_free(peer);
    g_assert_cmphex(qtest_readl(qts, UART_LSR), ==, 0xffffffff);
    qtest_quit(qts);
}

/*
 * Guest programs, for what only virtual CPUs can show. At CODE the first CPU
 * starts: it takes its context, starts the second CPU if the context names a
 * context for that, rings the doorbell if it names a block, and counts.
 */
#define CODE (RAM_BASE + 0x200000)
#define CONTEXT_0 (CODE + 0x800)
#define CONTEXT_1 (CODE + 0xa00)
#define CTX_DOORBELL 0
#define CTX_BLOCK 8
#define CTX_COUNT 16
#define CTX_NEXT 24

static const uint32_t guest_code[] = {
    0x10004000, /*         adr   x0, CONTEXT_0          */
    0xf9400c03, /*         ldr   x3, [x0, #CTX_NEXT]    */
    0xb4000103, /*         cbz   x3, common             */
    0xaa0003f3, /*         mov   x19, x0                */
    0xd2800060, /*         mov   x0, #3                 */
    0xf2b88000, /*         movk  x0, #0xc400, lsl #16   PSCI CPU_ON */
    0xd2800021, /*         mov   x1, #1                 the second CPU */
    0x10000062, /*         adr   x2, common             */
    0xd4000002, /*         hvc   #0                     x3 is its x0 */
    0xaa1303e0, /*         mov   x0, x19                */
    0xf9400001, /* common: ldr   x1, [x0, #CTX_DOORBELL] */
    0xf9400402, /*         ldr   x2, [x0, #CTX_BLOCK]   */
    0xb4000042, /*         cbz   x2, 1f                 */
    0xf9000022, /*         str   x2, [x1]               */
    0xf9400803, /* 1:      ldr   x3, [x0, #CTX_COUNT]   */
    0x91000463, /*         add   x3, x3, #1             */
    0xf9000803, /*         str   x3, [x0, #CTX_COUNT]   */
    0x17fffffd, /*         b     1b                     */
};

static void context_write(QTestState *qts, uint64_t context, uint64_t block,
                          uint64_t next)
{
    qtest_writeq(qts, context + CTX_DOORBELL, DOORBELL);
    qtest_writeq(qts, context + CTX_BLOCK, block);
    qtest_writeq(qts, context + CTX_COUNT, 0);
    qtest_writeq(qts, context + CTX_NEXT, next);
}

static void guest_write(QTestState *qts, uint64_t block_1)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(guest_code); i++) {
        qtest_writel(qts, CODE + 4 * i, guest_code[i]);
    }
    context_write(qts, CONTEXT_0, BLOCK, CONTEXT_1);
    context_write(qts, CONTEXT_1, block_1, 0);
}

/* Two CPUs under TCG, stopped, the program in place. */
static QTestState *start_guest(BpmpPeer *peer, uint64_t block_1)
{
    QTestState *qts = qtest_initf(
        "-accel tcg,thread=multi -S -cpu cortex-a57 -smp 2 "
        "-machine virt,bpmp=on,bpmp-chardev=fw -m 64 -nodefaults "
        "-chardev socket,id=fw,path=%s "
        "-device loader,addr=0x%" PRIx64 ",cpu-num=0",
        peer_path(peer), (uint64_t)CODE);

    guest_write(qts, block_1);
    return qts;
}

static void cont(QTestState *qts)
{
    qtest_qmp_assert_success(qts, "{ 'execute': 'cont' }");
    qtest_qmp_eventwait(qts, "RESUME");
}

static uint64_t counted(QTestState *qts, uint64_t context)
{
    return qtest_readq(qts, context + CTX_COUNT);
}

static void wait_counting(QTestState *qts, uint64_t context)
{
    gint64 deadline = g_get_monotonic_time() + 60 * G_TIME_SPAN_SECOND;
    uint64_t before = counted(qts, context);

    while (counted(qts, context) == before) {
        g_assert_cmpint(g_get_monotonic_time(), <, deadline);
        g_usleep(10 * 1000);
    }
}

/*
 * Bounds in ms that are figures of the specification hold on a machine that
 * has nothing else to do, which BPMP_VIRT_FIGURES=1 says it has.
 */
static void assert_below(gint64 since_us, unsigned bound_ms)
{
    gint64 ms = (g_get_monotonic_time() - since_us) / 1000;
    bool strict = g_strcmp0(getenv("BPMP_VIRT_FIGURES"), "1") == 0;

    g_assert_cmpint(ms, <, strict ? bound_ms : bound_ms * 10);
}

static void measured(const char *what, gint64 since_us, unsigned bound_ms)
{
    g_test_message("%s: %" PRId64 " ms", what,
                   (g_get_monotonic_time() - since_us) / 1000);
    assert_below(since_us, bound_ms);
}

/* The back end sleeps 5 s: the monitor answers, the other CPU runs. */
static void test_slow_backend(void)
{
    BpmpPeer *peer = peer_new();
    QTestState *qts = start_guest(peer, 0);
    gint64 began, asked;

    block_write(qts, BLOCK, PEER_SLEEP, 0, 4, 4, 5000);
    began = g_get_monotonic_time();
    cont(qts);
    peer_wait(peer, PEER_SLEEP, 1);

    for (unsigned i = 0; i < 4; i++) {
        asked = g_get_monotonic_time();
        qtest_qmp_assert_success(qts, "{ 'execute': 'query-status' }");
        measured("QMP while the back end sleeps", asked, 1000);
        wait_counting(qts, CONTEXT_1);
    }
    /* All of that while the first CPU was waiting. */
    g_assert_cmpuint(counted(qts, CONTEXT_0), ==, 0);
    g_assert_cmphex(qtest_readl(qts, BLOCK + BPMP_BLOCK_STATUS), ==, SENTINEL);

    wait_counting(qts, CONTEXT_0);
    g_assert_cmpint(g_get_monotonic_time() - began, >=, 5000 * 1000);
    g_assert_cmphex(qtest_readl(qts, BLOCK + BPMP_BLOCK_STATUS), ==, 0);

    qtest_quit(qts);
    peer_free(peer);
}

/* Neither is answered before both are there. */
static void test_side_by_side(void)
{
    BpmpPeer *peer = peer_new();
    QTestState *qts = start_guest(peer, BLOCK_2);

    block_write(qts, BLOCK, PEER_PAIR, 0, 4, 4, 0x11);
    block_write(qts, BLOCK_2, PEER_PAIR, 0, 4, 4, 0x22);
    cont(qts);
    wait_counting(qts, CONTEXT_0);
    wait_counting(qts, CONTEXT_1);
    g_assert_cmphex(qtest_readl(qts, BLOCK + BPMP_BLOCK_STATUS), ==, 0);
    g_assert_cmphex(qtest_readl(qts, BLOCK + BPMP_BLOCK_RX), ==, 0x11);
    g_assert_cmphex(qtest_readl(qts, BLOCK_2 + BPMP_BLOCK_STATUS), ==, 0);
    g_assert_cmphex(qtest_readl(qts, BLOCK_2 + BPMP_BLOCK_RX), ==, 0x22);

    qtest_quit(qts);
    peer_free(peer);
}

/* A machine can be stopped, reset and left while the back end hangs. */
static void test_stop(void)
{
    BpmpPeer *peer = peer_new();
    QTestState *qts = start_guest(peer, 0);
    gint64 asked;

    block_write(qts, BLOCK, PEER_HOLD, 0, 4, 4, 0);
    cont(qts);
    peer_wait(peer, PEER_HOLD, 1);

    asked = g_get_monotonic_time();
    qtest_qmp_assert_success(qts, "{ 'execute': 'stop' }");
    measured("stop", asked, 1000);
    qtest_qmp_eventwait(qts, "STOP");
    g_assert_cmpint((int32_t)qtest_readl(qts, BLOCK + BPMP_BLOCK_STATUS), ==,
                    -ETIMEDOUT);
    cont(qts);
    wait_counting(qts, CONTEXT_0);

    qtest_quit(qts);
    peer_free(peer);
}

static void test_reset_under_way(void)
{
    BpmpPeer *peer = peer_new();
    QTestState *qts = start_guest(peer, 0);
    gint64 asked;

    block_write(qts, BLOCK, PEER_HOLD, 0, 4, 4, 0);
    cont(qts);
    peer_wait(peer, PEER_HOLD, 1);

    asked = g_get_monotonic_time();
    qtest_qmp_assert_success(qts, "{ 'execute': 'system_reset' }");
    qtest_qmp_eventwait(qts, "RESET");
    measured("system_reset", asked, 1000);
    /* The guest starts over and rings again; the reset is between the two. */
    peer_release(peer);
    peer_wait(peer, PEER_MASTER_RESET, 1);
    peer_wait(peer, PEER_HOLD, 2);
    wait_counting(qts, CONTEXT_0);
    g_assert_cmphex(qtest_readl(qts, BLOCK + BPMP_BLOCK_STATUS), ==, 0);

    qtest_quit(qts);
    peer_free(peer);
}

static void test_quit_under_way(void)
{
    BpmpPeer *peer = peer_new();
    QTestState *qts = start_guest(peer, 0);
    gint64 asked;

    block_write(qts, BLOCK, PEER_HOLD, 0, 4, 4, 0);
    cont(qts);
    peer_wait(peer, PEER_HOLD, 1);
    asked = g_get_monotonic_time();
    qtest_qmp_assert_success(qts, "{ 'execute': 'quit' }");
    while (qtest_probe_child(qts)) {
        assert_below(asked, 2000);
        g_usleep(10 * 1000);
    }
    measured("quit", asked, 2000);
    qtest_quit(qts);
    peer_free(peer);
}

/* The firmware model goes away while a CPU waits. */
static void test_model_dies(void)
{
    BpmpPeer *peer = peer_new();
    QTestState *qts = start_guest(peer, 0);

    block_write(qts, BLOCK, PEER_HANG_UP, 0, 4, 4, 0);
    cont(qts);
    wait_counting(qts, CONTEXT_0);
    g_assert_cmpint((int32_t)qtest_readl(qts, BLOCK + BPMP_BLOCK_STATUS), ==,
                    -EIO);
    qtest_quit(qts);
    peer_free(peer);
}

/*
 * The host's character device, played by a library that QEMU is started with.
 */
typedef struct Host {
    char *dir;
    char *path;
    char *log;
} Host;

static void host_init(Host *host, const char *mode)
{
    host->dir = g_dir_make_tmp("bpmp-host-XXXXXX", NULL);
    g_assert_nonnull(host->dir);
    host->path = g_strdup_printf("%s/bpmp-host", host->dir);
    host->log = g_strdup_printf("%s/log", host->dir);
    g_setenv("BPMP_SHIM_PATH", host->path, true);
    g_setenv("BPMP_SHIM_LOG", host->log, true);
    g_setenv("BPMP_SHIM_MODE", mode, true);
    g_setenv("LD_PRELOAD", getenv("BPMP_TEST_HOST_SHIM"), true);
}

static void host_cleanup(Host *host)
{
    unlink(host->log);
    rmdir(host->dir);
    g_free(host->log);
    g_free(host->path);
    g_free(host->dir);
}

static char *host_log(Host *host)
{
    char *log = NULL;

    g_assert(g_file_get_contents(host->log, &log, NULL, NULL));
    g_assert_null(strstr(log, "BAD SIZE"));
    return log;
}

static unsigned occurrences(const char *text, const char *what)
{
    unsigned n = 0;

    while ((text = strstr(text, what))) {
        text += strlen(what);
        n++;
    }
    return n;
}

static QTestState *start_host(Host *host, const char *mode, const char *more)
{
    QTestState *qts;

    host_init(host, mode);
    qts = qtest_initf("-machine virt,bpmp=on,bpmp-host=%s -m 64 -nodefaults "
                      "%s", host->path, more);
    g_unsetenv("LD_PRELOAD");
    return qts;
}

static void test_host(gconstpointer mode)
{
    Host host;
    QTestState *qts = start_host(&host, mode, "");
    bool with_ioctl = g_str_equal(mode, "ioctl");
    uint8_t tx[PEER_PAYLOAD], rx[PEER_PAYLOAD];
    g_autofree char *log = NULL;

    memset(tx, 0x5a, sizeof(tx));
    g_assert_cmpint(window_transfer(qts, 22, tx, sizeof(tx), sizeof(tx)), ==,
                    0);
    qtest_memread(qts, RX, rx, sizeof(rx));
    g_assert_cmpmem(rx, sizeof(rx), tx, sizeof(tx));
    g_assert_cmpint(block_request(qts, PEER_STATUS, -EBUSY), ==, -EBUSY);
    g_assert_cmpint(window_request(qts, PEER_STATUS, -EACCES), ==, -EACCES);
    g_assert_cmpint(window_request(qts, PEER_RET, -77), ==, -77);
    /* Nothing of these may leave. */
    g_assert_cmpint(window_transfer(qts, 23, tx, 1536, 4), ==, -EINVAL);
    g_assert_cmpint(window_transfer(qts, 23, tx, 4, 4096), ==, -EINVAL);
    g_assert_cmpint(window_request(qts, 0x7fff0001, 0), ==, -EINVAL);

    machine_reset(qts);
    g_assert_cmpint(block_request(qts, 24, 9), ==, 0);
    qtest_quit(qts);

    log = host_log(&host);
    g_assert_true(g_str_has_prefix(log, "open cloexec=1 rdwr=1\n"));
    g_assert_cmpuint(occurrences(log, "open"), ==, 1);
    g_assert_cmpuint(occurrences(log, "begin mrq=23"), ==, 0);
    g_assert_cmpuint(occurrences(log, "reset"), ==, with_ioctl);
    if (with_ioctl) {
        g_assert(strstr(log, "mrq=202") < strstr(log, "reset"));
        g_assert(strstr(log, "reset") < strstr(log, "mrq=24"));
        g_assert_null(strstr(log, "write"));
    }
    host_cleanup(&host);
}

static void test_host_busy(void)
{
    Host host;
    g_autofree char *args = NULL;
    g_autofree char *err = NULL;

    host_init(&host, "busy");
    args = g_strdup_printf("-machine virt,bpmp=on,bpmp-host=%s", host.path);
    err = refusal(args);
    g_unsetenv("LD_PRELOAD");
    g_assert_nonnull(strstr(err, host.path));
    g_assert_nonnull(strstr(err, "Another program has it open"));
    host_cleanup(&host);
}

/* Looking at a device's properties opens nothing. */
static void test_host_introspection(void)
{
    Host host;
    QTestState *qts;

    host_init(&host, "ioctl");
    qts = qtest_init("-machine virt -nodefaults");
    g_unsetenv("LD_PRELOAD");
    qtest_qmp_assert_success(qts, "{ 'execute': 'device-list-properties', "
                             "'arguments': "
                             "{ 'typename': 'nvidia-bpmp-guest' } }");
    g_assert_false(has_window(qts));
    qtest_quit(qts);
    g_assert_cmpint(access(host.log, F_OK), <, 0);
    host_cleanup(&host);
}

/* Two CPUs sleep in the kernel side by side, and the monitor answers. */
static void test_host_slow(void)
{
    Host host;
    QTestState *qts;
    g_autofree char *more = g_strdup_printf(
        "-accel tcg,thread=multi -S -cpu cortex-a57 -smp 2 "
        "-device loader,addr=0x%" PRIx64 ",cpu-num=0", (uint64_t)CODE);
    g_autofree char *log = NULL;
    gint64 asked;

    qts = start_host(&host, "ioctl", more);
    guest_write(qts, BLOCK_2);
    block_write(qts, BLOCK, PEER_SLEEP, 0, 4, 4, 5000);
    block_write(qts, BLOCK_2, PEER_SLEEP, 0, 4, 4, 5000);
    cont(qts);
    do {
        g_free(log);
        g_usleep(10 * 1000);
        log = host_log(&host);
    } while (occurrences(log, "begin mrq=200") < 2);
    g_assert_cmpuint(occurrences(log, "end mrq=200"), ==, 0);

    asked = g_get_monotonic_time();
    qtest_qmp_assert_success(qts, "{ 'execute': 'query-status' }");
    measured("QMP while the host's device sleeps", asked, 1000);
    g_assert_cmpuint(counted(qts, CONTEXT_0), ==, 0);

    wait_counting(qts, CONTEXT_0);
    wait_counting(qts, CONTEXT_1);
    g_assert_cmpint(qtest_readl(qts, BLOCK + BPMP_BLOCK_STATUS), ==, 0);
    g_assert_cmpint(qtest_readl(qts, BLOCK_2 + BPMP_BLOCK_STATUS), ==, 0);
    qtest_quit(qts);
    host_cleanup(&host);
}

/* Random accesses for BPMP_TEST_FUZZ_SECONDS: QEMU lives, the peer is well. */
static void test_fuzz(void)
{
    const char *seconds = getenv("BPMP_TEST_FUZZ_SECONDS");
    gint64 end = g_get_monotonic_time() +
                 (seconds ? atoi(seconds) : 1) * G_TIME_SPAN_SECOND;
    BpmpPeer *peer = peer_new();
    QTestState *qts = start(peer, "-global nvidia-bpmp-guest.timeout-ms=100");
    unsigned accesses = 0;

    while (g_get_monotonic_time() < end) {
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
    qtest_add_func("/nvidia-bpmp-guest/v1/refused", test_window_refused);
    qtest_add_func("/nvidia-bpmp-guest/v2/transfer", test_block);
    qtest_add_func("/nvidia-bpmp-guest/v2/refused", test_block_refused);
    qtest_add_func("/nvidia-bpmp-guest/v2/outside-ram",
                   test_block_outside_ram);
    qtest_add_func("/nvidia-bpmp-guest/v2/doorbell", test_doorbell);
    qtest_add_func("/nvidia-bpmp-guest/reset", test_reset);
    qtest_add_func("/nvidia-bpmp-guest/malformed", test_malformed);
    qtest_add_func("/nvidia-bpmp-guest/timeout", test_timeout);
    qtest_add_func("/nvidia-bpmp-guest/flood", test_flood);
    qtest_add_func("/nvidia-bpmp-guest/migration", test_migration);
    qtest_add_func("/nvidia-bpmp-guest/default", test_default);
    qtest_add_func("/nvidia-bpmp-guest/missing-backend",
                   test_missing_backend);
    qtest_add_func("/nvidia-bpmp-guest/fuzz", test_fuzz);
    qtest_add_func("/tegra-hsuart/gate", test_uart);
    qtest_add_func("/tegra-hsuart/without-model", test_uart_without_model);
    if (qtest_has_accel("tcg")) {
        qtest_add_func("/nvidia-bpmp-guest/cpu/slow-backend",
                       test_slow_backend);
        qtest_add_func("/nvidia-bpmp-guest/cpu/side-by-side",
                       test_side_by_side);
        qtest_add_func("/nvidia-bpmp-guest/cpu/stop", test_stop);
        qtest_add_func("/nvidia-bpmp-guest/cpu/reset-under-way",
                       test_reset_under_way);
        qtest_add_func("/nvidia-bpmp-guest/cpu/quit-under-way",
                       test_quit_under_way);
        qtest_add_func("/nvidia-bpmp-guest/cpu/model-dies", test_model_dies);
    }
    if (getenv("BPMP_TEST_HOST_SHIM")) {
        qtest_add_data_func("/bpmp-backend-host/ioctl", "ioctl", test_host);
        qtest_add_data_func("/bpmp-backend-host/write56", "write56",
                            test_host);
        qtest_add_data_func("/bpmp-backend-host/write48", "write48",
                            test_host);
        qtest_add_func("/bpmp-backend-host/busy", test_host_busy);
        qtest_add_func("/bpmp-backend-host/introspection",
                       test_host_introspection);
        qtest_add_func("/bpmp-backend-host/slow", test_host_slow);
    }
    return g_test_run();
}
