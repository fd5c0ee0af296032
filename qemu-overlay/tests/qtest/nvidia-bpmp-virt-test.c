/*
 * QTest testcase for the BPMP window on the virt machine: when there is one,
 * what it needs, and what it forbids
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#if QEMU_VERSION_MAJOR >= 10
#include "qobject/qdict.h"
#else
#include "qapi/qmp/qdict.h"
#endif
#include "libqtest.h"
#include "bpmp-test.h"

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

        g_assert_false(window_exists(qts));
        qtest_quit(qts);
    }
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
        { "-machine virt,bpmp=on,bpmp-host=/dev/null "
          "-global nvidia-bpmp-guest.x-window-version=3",
          "'x-window-version' must be 1 or 2" },
        { "-machine virt,bpmp=on,bpmp-host=/dev/null "
          "-global nvidia-bpmp-guest.timeout-ms=0",
          "'timeout-ms' must not be 0" },
        { "-machine virt -device nvidia-bpmp-guest", "nvidia-bpmp-guest" },
        { "-machine virt -device tegra-hsuart", "'firmware'" },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *err = bpmp_refusal(cases[i].args);

        if (!strstr(err, cases[i].says)) {
            g_error("%s: expected '%s', got: %s", cases[i].args,
                    cases[i].says, err);
        }
    }
    if (access("/dev/bpmp-host", F_OK) < 0) {
        g_autofree char *err = bpmp_refusal("-machine virt,bpmp=on");

        g_assert_nonnull(strstr(err, "/dev/bpmp-host"));
    }
}

static void test_migration(void)
{
    BpmpPeer *peer = peer_new();
    QTestState *qts = bpmp_start(peer, "");
    QDict *rsp = qtest_qmp(qts, "{ 'execute': 'migrate', 'arguments': "
                           "{ 'uri': 'exec:cat >/dev/null' } }");

    g_assert(qdict_haskey(rsp, "error"));
    g_assert_nonnull(strstr(qdict_get_str(qdict_get_qdict(rsp, "error"),
                                          "desc"), "firmware of this host"));
    qobject_unref(rsp);
    qtest_quit(qts);
    peer_free(peer);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    qtest_add_func("/nvidia-bpmp-virt/default", test_default);
    qtest_add_func("/nvidia-bpmp-virt/missing-backend", test_missing_backend);
    qtest_add_func("/nvidia-bpmp-virt/migration", test_migration);
    return g_test_run();
}
