/*
 * Device tree nodes for Tegra devices on the platform bus
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include <libfdt.h>
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/error-report.h"
#include "hw/arm/fdt.h"
#include "hw/misc/bpmp-qemu-compat.h"
#include "hw/misc/nvidia-bpmp-guest.h"
#ifdef CONFIG_LINUX
#include <linux/vfio.h>
#if BPMP_QEMU_AT_LEAST(10, 2)
#include "hw/misc/bpmp-vfio-platform.h"
#else
#include "hw/vfio/vfio-platform.h"
#endif
#endif

#define HOST_TREE "/sys/firmware/devicetree/base"

/* phandle of the guest's BPMP, or 0 where the machine has none */
static uint32_t guest_bpmp(const void *fdt)
{
    int offset = fdt_path_offset(fdt, "/bpmp");

    return offset < 0 ? 0 : fdt_get_phandle(fdt, offset);
}

static bool node_enabled(const void *fdt, int offset)
{
    const char *status = fdt_getprop(fdt, offset, "status", NULL);

    return !status || g_str_has_prefix(status, "ok");
}

void nvidia_tegra_check_tree(const char *file, bool window, hwaddr base)
{
    int size;
    /* Whoever loads it for the guest says why that cannot be done. */
    g_autofree void *fdt = load_device_tree(file, &size);
    bool found = false;

    for (int offset = fdt ? fdt_next_node(fdt, -1, NULL) : -1; offset >= 0;
         offset = fdt_next_node(fdt, offset, NULL)) {
        int len;
        const void *place = fdt_getprop(fdt, offset, "virtual-pa", &len);

        if (!place || !node_enabled(fdt, offset)) {
            continue;
        }
        found = true;
        if (len != sizeof(uint64_t)) {
            warn_report("bpmp: %s: virtual-pa has %d bytes, not 8", file, len);
        } else if (!window) {
            warn_report("bpmp: %s wants a window to the BPMP at 0x%" PRIx64
                        ", and the machine has none (-M virt,bpmp=on)", file,
                        ldq_be_p(place));
        } else if (ldq_be_p(place) != base) {
            warn_report("bpmp: %s looks for the window to the BPMP at 0x%"
                        PRIx64 ", and the machine has it at 0x%" HWADDR_PRIx,
                        file, ldq_be_p(place), base);
        }
    }
    if (fdt && window && !found) {
        warn_report("bpmp: no node of %s has virtual-pa: the guest does not "
                    "find the machine's window at 0x%" HWADDR_PRIx, file,
                    base);
    }
}

/*
 * The driver of these UARTs refuses one without a number, and takes it for
 * its name.
 */
static void add_serial_alias(void *fdt, const char *node)
{
    static unsigned uarts;
    int offset = fdt_path_offset(fdt, "/aliases");

    if (offset < 0) {
        qemu_fdt_add_subnode(fdt, "/aliases");
        offset = fdt_path_offset(fdt, "/aliases");
    }
    for (unsigned i = 0; ; i++) {
        g_autofree char *name = g_strdup_printf("serial%u", i);

        if (!fdt_getprop(fdt, offset, name, NULL)) {
            qemu_fdt_setprop_string(fdt, "/aliases", name, node);
            if (i != uarts) {
                warn_report("bpmp: the guest calls %s ttyTHS%u, not ttyTHS%u: "
                            "serial0 is the machine's own", node, i, uarts);
            }
            uarts++;
            return;
        }
    }
}

int nvidia_tegra_add_hsuart_node(SysBusDevice *sbdev, PlatformBusDevice *pbus,
                                 void *fdt, const char *parent, int irq_start)
{
    hwaddr base = platform_bus_get_mmio_addr(pbus, sbdev, 0);
    uint64_t size = memory_region_size(sysbus_mmio_get_region(sbdev, 0));
    int irq = platform_bus_get_irqn(pbus, sbdev, 0) + irq_start;
    uint32_t bpmp = guest_bpmp(fdt);
    g_autofree char *node = g_strdup_printf("%s/serial@%" PRIx64, parent,
                                            base);

    qemu_fdt_add_subnode(fdt, node);
    qemu_fdt_setprop_string(fdt, node, "compatible", "nvidia,tegra194-hsuart");
    qemu_fdt_setprop_cells(fdt, node, "reg", base, size);
    qemu_fdt_setprop_cells(fdt, node, "interrupts", GIC_FDT_IRQ_TYPE_SPI, irq,
                           GIC_FDT_IRQ_FLAGS_LEVEL_HI);
    if (bpmp) {
        uint32_t clock = object_property_get_uint(OBJECT(sbdev), "clock",
                                                  &error_abort);
        uint32_t reset = object_property_get_uint(OBJECT(sbdev), "reset",
                                                  &error_abort);

        qemu_fdt_setprop_cells(fdt, node, "clocks", bpmp, clock);
        qemu_fdt_setprop_string(fdt, node, "clock-names", "serial");
        qemu_fdt_setprop_cells(fdt, node, "resets", bpmp, reset);
        qemu_fdt_setprop_string(fdt, node, "reset-names", "serial");
    } else {
        warn_report(TYPE_TEGRA_HSUART " without clock and reset in the device "
                    "tree: the machine has no BPMP (-M virt,bpmp=on)");
    }
    qemu_fdt_setprop_string(fdt, node, "status", "okay");
    add_serial_alias(fdt, node);
    return 0;
}

