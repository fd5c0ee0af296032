/*
 * QTest testcase for the BPMP window on the virt machine: when there is one,
 * what it needs, and what it forbids
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
        { "-machine virt -device bpmp-frontend", "bpmp-frontend" },
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

/* Where the tree has the window's place, or NULL */
static uint8_t *virtual_pa(char *tree, size_t size)
{
    uint8_t place[8];

    stq_be_p(place, NVIDIA_BPMP_GUEST_BASE);
    return memmem(tree, size, place, sizeof(place));
}

/* A tree is made where there is no BPMP, as for a machine elsewhere. */
static void test_dump_tree(void)
{
    BpmpPeer *peer = peer_new();
    g_autofree char *file = g_strdup_printf("%s.dtb", peer_path(peer));
    g_autofree char *tree = NULL;
    size_t size;

    tree = bpmp_dump_tree("virt,bpmp=on,bpmp-host=/nonexistent/bpmp-host",
                          file, &size);
    g_assert_nonnull(virtual_pa(tree, size));
    unlink(file);
    peer_free(peer);
}

/* A tree of the user's that is another machine's */
static void test_user_tree(void)
{
    static const struct {
        const char *machine;
        bool moved;
        const char *warns;
    } cases[] = {
        { "virt,bpmp=on", false, NULL },
        { "virt,bpmp=on", true, "looks for the window to the BPMP at 0x1000" },
        { "virt,bpmp=off", false, "wants a window to the BPMP at" },
        { "virt", false, "and the machine has none" },
    };
    BpmpPeer *peer = peer_new();
    g_autofree char *file = g_strdup_printf("%s.dtb", peer_path(peer));
    g_autofree char *bare = g_strdup_printf("%s.bare", peer_path(peer));
    g_autofree char *args = g_strdup_printf(
        "-machine virt,bpmp=on,bpmp-chardev=fw -chardev socket,id=fw,path=%s "
        "-dtb %s", peer_path(peer), bare);
    g_autofree char *tree = NULL;
    g_autofree char *said = NULL;
    size_t size;

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *line = g_strdup_printf(
            "-machine %s,bpmp-chardev=fw -chardev socket,id=fw,path=%s "
            "-dtb %s", cases[i].machine, peer_path(peer), file);
        g_autofree char *err = NULL;

        g_free(tree);
        tree = bpmp_dump_tree("virt,bpmp=on", file, &size);
        if (cases[i].moved) {
            stq_be_p(virtual_pa(tree, size), 0x1000);
            g_assert(g_file_set_contents(file, tree, size, NULL));
        }
        err = bpmp_warnings(line);
        if (!strstr(err, cases[i].warns ?: "bpmp:") == !!cases[i].warns) {
            g_error("%s: expected '%s', got: %s", line, cases[i].warns, err);
        }
    }

    g_free(bpmp_dump_tree("virt", bare, &size));
    said = bpmp_warnings(args);
    g_assert_nonnull(strstr(said, "has virtual-pa"));
    unlink(file);
    unlink(bare);
    peer_free(peer);
}

/* The guest's name of the UART is not always that of the documentation. */
static void test_uart_name(void)
{
    BpmpPeer *peer = peer_new();
    g_autofree char *args = g_strdup_printf(
        "-machine virt,bpmp=on,bpmp-chardev=fw -chardev socket,id=fw,path=%s "
        "-chardev socket,id=line,path=%s -chardev null,id=uart "
        "-device tegra-hsuart,chardev=uart,firmware=line",
        peer_path(peer), peer_path(peer));
    g_autofree char *err = bpmp_warnings(args);

    const bool other = strstr(err, "ttyTHS1, not ttyTHS0");

    /* Of newer machines the PL011 has the first number. */
    g_assert(other == (QEMU_VERSION_MAJOR >= 9));
    peer_free(peer);
}

