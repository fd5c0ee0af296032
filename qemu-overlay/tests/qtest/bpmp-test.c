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

#define PCI_ECAM 0x3f000000
#define PCI_COMMAND 0x04

static uint64_t pci_config(unsigned slot, unsigned offset)
{
    return PCI_ECAM + (slot << 15) + offset;
}

void bpmp_pci_map(QTestState *qts, unsigned slot, unsigned bar, uint32_t addr)
{
    /* A ROM has a bit of its own that enables it. */
    qtest_writel(qts, pci_config(slot, bar), addr | (bar == BPMP_PCI_ROM));
    qtest_writew(qts, pci_config(slot, PCI_COMMAND), 2);
}

bool window_exists(QTestState *qts)
{
    char *tree = qtest_hmp(qts, "info mtree");
    bool found = strstr(tree, "nvidia-bpmp-guest");

    g_free(tree);
    return found;
}

static char *run_qemu(const char *args, int want)
{
    const char *qemu = getenv("QTEST_QEMU_BINARY");
    g_autofree char *line = g_strdup_printf(
        "timeout 60 %s -display none -nodefaults %s -S %s", qemu,
        strstr(args, "-accel ") ? "" : "-accel qtest", args);
    char *err = NULL;
    int status = 0;

    g_assert(g_spawn_command_line_sync(line, NULL, &err, &status, NULL));
    if (!WIFEXITED(status) || WEXITSTATUS(status) != want) {
        g_error("%s: status %d: %s", args, status, err);
    }
    return err;
}

char *bpmp_refusal(const char *args)
{
    return run_qemu(args, 1);
}

char *bpmp_warnings(const char *args)
{
    /* There is nothing to load from, which is found once all is built. */
    g_autofree char *line = g_strdup_printf("%s -loadvm nothing", args);

    return run_qemu(line, 1);
}

char *bpmp_dump_tree(const char *machine, const char *file, size_t *size)
{
    g_autofree char *args = g_strdup_printf("-machine %s,dumpdtb=%s", machine,
                                            file);
    g_autofree char *said = run_qemu(args, 0);
    char *tree = NULL;

    g_assert(g_file_get_contents(file, &tree, size, NULL));
    return tree;
}

#define FAKE_NAME "1000000.memory"

void fake_vfio_init(FakeVfio *fake)
{
    g_autofree char *device = NULL;
    g_autofree char *group = NULL;
    g_autofree char *node = NULL;
    g_autofree char *compatible = NULL;
    g_autofree char *tree = NULL;
    size_t size;

    fake->dir = g_dir_make_tmp("bpmp-vfio-XXXXXX", NULL);
    g_assert_nonnull(fake->dir);
    device = g_build_filename(fake->dir, FAKE_NAME, NULL);
    group = g_build_filename(device, "iommu_group", NULL);
    node = g_build_filename(device, "of_node", NULL);
    compatible = g_build_filename(node, "compatible", NULL);
    tree = g_build_filename(fake->dir, "tree.dtb", NULL);
    g_assert_cmpint(g_mkdir_with_parents(node, 0700), ==, 0);
    g_assert_cmpint(symlink("/kernel/iommu_groups/7", group), ==, 0);
    g_assert(g_file_set_contents(compatible, "test,device", 12, NULL));
    g_free(bpmp_dump_tree("virt", tree, &size));
    g_setenv("FAKE_VFIO", FAKE_NAME ":10000/0", true);
    g_setenv("FAKE_VFIO_MMAP", "1", true);
    fake->args = g_strdup_printf("-device vfio-platform,sysfsdev=%s -dtb %s",
                                 device, tree);
}

void fake_vfio_cleanup(FakeVfio *fake)
{
    static const char *const files[] = {
        FAKE_NAME "/iommu_group", FAKE_NAME "/of_node/compatible",
        FAKE_NAME "/of_node", FAKE_NAME, "tree.dtb", "",
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *file = g_build_filename(fake->dir, files[i], NULL);

        g_assert_cmpint(remove(file), ==, 0);
    }
    g_free(fake->args);
    g_free(fake->dir);
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