#ifdef CONFIG_LINUX

/* Settings that mean the same in any tree: none of them refers to a node. */
static const char *const copied[] = {
    "compatible", "reg-names", "interrupt-names", "reg-shift", "reg-io-width",
    "clock-frequency", "current-speed", "dma-coherent", "phy-mode",
    "#address-cells", "#size-cells", "#pwm-cells",
};

/* Properties that point to providers, with the names of their entries. */
static const struct {
    const char *list;
    const char *cells;
    const char *names;
} lists[] = {
    { "clocks", "#clock-cells", "clock-names" },
    { "resets", "#reset-cells", "reset-names" },
    { "power-domains", "#power-domain-cells", "power-domain-names" },
};

static bool is_uart(const VFIOPlatformDevice *vdev)
{
    const char *compat = vdev->compat;

    for (unsigned i = 0; i < vdev->num_compat; i++) {
        if (g_str_has_suffix(compat, "uart")) {
            return true;
        }
        compat += strlen(compat) + 1;
    }
    return false;
}

bool nvidia_tegra_is_vfio(SysBusDevice *sbdev)
{
    VFIOPlatformDevice *vdev = VFIO_PLATFORM_DEVICE(sbdev);
    const char *compat = vdev->compat;

    for (unsigned i = 0; i < vdev->num_compat; i++) {
        if (g_str_has_prefix(compat, "nvidia,")) {
            return true;
        }
        compat += strlen(compat) + 1;
    }
    return false;
}

/* Path of the device's node in the host's tree; exits where it has none. */
static char *host_node_path(const VFIOPlatformDevice *vdev)
{
    g_autofree char *link = g_strdup_printf("%s/of_node",
                                            vdev->vbasedev.sysfsdev);
    g_autofree char *real = realpath(link, NULL);

    if (!real || !g_str_has_prefix(real, HOST_TREE "/")) {
        error_report("vfio-platform: no device tree node of %s in the host; "
                     "give the guest's device tree with -dtb",
                     vdev->vbasedev.name);
        exit(1);
    }
    return g_strdup(real + strlen(HOST_TREE));
}

/*
 * Copy those entries of a provider list whose provider is the BPMP. What
 * makes no sense ends the list: the tree is the host's, but not to be trusted
 * to be well-formed.
 */
static void copy_bpmp_list(const void *host, int node, void *guest,
                           const char *guest_node, uint32_t bpmp,
                           unsigned which)
{
    g_autoptr(GArray) out = g_array_new(false, false, sizeof(uint32_t));
    g_autoptr(GString) names = g_string_new(NULL);
    int len = 0;
    const fdt32_t *in = fdt_getprop(host, node, lists[which].list, &len);
    int cells = in ? len / sizeof(*in) : 0;

    for (int i = 0, entry = 0; i < cells; entry++) {
        uint32_t phandle = fdt32_to_cpu(in[i++]);
        int provider = fdt_node_offset_by_phandle(host, phandle);
        const fdt32_t *n;
        uint32_t args;
        const char *name;

        if (provider < 0) {
            break;
        }
        n = fdt_getprop(host, provider, lists[which].cells, &len);
        args = n && len == sizeof(*n) ? fdt32_to_cpu(*n) : 0;
        if (args > cells - i) {
            break;
        }
        if (!fdt_node_check_compatible(host, provider,
                                       "nvidia,tegra186-bpmp")) {
            uint32_t to = cpu_to_be32(bpmp);

            g_array_append_val(out, to);
            g_array_append_vals(out, &in[i], args);
            name = fdt_stringlist_get(host, node, lists[which].names, entry,
                                      NULL);
            if (name) {
                g_string_append_len(names, name, strlen(name) + 1);
            }
        }
        i += args;
    }

    if (out->len) {
        qemu_fdt_setprop(guest, guest_node, lists[which].list, out->data,
                         out->len * sizeof(uint32_t));
    }
    if (names->len) {
        qemu_fdt_setprop(guest, guest_node, lists[which].names, names->str,
                         names->len);
    }
}

