/*
 * QTest testcase for the BPMP guest window: request blocks of version 2
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "libqtest.h"
#include "bpmp-test.h"

static void test_block(void)
{
    BpmpPeer *peer = peer_new();
    QTestState *qts = bpmp_start(peer, "");
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
    QTestState *qts = bpmp_start(peer, "");

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
    QTestState *qts = bpmp_start(peer, "");
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

/* Memory that cannot be written, however good the block in it is. */
static void test_block_in_rom(void)
{
    BpmpPeer *peer = peer_new();
    g_autofree char *rom = g_strdup_printf("%s.rom", peer_path(peer));
    g_autofree char *args = g_strdup_printf(
        "-machine highmem=off -device virtio-net-pci,addr=2,romfile=%s", rom);
    uint8_t image[4096] = {};
    QTestState *qts;

    stl_le_p(image + 256 + BPMP_BLOCK_MRQ, 22);
    stl_le_p(image + 256 + BPMP_BLOCK_STATUS, SENTINEL);
    g_assert(g_file_set_contents(rom, (char *)image, sizeof(image), NULL));
    qts = bpmp_start(peer, args);
    bpmp_pci_map(qts, 2, BPMP_PCI_ROM, PCI_PLACE);
    g_assert_cmphex(qtest_readl(qts, PCI_PLACE + 256), ==, 22);
    qtest_writeq(qts, DOORBELL, PCI_PLACE + 256);
    g_assert_cmpuint(peer_total(peer), ==, 0);
    g_assert_cmphex(qtest_readl(qts, PCI_PLACE + 256 + BPMP_BLOCK_STATUS), ==,
                    SENTINEL);

    qtest_quit(qts);
    unlink(rom);
    peer_free(peer);
}

static void test_doorbell(void)
{
    BpmpPeer *peer = peer_new();
    QTestState *qts = bpmp_start(peer, "");

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

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    qtest_add_func("/nvidia-bpmp-guest/v2/transfer", test_block);
    qtest_add_func("/nvidia-bpmp-guest/v2/refused", test_block_refused);
    qtest_add_func("/nvidia-bpmp-guest/v2/outside-ram", test_block_outside_ram);
    qtest_add_func("/nvidia-bpmp-guest/v2/in-rom", test_block_in_rom);
    qtest_add_func("/nvidia-bpmp-guest/v2/doorbell", test_doorbell);
    return g_test_run();
}
