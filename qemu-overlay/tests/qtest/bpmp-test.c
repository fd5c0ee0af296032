/*
 * What the tests of the BPMP window and its back ends share
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "libqtest.h"
#include "bpmp-test.h"

QTestState *bpmp_start(BpmpPeer *peer, const char *more)
{
    return qtest_initf("-machine virt,bpmp=on,bpmp-chardev=fw -m 64 "
                       "-nodefaults -chardev socket,id=fw,path=%s %s",
                       peer_path(peer), more);
}

void bpmp_machine_reset(QTestState *qts)
{
    qtest_qmp_assert_success(qts, "{ 'execute': 'system_reset' }");
    qtest_qmp_eventwait(qts, "RESET");
}

int32_t window_transfer(QTestState *qts, uint32_t mrq, const void *tx,
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

int32_t window_request(QTestState *qts, uint32_t mrq, uint32_t arg)
{
    uint8_t tx[4];

    stl_le_p(tx, arg);
    return window_transfer(qts, mrq, tx, sizeof(tx), sizeof(tx));
}

void block_write(QTestState *qts, uint64_t addr, uint32_t mrq, uint32_t flags,
                 uint32_t tx_size, uint32_t rx_room, uint32_t arg)
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

int32_t block_request(QTestState *qts, uint32_t mrq, uint32_t arg)
{
    block_write(qts, BLOCK, mrq, 0, 4, 4, arg);
    qtest_writeq(qts, DOORBELL, BLOCK);
    return qtest_readl(qts, BLOCK + BPMP_BLOCK_STATUS);
}

bool window_exists(QTestState *qts)
{
    char *tree = qtest_hmp(qts, "info mtree");
    bool found = strstr(tree, "nvidia-bpmp-guest");

    g_free(tree);
    return found;
}

char *bpmp_refusal(const char *args)
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

void bpmp_assert_below(gint64 since_us, unsigned bound_ms)
{
    gint64 ms = (g_get_monotonic_time() - since_us) / 1000;
    bool strict = g_strcmp0(getenv("BPMP_VIRT_FIGURES"), "1") == 0;

    g_assert_cmpint(ms, <, strict ? bound_ms : bound_ms * 10);
}

void bpmp_measured(const char *what, gint64 since_us, unsigned bound_ms)
{
    g_test_message("%s: %" PRId64 " ms", what,
                   (g_get_monotonic_time() - since_us) / 1000);
    bpmp_assert_below(since_us, bound_ms);
}
