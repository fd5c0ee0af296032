/*
 * QTest testcase for the BPMP back end that asks the host's kernel
 *
 * BPMP_TEST_FAKE_VFIO names a library that plays a passed-through device.
 * BPMP_TEST_HOST_SHIM names a library that plays /dev/bpmp-host in a QEMU that
 * is started with it; nothing is tested without.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "libqtest.h"
#include "bpmp-test.h"
#include "bpmp-guest-code.h"

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

#define COMPATIBLE_WRITE "-global nvidia-bpmp-guest.compatible-write=on"

static void test_host(gconstpointer mode)
{
    Host host;
    bool with_ioctl = g_str_equal(mode, "ioctl");
    QTestState *qts = start_host(&host, mode,
                                 with_ioctl ? "" : COMPATIBLE_WRITE);
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
    g_assert_cmpint(block_request(qts, PEER_TOO_LONG, 0), ==, -EIO);
    g_assert_cmphex(qtest_readl(qts, BLOCK + BPMP_BLOCK_RX), ==, 0xeeeeeeee);
    /* Nothing of these may leave. */
    g_assert_cmpint(window_transfer(qts, 23, tx, 1536, 4), ==, -EINVAL);
    g_assert_cmpint(window_transfer(qts, 23, tx, 4, 4096), ==, -EINVAL);
    g_assert_cmpint(window_request(qts, 0x7fff0001, 0), ==, -EINVAL);

    bpmp_machine_reset(qts);
    g_assert_cmpint(block_request(qts, 24, 9), ==, 0);
    qtest_quit(qts);

    log = host_log(&host);
    g_assert_true(g_str_has_prefix(log, "open cloexec=1 rdwr=1\n"));
    g_assert_cmpuint(occurrences(log, "open"), ==, 1);
    g_assert_cmpuint(occurrences(log, "begin mrq=23"), ==, 0);
    g_assert_cmpuint(occurrences(log, "reset begin"), ==, with_ioctl);
    if (with_ioctl) {
        g_assert(strstr(log, "mrq=202") < strstr(log, "reset"));
        g_assert(strstr(log, "reset") < strstr(log, "mrq=24"));
        g_assert_null(strstr(log, "write"));
    }
    host_cleanup(&host);
}

/* A descriptor that whoever started QEMU has opened, without close-on-exec. */
static void test_host_fd(gconstpointer format)
{
    Host host;
    QTestState *qts;
    int fd = open("/dev/null", O_RDWR);
    g_autofree char *number = g_strdup_printf("%d", fd);
    g_auto(GStrv) words = g_strsplit(format, "FD", 2);
    g_autofree char *args = g_strjoinv(number, words);
    g_autofree char *log = NULL;

    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(fcntl(fd, F_GETFD), ==, 0);
    host_init(&host, "ioctl");
    g_setenv("BPMP_SHIM_FD", number, true);
    qts = qtest_initf("-machine virt,bpmp=on,%s -m 64 -nodefaults", args);
    g_unsetenv("BPMP_SHIM_FD");
    g_unsetenv("LD_PRELOAD");
    g_assert_cmpint(window_request(qts, PEER_RET, -77), ==, -77);
    qtest_quit(qts);
    close(fd);

    log = host_log(&host);
    g_assert_true(g_str_has_prefix(log, "info cloexec=1\n"));
    g_assert_cmpuint(occurrences(log, "begin mrq=202"), ==, 1);
    host_cleanup(&host);
}

/* A device that cannot be used: which one, why, and what to do. */
static void test_host_refused(gconstpointer mode)
{
    static const char *const says[][2] = {
        { "busy", "Another program has it open" },
        { "denied", "run as that user, or pass an open file" },
        { "newer", "speaks version 3 of the interface" },
    };
    Host host;
    g_autofree char *args = NULL;
    g_autofree char *err = NULL;

    host_init(&host, mode);
    args = g_strdup_printf("-machine virt,bpmp=on,bpmp-host=%s", host.path);
    err = bpmp_refusal(args);
    g_unsetenv("LD_PRELOAD");
    g_assert_nonnull(strstr(err, host.path));
    for (unsigned i = 0; i < G_N_ELEMENTS(says); i++) {
        g_assert(!strstr(err, says[i][1]) == !g_str_equal(mode, says[i][0]));
    }
    host_cleanup(&host);
}

/*
 * A request by write() has addresses of this program in it: only a driver that
 * does not know the ioctl gets one, and only where that is asked for.
 */
static void test_host_write_refused(gconstpointer mode)
{
    static const char *const words[] = { "", COMPATIBLE_WRITE };

    for (unsigned i = 0; i < G_N_ELEMENTS(words); i++) {
        Host host;
        g_autofree char *args = NULL;
        g_autofree char *err = NULL;
        g_autofree char *log = NULL;

        if (i && g_str_equal(mode, "write56")) {
            continue;
        }
        host_init(&host, mode);
        args = g_strdup_printf("-machine virt,bpmp=on,bpmp-host=%s %s",
                               host.path, words[i]);
        err = bpmp_refusal(args);
        g_unsetenv("LD_PRELOAD");
        g_assert_nonnull(strstr(err, "does not answer like a BPMP"));
        g_assert(!strstr(err, "compatible-write=on") ==
                 !g_str_equal(mode, "write56"));
        log = host_log(&host);
        g_assert_null(strstr(log, "write"));
        g_assert_null(strstr(log, "begin"));
        host_cleanup(&host);
    }
}

/*
 * What was given up on does not happen later. A reset waits for what the
 * kernel is still at, and nothing overtakes it.
 */
