/*
 * QTest testcase for the BPMP window: virtual CPUs that wait for a back end
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "libqtest.h"
#include "bpmp-test.h"
#include "bpmp-guest-code.h"

static QTestState *start_guest(BpmpPeer *peer, uint64_t block_1)
{
    QTestState *qts = bpmp_start(peer, GUEST_ARGS);

    guest_write(qts, block_1);
    return qts;
}

/* The back end sleeps 5 s: the monitor answers, the other CPU runs. */
static void test_slow_backend(void)
{
    BpmpPeer *peer = peer_new();
    QTestState *qts = start_guest(peer, 0);
    gint64 began, asked;

    block_write(qts, BLOCK, PEER_SLEEP, 0, 4, 4, 5000);
    began = g_get_monotonic_time();
    guest_cont(qts);
    peer_wait(peer, PEER_SLEEP, 1);

    for (unsigned i = 0; i < 4; i++) {
        asked = g_get_monotonic_time();
        qtest_qmp_assert_success(qts, "{ 'execute': 'query-status' }");
        bpmp_measured("QMP while the back end sleeps", asked, 1000);
        guest_wait_counting(qts, CONTEXT_1);
    }
    /* All of that while the first CPU was waiting. */
    g_assert_cmpuint(guest_count(qts, CONTEXT_0), ==, 0);
    g_assert_cmphex(qtest_readl(qts, BLOCK + BPMP_BLOCK_STATUS), ==, SENTINEL);

    guest_wait_counting(qts, CONTEXT_0);
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
    guest_cont(qts);
    guest_wait_counting(qts, CONTEXT_0);
    guest_wait_counting(qts, CONTEXT_1);
    g_assert_cmphex(qtest_readl(qts, BLOCK + BPMP_BLOCK_STATUS), ==, 0);
    g_assert_cmphex(qtest_readl(qts, BLOCK + BPMP_BLOCK_RX), ==, 0x11);
    g_assert_cmphex(qtest_readl(qts, BLOCK_2 + BPMP_BLOCK_STATUS), ==, 0);
    g_assert_cmphex(qtest_readl(qts, BLOCK_2 + BPMP_BLOCK_RX), ==, 0x22);

    qtest_quit(qts);
    peer_free(peer);
}

/* A guest whose CPU waits for a back end that hangs. */
static QTestState *start_held_guest(BpmpPeer *peer)
{
    QTestState *qts = start_guest(peer, 0);

    block_write(qts, BLOCK, PEER_HOLD, 0, 4, 4, 0);
    guest_cont(qts);
    peer_wait(peer, PEER_HOLD, 1);

    return qts;
}

/* A machine can be stopped, reset and left while the back end hangs. */
static void test_stop(void)
{
    BpmpPeer *peer = peer_new();
    QTestState *qts = start_held_guest(peer);
    gint64 asked;

    asked = g_get_monotonic_time();
    qtest_qmp_assert_success(qts, "{ 'execute': 'stop' }");
    bpmp_measured("stop", asked, 1000);
    qtest_qmp_eventwait(qts, "STOP");
    g_assert_cmpint((int32_t)qtest_readl(qts, BLOCK + BPMP_BLOCK_STATUS), ==,
                    -ETIMEDOUT);
    guest_cont(qts);
    guest_wait_counting(qts, CONTEXT_0);

    qtest_quit(qts);
    peer_free(peer);
}

/* An answer that is on its way when the machine is stopped is taken. */
static void test_stop_answered(void)
{
    BpmpPeer *peer = peer_new();
    QTestState *qts = start_guest(peer, 0);

    block_write(qts, BLOCK, PEER_SLEEP, 0, 4, 4, 200);
    guest_cont(qts);
    peer_wait(peer, PEER_SLEEP, 1);
    qtest_qmp_assert_success(qts, "{ 'execute': 'stop' }");
    qtest_qmp_eventwait(qts, "STOP");
    g_assert_cmpint((int32_t)qtest_readl(qts, BLOCK + BPMP_BLOCK_STATUS), ==,
                    0);
    qtest_quit(qts);
    peer_free(peer);
}

static void test_reset_under_way(void)
{
    BpmpPeer *peer = peer_new();
    QTestState *qts = start_held_guest(peer);
    gint64 asked;

    asked = g_get_monotonic_time();
    qtest_qmp_assert_success(qts, "{ 'execute': 'system_reset' }");
    qtest_qmp_eventwait(qts, "RESET");
    /* Half a second each for the CPU's request and for the reset's. */
    bpmp_measured("system_reset", asked, 2000);
    /* The guest starts over and rings again; the reset is between the two. */
    peer_release(peer);
    peer_wait(peer, PEER_MASTER_RESET, 1);
    peer_wait(peer, PEER_HOLD, 2);
    guest_wait_counting(qts, CONTEXT_0);
    g_assert_cmphex(qtest_readl(qts, BLOCK + BPMP_BLOCK_STATUS), ==, 0);

    qtest_quit(qts);
    peer_free(peer);
}