static bool is_level(const VFIOPlatformDevice *vdev, unsigned index)
{
#if BPMP_QEMU_AT_LEAST(10, 2)
    return vdev->irqs[index].level;
#else
    VFIOINTp *intp;

    QLIST_FOREACH(intp, &vdev->intp_list, next) {
        if (intp->pin == index) {
            return intp->flags & VFIO_IRQ_INFO_AUTOMASKED;
        }
    }
    return true;
#endif
}

static void set_reg(SysBusDevice *sbdev, PlatformBusDevice *pbus, void *fdt,
                    const char *node)
{
    g_autoptr(GArray) reg = g_array_new(false, false, sizeof(uint32_t));

    for (unsigned i = 0; sysbus_has_mmio(sbdev, i); i++) {
        uint32_t entry[] = {
            cpu_to_be32(platform_bus_get_mmio_addr(pbus, sbdev, i)),
            cpu_to_be32(memory_region_size(sysbus_mmio_get_region(sbdev, i))),
        };

        g_array_append_vals(reg, entry, ARRAY_SIZE(entry));
    }
    qemu_fdt_setprop(fdt, node, "reg", reg->data, reg->len * sizeof(uint32_t));
}

static void set_interrupts(const VFIOPlatformDevice *vdev, SysBusDevice *sbdev,
                           PlatformBusDevice *pbus, void *fdt,
                           const char *node, int irq_start)
{
    g_autoptr(GArray) irqs = g_array_new(false, false, sizeof(uint32_t));

    for (unsigned i = 0; sysbus_has_irq(sbdev, i); i++) {
        uint32_t entry[] = {
            cpu_to_be32(GIC_FDT_IRQ_TYPE_SPI),
            cpu_to_be32(platform_bus_get_irqn(pbus, sbdev, i) + irq_start),
            cpu_to_be32(is_level(vdev, i) ? GIC_FDT_IRQ_FLAGS_LEVEL_HI :
                                            GIC_FDT_IRQ_FLAGS_EDGE_LO_HI),
        };

        g_array_append_vals(irqs, entry, ARRAY_SIZE(entry));
    }
    if (irqs->len) {
        qemu_fdt_setprop(fdt, node, "interrupts", irqs->data,
                         irqs->len * sizeof(uint32_t));
    }
}

int nvidia_tegra_add_vfio_node(SysBusDevice *sbdev, PlatformBusDevice *pbus,
                               void *fdt, const char *parent, int irq_start)
{
    VFIOPlatformDevice *vdev = VFIO_PLATFORM_DEVICE(sbdev);
    hwaddr base = platform_bus_get_mmio_addr(pbus, sbdev, 0);
    g_autofree void *host = load_device_tree_from_sysfs();
    g_autofree char *path = host_node_path(vdev);
    const char *name = strrchr(path, '/') + 1;
    g_autofree char *node = g_strdup_printf("%s/%.*s@%" PRIx64, parent,
                                            (int)strcspn(name, "@"), name,
                                            base);
    uint32_t bpmp = guest_bpmp(fdt);
    int offset = fdt_path_offset(host, path);

    if (offset < 0) {
        error_report("vfio-platform: no node %s in the host's device tree",
                     path);
        exit(1);
    }

    qemu_fdt_add_subnode(fdt, node);
    for (int i = 0; i < ARRAY_SIZE(copied); i++) {
        int len;
        const void *value = fdt_getprop(host, offset, copied[i], &len);

        if (value) {
            qemu_fdt_setprop(fdt, node, copied[i], value, len);
        }
    }
    for (int i = 0; bpmp && i < ARRAY_SIZE(lists); i++) {
        copy_bpmp_list(host, offset, fdt, node, bpmp, i);
    }
    set_reg(sbdev, pbus, fdt, node);
    set_interrupts(vdev, sbdev, pbus, fdt, node, irq_start);
    qemu_fdt_setprop_string(fdt, node, "status", "okay");
    if (is_uart(vdev)) {
        add_serial_alias(fdt, node);
    }
    return 0;
}

#endif /* CONFIG_LINUX */