/* The host has a way to its BPMP, only not by the name looked for. */
static void test_other_host_device(void)
{
    FakeVfio fake;
    g_autofree char *dev = g_dir_make_tmp("bpmp-dev-XXXXXX", NULL);
    g_autofree char *node = g_strdup_printf("%s/bpmp-host-uart-vm", dev);
    g_autofree char *preload = g_strdup_printf(
        "%s:%s", getenv("BPMP_TEST_FAKE_VFIO"), getenv("BPMP_TEST_HOST_SHIM"));
    g_autofree char *args = NULL;

    fake_vfio_init(&fake);
    args = g_strdup_printf("-machine virt %s", fake.args);
    g_setenv("LD_PRELOAD", preload, true);
    g_setenv("BPMP_SHIM_DEV", dev, true);
    for (unsigned i = 0; i < 2; i++) {
        g_autofree char *err = bpmp_warnings(args);

        g_assert(!strstr(err, "-M virt,bpmp-host=/dev/bpmp-host-uart-vm") ==
                 (i == 0));
        g_assert(g_file_set_contents(node, "", 0, NULL));
    }
    g_unsetenv("LD_PRELOAD");
    unlink(node);
    rmdir(dev);
    fake_vfio_cleanup(&fake);
}

#if QEMU_VERSION_MAJOR > 10 || \
    (QEMU_VERSION_MAJOR == 10 && QEMU_VERSION_MINOR >= 1)
#define PLACE_MAY_BE_TAKEN

/*
 * ACPI PCI hotplug has the window's place where a machine asks for it, which
 * only one with firmware can: any file does for that.
 */
static void test_place(void)
{
    static const char hotplug[] =
        "-global acpi-ged.acpi-pci-hotplug-with-bridge-support=on";
    g_autofree char *bios = NULL;
    g_autofree char *with = NULL;
    g_autofree char *without = NULL;
    g_autofree char *err = NULL;
    BpmpPeer *peer = peer_new();
    QTestState *qts;
    int fd = g_file_open_tmp("bpmp-bios-XXXXXX", &bios, NULL);

    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(ftruncate(fd, 4096), ==, 0);
    close(fd);

    with = g_strdup_printf("-machine virt,bpmp=on,bpmp-host=/dev/null "
                           "-nodefaults -bios %s %s", bios, hotplug);
    err = bpmp_refusal(with);
    g_assert_nonnull(strstr(err, "window is at 0x90c0000"));
    g_assert_nonnull(strstr(err, "acpi-pci-hotplug-with-bridge-support"));

    without = g_strdup_printf("-machine virt,bpmp=off -nodefaults -bios %s %s",
                              bios, hotplug);
    qts = qtest_init(without);
    g_assert_false(window_exists(qts));
    qtest_quit(qts);

    g_free(without);
    without = g_strdup_printf("-bios %s", bios);
    qts = bpmp_start(peer, without);
    g_assert_true(window_exists(qts));
    qtest_quit(qts);
    peer_free(peer);
    unlink(bios);
}
#endif

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

/* What the firmware answers is not recorded. */
static void test_replay(void)
{
    BpmpPeer *peer = peer_new();
    g_autofree char *args = g_strdup_printf(
        "-accel tcg -icount shift=1,rr=record,rrfile=%s.replay "
        "-machine virt,bpmp=on,bpmp-chardev=fw -chardev socket,id=fw,path=%s",
        peer_path(peer), peer_path(peer));
    g_autofree char *err = bpmp_refusal(args);
    g_autofree char *file = g_strdup_printf("%s.replay", peer_path(peer));

    g_assert_nonnull(strstr(err, "Record/replay is not supported with "
                                 "nvidia-bpmp-guest"));
    unlink(file);
    peer_free(peer);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    qtest_add_func("/nvidia-bpmp-virt/default", test_default);
    qtest_add_func("/nvidia-bpmp-virt/missing-backend", test_missing_backend);
#ifdef PLACE_MAY_BE_TAKEN
    qtest_add_func("/nvidia-bpmp-virt/place", test_place);
#endif
    qtest_add_func("/nvidia-bpmp-virt/migration", test_migration);
    if (qtest_has_accel("tcg")) {
        qtest_add_func("/nvidia-bpmp-virt/replay", test_replay);
    }
    qtest_add_func("/nvidia-bpmp-virt/dump-tree", test_dump_tree);
    qtest_add_func("/nvidia-bpmp-virt/user-tree", test_user_tree);
    qtest_add_func("/nvidia-bpmp-virt/uart-name", test_uart_name);
    if (getenv("BPMP_TEST_FAKE_VFIO") && getenv("BPMP_TEST_HOST_SHIM")) {
        qtest_add_func("/nvidia-bpmp-virt/other-host-device",
                       test_other_host_device);
    }
    return g_test_run();
}