static void test_quit_under_way(void)
{
    BpmpPeer *peer = peer_new();
    QTestState *qts = start_held_guest(peer);
    gint64 asked;

    asked = g_get_monotonic_time();
    qtest_qmp_assert_success(qts, "{ 'execute': 'quit' }");
    while (qtest_probe_child(qts)) {
        bpmp_assert_below(asked, 2000);
        g_usleep(10 * 1000);
    }
    bpmp_measured("quit", asked, 2000);
    qtest_quit(qts);
    peer_free(peer);
}

/* The firmware model goes away while a CPU waits. */
static void test_model_dies(void)
{
    BpmpPeer *peer = peer_new();
    QTestState *qts = start_guest(peer, 0);

    block_write(qts, BLOCK, PEER_HANG_UP, 0, 4, 4, 0);
    guest_cont(qts);
    guest_wait_counting(qts, CONTEXT_0);
    g_assert_cmpint((int32_t)qtest_readl(qts, BLOCK + BPMP_BLOCK_STATUS), ==,
                    -EIO);
    qtest_quit(qts);
    peer_free(peer);
}

static bool storm_status(int32_t status)
{
    return status == SENTINEL || status == 0 || status == -EIO ||
           status == -ENODEV || status == -ETIMEDOUT;
}

#define STORM_CONNECTIONS 10

/* A busy host may need longer than asked for until enough has happened. */
static bool storm_goes_on(BpmpPeer *peer, gint64 end)
{
    gint64 now = g_get_monotonic_time();

    return now < end || (peer_connections(peer) <= STORM_CONNECTIONS &&
                         now < end + 60 * G_TIME_SPAN_SECOND);
}

/*
 * Both CPUs ring all the time while the model comes, misbehaves and goes, for
 * BPMP_TEST_STORM_SECONDS. After that it is well, and so must the machine be.
 */
static void test_storm(void)
{
    const char *seconds = getenv("BPMP_TEST_STORM_SECONDS");
    gint64 end;
    const uint64_t blocks[] = { BLOCK, BLOCK_2 };
    BpmpPeer *peer = peer_new();
    g_autofree char *path = g_strdup_printf("%s.qemu", peer_path(peer));
    QTestState *qts = qtest_initf(
        "-machine virt,bpmp=on,bpmp-chardev=fw -m 64 -nodefaults "
        "-chardev socket,id=fw,path=%s,server=on,wait=off "
        "-global nvidia-bpmp-guest.timeout-ms=300 " GUEST_ARGS, path);

    guest_write(qts, BLOCK_2);
    guest_ring_on(qts, true);
    for (unsigned i = 0; i < G_N_ELEMENTS(blocks); i++) {
        block_write(qts, blocks[i], PEER_CHAOS, 0, 4, 4, 7);
    }
    peer_call(peer, path);
    guest_cont(qts);
    end = g_get_monotonic_time() +
          (seconds ? atoi(seconds) : 2) * G_TIME_SPAN_SECOND;
    do {
        guest_wait_counting(qts, CONTEXT_0);
        guest_wait_counting(qts, CONTEXT_1);
        for (unsigned i = 0; i < G_N_ELEMENTS(blocks); i++) {
            g_assert_true(storm_status(qtest_readl(qts, blocks[i] +
                                                   BPMP_BLOCK_STATUS)));
        }
    } while (storm_goes_on(peer, end));
    g_test_message("%u connections, %u transfers", peer_connections(peer),
                   peer_total(peer));
    g_assert_cmpuint(peer_connections(peer), >, STORM_CONNECTIONS);

    end = g_get_monotonic_time() + 60 * G_TIME_SPAN_SECOND;
    for (unsigned i = 0; i < G_N_ELEMENTS(blocks); i++) {
        do {
            g_assert_cmpint(g_get_monotonic_time(), <, end);
            block_write(qts, blocks[i], 22, 0, 4, 4, 7);
            g_usleep(100 * 1000);
        } while (qtest_readl(qts, blocks[i] + BPMP_BLOCK_STATUS) != 0);
    }
    g_assert_cmpuint(peer_count(peer, 22), >=, 2);

    qtest_quit(qts);
    unlink(path);
    peer_free(peer);
}

