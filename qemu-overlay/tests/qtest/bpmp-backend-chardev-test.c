/*
 * QTest testcase for the BPMP back end that asks a firmware model
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "libqtest.h"
#include "bpmp-test.h"

/* Answers that make no sense end the connection, and the guest hears of it. */
static void test_malformed(void)
{
    static const uint32_t how[] = {
        PEER_TOO_LONG, PEER_HUGE, PEER_BAD_MAGIC, PEER_HANG_UP,
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(how); i++) {
        BpmpPeer *peer = peer_new();
        QTestState *qts = bpmp_start(peer, "");

        g_assert_cmpint(window_request(qts, how[i], 0), ==, -EIO);
        g_assert_cmpint(block_request(qts, 22, 0), ==, -ENODEV);
        qtest_quit(qts);
        peer_free(peer);
    }
}

static void test_timeout(void)
{
    BpmpPeer *peer = peer_new();
    /* Long enough that an answer which is sent is in time on a busy machine. */
    QTestState *qts = bpmp_start(peer,
                                 "-global nvidia-bpmp-guest.timeout-ms=3000");

    gint64 asked = g_get_monotonic_time();

    g_assert_cmpint(window_request(qts, PEER_HOLD, 1), ==, -ETIMEDOUT);
    g_assert_cmpint(g_get_monotonic_time() - asked, >=, 3000 * 1000);
    g_assert_cmpint(g_get_monotonic_time() - asked, <, 6000 * 1000);
    g_assert_cmpint(block_request(qts, PEER_HOLD, 2), ==, -ETIMEDOUT);
    peer_release(peer);
    /* The late answers are not taken for this one's. */
    g_assert_cmpint(block_request(qts, 22, 3), ==, 0);
    g_assert_cmphex(qtest_readl(qts, BLOCK + BPMP_BLOCK_RX), ==, 3);

    qtest_quit(qts);
    peer_free(peer);
}

/* Below the 20 s at which a guest complains. */
static void test_default_timeout(void)
{
    BpmpPeer *peer = peer_new();
    QTestState *qts = bpmp_start(peer, "");
    g_autofree char *tree = qtest_hmp(qts, "info qtree");

    g_assert_nonnull(strstr(tree, "timeout-ms = 8000 "));
    g_assert_nonnull(strstr(tree, "compatible-write = false"));
    qtest_quit(qts);
    peer_free(peer);
}

/*
 * A back end that never answers is not sent more and more, but one reset, so
 * that all is undone once it goes on.
 */
static void test_flood(void)
{
    BpmpPeer *peer = peer_new();
    QTestState *qts = bpmp_start(peer,
                                 "-global nvidia-bpmp-guest.timeout-ms=5");

    for (unsigned i = 0; i < 100; i++) {
        g_assert_cmpint(window_request(qts, PEER_HOLD, i), ==, -ETIMEDOUT);
    }
    for (unsigned i = 0; i < 3; i++) {
        bpmp_machine_reset(qts);
        g_assert_cmpint(window_request(qts, PEER_HOLD, 0), ==, -ETIMEDOUT);
    }
    peer_release(peer);
    peer_wait(peer, PEER_MASTER_RESET, 1);
    g_usleep(200 * 1000);
    g_assert_cmpuint(peer_count(peer, PEER_HOLD), ==, 64);
    g_assert_cmpuint(peer_count(peer, PEER_MASTER_RESET), ==, 1);

    qtest_quit(qts);
    peer_free(peer);
}

#if QEMU_VERSION_MAJOR >= 10
#define RECONNECT "reconnect-ms=100"
#else
#define RECONNECT "reconnect=1"
#endif

static int32_t request_when_connected(QTestState *qts, uint32_t mrq)
{
    gint64 deadline = g_get_monotonic_time() + 60 * G_TIME_SPAN_SECOND;
    int32_t status;

    while ((status = block_request(qts, mrq, 7)) == -ENODEV) {
        g_assert_cmpint(g_get_monotonic_time(), <, deadline);
        g_usleep(10 * 1000);
    }
    return status;
}

/* The model goes and comes back: the machine uses its new connection. */
static void test_reconnect(void)
{
    BpmpPeer *peer = peer_new();
    QTestState *qts = qtest_initf("-machine virt,bpmp=on,bpmp-chardev=fw -m 64 "
                                  "-nodefaults -chardev socket,id=fw,path=%s,"
                                  RECONNECT, peer_path(peer));

    for (unsigned i = 0; i < 2; i++) {
        g_assert_cmpint(request_when_connected(qts, 22), ==, 0);
        g_assert_cmphex(qtest_readl(qts, BLOCK + BPMP_BLOCK_RX), ==, 7);
        g_assert_cmpint(block_request(qts, PEER_HANG_UP, 0), ==, -EIO);
    }
    g_assert_cmpuint(peer_count(peer, 22), ==, 2);

    qtest_quit(qts);
    peer_free(peer);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    qtest_add_func("/bpmp-backend-chardev/malformed", test_malformed);
    qtest_add_func("/bpmp-backend-chardev/timeout", test_timeout);
    qtest_add_func("/bpmp-backend-chardev/default-timeout",
                   test_default_timeout);
    qtest_add_func("/bpmp-backend-chardev/flood", test_flood);
    qtest_add_func("/bpmp-backend-chardev/reconnect", test_reconnect);
    return g_test_run();
}