static void test_host_given_up(void)
{
    Host host;
    QTestState *qts = start_host(&host, "ioctl",
                                 "-global nvidia-bpmp-guest.timeout-ms=2000");
    g_autofree char *log = NULL;

    /*
     * Two threads, one for the CPU and one for a reset, are inside until the
     * reset of the machine has waited in vain.
     */
    g_assert_cmpint(window_request(qts, PEER_SLEEP, 7500), ==, -ETIMEDOUT);
    g_assert_cmpint(window_request(qts, PEER_SLEEP, 5500), ==, -ETIMEDOUT);
    g_assert_cmpint(block_request(qts, 33, 0), ==, -ETIMEDOUT);
    bpmp_machine_reset(qts);
    g_assert_cmpint(block_request(qts, 24, 9), ==, 0);
    qtest_quit(qts);

    log = host_log(&host);
    g_assert_cmpuint(occurrences(log, "end mrq=200"), ==, 2);
    g_assert_null(strstr(log, "begin mrq=33"));
    g_assert_cmpuint(occurrences(log, "reset begin"), ==, 1);
    g_assert(g_strrstr(log, "end mrq=200") < strstr(log, "reset"));
    g_assert(strstr(log, "reset end") < strstr(log, "begin mrq=24"));
    host_cleanup(&host);
}

#define DEVICE_PLACE 0x0c000000

/* Registers of a passed-through device cannot hold a block. */
static void test_host_block_in_device(void)
{
    BpmpPeer *peer = peer_new();
    FakeVfio fake;
    QTestState *qts;

    fake_vfio_init(&fake);
    g_setenv("LD_PRELOAD", getenv("BPMP_TEST_FAKE_VFIO"), true);
    qts = bpmp_start(peer, fake.args);
    g_unsetenv("LD_PRELOAD");

    block_write(qts, DEVICE_PLACE, 22, 0, 4, 4, 7);
    g_assert_cmphex(qtest_readl(qts, DEVICE_PLACE), ==, 22);
    qtest_writeq(qts, DOORBELL, DEVICE_PLACE);
    g_assert_cmpuint(peer_total(peer), ==, 0);
    g_assert_cmphex(qtest_readl(qts, DEVICE_PLACE + BPMP_BLOCK_STATUS), ==,
                    SENTINEL);
    qtest_quit(qts);
    fake_vfio_cleanup(&fake);
    peer_free(peer);
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
    g_assert_false(window_exists(qts));
    qtest_quit(qts);
    g_assert_cmpint(access(host.log, F_OK), <, 0);
    host_cleanup(&host);
}

/* Two CPUs sleep in the kernel side by side, and the monitor answers. */
static void test_host_slow(void)
{
    Host host;
    QTestState *qts = start_host(&host, "ioctl", GUEST_ARGS);
    g_autofree char *log = NULL;
    gint64 asked;

    guest_write(qts, BLOCK_2);
    block_write(qts, BLOCK, PEER_SLEEP, 0, 4, 4, 5000);
    block_write(qts, BLOCK_2, PEER_SLEEP, 0, 4, 4, 5000);
    guest_cont(qts);
    do {
        g_free(log);
        g_usleep(10 * 1000);
        log = host_log(&host);
    } while (occurrences(log, "begin mrq=200") < 2);
    g_assert_cmpuint(occurrences(log, "end mrq=200"), ==, 0);

    asked = g_get_monotonic_time();
    qtest_qmp_assert_success(qts, "{ 'execute': 'query-status' }");
    bpmp_measured("QMP while the host's device sleeps", asked, 1000);
    g_assert_cmpuint(guest_count(qts, CONTEXT_0), ==, 0);

    guest_wait_counting(qts, CONTEXT_0);
    guest_wait_counting(qts, CONTEXT_1);
    g_assert_cmpint(qtest_readl(qts, BLOCK + BPMP_BLOCK_STATUS), ==, 0);
    g_assert_cmpint(qtest_readl(qts, BLOCK_2 + BPMP_BLOCK_STATUS), ==, 0);
    qtest_quit(qts);
    host_cleanup(&host);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    if (getenv("BPMP_TEST_HOST_SHIM")) {
        qtest_add_data_func("/bpmp-backend-host/ioctl", "ioctl", test_host);
        qtest_add_data_func("/bpmp-backend-host/write56", "write56",
                            test_host);
        qtest_add_data_func("/bpmp-backend-host/write48", "write48",
                            test_host);
        qtest_add_data_func("/bpmp-backend-host/fd", "bpmp-fd=FD",
                            test_host_fd);
        qtest_add_data_func("/bpmp-backend-host/fdset",
                            "bpmp-host=/dev/fdset/2 -add-fd set=2,fd=FD",
                            test_host_fd);
        qtest_add_data_func("/bpmp-backend-host/busy", "busy",
                            test_host_refused);
        qtest_add_data_func("/bpmp-backend-host/denied", "denied",
                            test_host_refused);
        qtest_add_data_func("/bpmp-backend-host/newer", "newer",
                            test_host_refused);
        qtest_add_data_func("/bpmp-backend-host/write-unasked", "write56",
                            test_host_write_refused);
        qtest_add_data_func("/bpmp-backend-host/write-elsewhere", "odd",
                            test_host_write_refused);
        qtest_add_func("/bpmp-backend-host/given-up", test_host_given_up);
        qtest_add_func("/bpmp-backend-host/introspection",
                       test_host_introspection);
        if (qtest_has_accel("tcg")) {
            qtest_add_func("/bpmp-backend-host/slow", test_host_slow);
        }
    }
    if (getenv("BPMP_TEST_FAKE_VFIO")) {
        qtest_add_func("/bpmp-backend-host/block-in-device",
                       test_host_block_in_device);
    }
    return g_test_run();
}