/* A block that is not RAM any more when the answer comes is left alone. */
static void test_block_gone(void)
{
    const uint64_t block = PCI_PLACE + 0x100 - BPMP_BLOCK_RX;
    BpmpPeer *peer = peer_new();
    QTestState *qts = bpmp_start(peer, GUEST_ARGS " -machine highmem=off "
                                 "-object memory-backend-ram,id=shm,size=1M,"
                                 "share=on "
                                 "-device ivshmem-plain,memdev=shm,addr=2");

    bpmp_pci_map(qts, 2, BPMP_PCI_BAR2, PCI_PLACE);
    guest_write(qts, 0);
    guest_store(qts, CONTEXT_0, DOORBELL, block);
    block_write(qts, block, PEER_HOLD, 0, 4, 4, 7);
    guest_cont(qts);
    peer_wait(peer, PEER_HOLD, 1);
    /* Where the answer would go there is a register now. */
    bpmp_pci_map(qts, 2, BPMP_PCI_BAR2, PCI_PLACE + 0x100000);
    bpmp_pci_map(qts, 2, BPMP_PCI_BAR0, block + BPMP_BLOCK_RX);
    peer_release(peer);
    guest_wait_counting(qts, CONTEXT_0);
    g_assert_cmphex(qtest_readl(qts, block + BPMP_BLOCK_RX), ==, 0);
    qtest_writel(qts, block + BPMP_BLOCK_RX, 7);
    g_assert_cmphex(qtest_readl(qts, block + BPMP_BLOCK_RX), ==, 7);
    bpmp_pci_map(qts, 2, BPMP_PCI_BAR0, PCI_PLACE + 0x200000);
    bpmp_pci_map(qts, 2, BPMP_PCI_BAR2, PCI_PLACE);
    g_assert_cmphex(qtest_readl(qts, block + BPMP_BLOCK_STATUS), ==, SENTINEL);
    g_assert_cmphex(qtest_readl(qts, block + BPMP_BLOCK_RX), ==, 0xeeeeeeee);
    /* It is a place for a block otherwise. */
    block_write(qts, block, 22, 0, 4, 4, 7);
    guest_ring_on(qts, true);
    peer_wait(peer, 22, 2);
    g_assert_cmphex(qtest_readl(qts, block + BPMP_BLOCK_STATUS), ==, 0);

    qtest_quit(qts);
    peer_free(peer);
}

#define FW_CFG_DMA 0x09020010
#define FW_CFG_ID 1
#define FW_CFG_DMA_ERROR 1
#define FW_CFG_DMA_READ 2
#define FW_CFG_DMA_SELECT 8

/* A device's DMA, which a CPU's store starts, cannot run a transfer. */
static void test_dma(void)
{
    const uint64_t targets[] = { BLOCK_2, MRQ, TX };

    for (unsigned i = 0; i < G_N_ELEMENTS(targets); i++) {
        BpmpPeer *peer = peer_new();
        QTestState *qts = start_guest(peer, 0);
        uint8_t access[16];

        stl_be_p(access, FW_CFG_ID << 16 | FW_CFG_DMA_SELECT | FW_CFG_DMA_READ);
        stl_be_p(access + 4, 4);
        stq_be_p(access + 8, targets[i]);
        qtest_memwrite(qts, BLOCK, access, sizeof(access));
        guest_store(qts, CONTEXT_0, FW_CFG_DMA, bswap64(BLOCK));
        guest_cont(qts);
        guest_wait_counting(qts, CONTEXT_0);

        qtest_memread(qts, BLOCK, access, sizeof(access));
        g_assert_cmphex(ldl_be_p(access), ==,
                        targets[i] == MRQ ? FW_CFG_DMA_ERROR : 0);
        /* The same number would be a request if a CPU had written it. */
        g_assert_cmphex(qtest_readl(qts, targets[i]), ==,
                        targets[i] == MRQ ? 0 : 3);
        g_assert_cmpuint(peer_total(peer), ==, 0);
        qtest_quit(qts);
        peer_free(peer);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    if (qtest_has_accel("tcg")) {
        qtest_add_func("/nvidia-bpmp-guest/cpu/slow-backend",
                       test_slow_backend);
        qtest_add_func("/nvidia-bpmp-guest/cpu/side-by-side",
                       test_side_by_side);
        qtest_add_func("/nvidia-bpmp-guest/cpu/stop", test_stop);
        qtest_add_func("/nvidia-bpmp-guest/cpu/stop-answered",
                       test_stop_answered);
        qtest_add_func("/nvidia-bpmp-guest/cpu/storm", test_storm);
        qtest_add_func("/nvidia-bpmp-guest/cpu/block-gone", test_block_gone);
        qtest_add_func("/nvidia-bpmp-guest/cpu/reset-under-way",
                       test_reset_under_way);
        qtest_add_func("/nvidia-bpmp-guest/cpu/quit-under-way",
                       test_quit_under_way);
        qtest_add_func("/nvidia-bpmp-guest/cpu/model-dies", test_model_dies);
        qtest_add_func("/nvidia-bpmp-guest/cpu/dma", test_dma);
    }
    return g_test_run();
}
