/*
 * QTest testcase for the Tegra high-speed UART behind a firmware model
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "libqtest.h"
#include "bpmp-peer.h"

#define UART_BASE 0x0c000000
#define UART_THR (UART_BASE + (0 << 2))
#define UART_LSR (UART_BASE + (5 << 2))
#define UART_SCR (UART_BASE + (7 << 2))

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

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    qtest_add_func("/tegra-hsuart/gate", test_uart);
    qtest_add_func("/tegra-hsuart/without-model", test_uart_without_model);
    return g_test_run();
}
