/*
 * The BPMP window on the virt machine: properties, creation, device tree
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/qapi-visit-common.h"
#include "qapi/visitor.h"
#include "qemu/error-report.h"
#include "hw/arm/virt.h"
#include "hw/misc/bpmp-qemu-compat.h"
#include "hw/misc/nvidia-bpmp-guest.h"

#define DEV "/dev"
#define HOST_NAME "bpmp-host"
#define HOST_DEVICE DEV "/" HOST_NAME

#define TYPE_VFIO_PLATFORM_NAME "vfio-platform"

static void bpmp_get_mode(Object *obj, Visitor *v, const char *name,
                          void *opaque, Error **errp)
{
    visit_type_OnOffAuto(v, name, &VIRT_MACHINE(obj)->bpmp.mode, errp);
}

static void bpmp_set_mode(Object *obj, Visitor *v, const char *name,
                          void *opaque, Error **errp)
{
    visit_type_OnOffAuto(v, name, &VIRT_MACHINE(obj)->bpmp.mode, errp);
}

static char *bpmp_get_host(Object *obj, Error **errp)
{
    return g_strdup(VIRT_MACHINE(obj)->bpmp.host);
}

static void bpmp_set_host(Object *obj, const char *value, Error **errp)
{
    g_free(VIRT_MACHINE(obj)->bpmp.host);
    VIRT_MACHINE(obj)->bpmp.host = g_strdup(value);
}

static char *bpmp_get_fd(Object *obj, Error **errp)
{
    return g_strdup(VIRT_MACHINE(obj)->bpmp.fd);
}

static void bpmp_set_fd(Object *obj, const char *value, Error **errp)
{
    g_free(VIRT_MACHINE(obj)->bpmp.fd);
    VIRT_MACHINE(obj)->bpmp.fd = g_strdup(value);
}

static char *bpmp_get_chardev(Object *obj, Error **errp)
{
    return g_strdup(VIRT_MACHINE(obj)->bpmp.chardev);
}

static void bpmp_set_chardev(Object *obj, const char *value, Error **errp)
{
    g_free(VIRT_MACHINE(obj)->bpmp.chardev);
    VIRT_MACHINE(obj)->bpmp.chardev = g_strdup(value);
}

void nvidia_bpmp_virt_class_init(ObjectClass *oc)
{
    machine_class_allow_dynamic_sysbus_dev(MACHINE_CLASS(oc),
                                           TYPE_TEGRA_HSUART);

    object_class_property_add(oc, "bpmp", "OnOffAuto", bpmp_get_mode,
                              bpmp_set_mode, NULL, NULL);
    object_class_property_set_description(oc, "bpmp",
        "Window to the BPMP of an NVIDIA Tegra. Auto: with a vfio-platform "
        "device, where " HOST_DEVICE " exists or a back end is named");
    object_class_property_add_str(oc, "bpmp-host", bpmp_get_host,
                                  bpmp_set_host);
    object_class_property_set_description(oc, "bpmp-host",
        "BPMP back end: character device of the host's proxy");
    object_class_property_add_str(oc, "bpmp-fd", bpmp_get_fd, bpmp_set_fd);
    object_class_property_set_description(oc, "bpmp-fd",
        "BPMP back end: open descriptor of such a device");
    object_class_property_add_str(oc, "bpmp-chardev", bpmp_get_chardev,
                                  bpmp_set_chardev);
    object_class_property_set_description(oc, "bpmp-chardev",
        "BPMP back end: chardev of a firmware model");
}

static void bpmp_add_node(void *fdt, hwaddr base)
{
    static const char compatible[] =
        "nvidia,tegra234-bpmp\0nvidia,tegra186-bpmp";
    const char *node = "/bpmp";

    qemu_fdt_add_subnode(fdt, node);
    qemu_fdt_setprop(fdt, node, "compatible", compatible, sizeof(compatible));
    qemu_fdt_setprop_sized_cells(fdt, node, "virtual-pa", 2, base);
    qemu_fdt_setprop_cell(fdt, node, "#clock-cells", 1);
    qemu_fdt_setprop_cell(fdt, node, "#reset-cells", 1);
    qemu_fdt_setprop_cell(fdt, node, "#power-domain-cells", 1);
    qemu_fdt_setprop_string(fdt, node, "status", "okay");
    qemu_fdt_setprop_cell(fdt, node, "phandle", qemu_fdt_alloc_phandle(fdt));
}

static bool bpmp_backend_named(const NvidiaBpmpVirt *s)
{
    return s->host || s->fd || s->chardev;
}

static bool bpmp_set_backend(const NvidiaBpmpVirt *s, DeviceState *dev,
                             Error **errp)
{
    Object *obj = OBJECT(dev);

    if (!bpmp_backend_named(s)) {
        return object_property_set_str(obj, "host", HOST_DEVICE, errp);
    }
    return (!s->host || object_property_set_str(obj, "host", s->host, errp)) &&
           (!s->fd || object_property_set_str(obj, "fd", s->fd, errp)) &&
           (!s->chardev ||
            object_property_set_str(obj, "chardev", s->chardev, errp));
}

/* Two devices at one place would not be seen: one hides the other. */
static bool bpmp_place_is_free(hwaddr base, Error **errp)
{
    MemoryRegionSection there = memory_region_find(get_system_memory(), base,
                                                   NVIDIA_BPMP_GUEST_SIZE);

    if (!there.mr) {
        return true;
    }
    error_setg(errp, "The BPMP's window is at 0x%" HWADDR_PRIx ", where this "
               "machine has '%s'", base, memory_region_name(there.mr));
    error_append_hint(errp, "ACPI PCI hotplug is there where acpi-ged has "
                      "acpi-pci-hotplug-with-bridge-support=on: leave it off, "
                      "or the window with bpmp=off.\n");
    memory_region_unref(there.mr);
    return false;
}

static void bpmp_create(NvidiaBpmpVirt *s, hwaddr base, void *fdt,
                        Error **errp)
{
    ERRP_GUARD();
    DeviceState *dev;

    s->made = true;
    if (!bpmp_place_is_free(base, errp)) {
        return;
    }
    if (current_machine->dumpdtb) {
        /* It ends with the tree, which is the same on every host. */
        bpmp_add_node(fdt, base);
        return;
    }
    dev = qdev_new(TYPE_NVIDIA_BPMP_GUEST);
    if (!bpmp_set_backend(s, dev, errp)) {
        object_unref(OBJECT(dev));
        return;
    }
    if (!sysbus_realize_and_unref(SYS_BUS_DEVICE(dev), errp)) {
        return;
    }
    sysbus_mmio_map(SYS_BUS_DEVICE(dev), 0, base);
    bpmp_add_node(fdt, base);
}

/* No window by default, although the host has a way to its BPMP. */
static void bpmp_warn_of_others(void)
{
    g_autoptr(GDir) dev = g_dir_open(DEV, 0, NULL);
    const char *name;

    while (dev && (name = g_dir_read_name(dev))) {
        if (g_str_has_prefix(name, HOST_NAME "-")) {
            warn_report_once("bpmp: the machine has no window to the BPMP: "
                             "there is no " HOST_DEVICE ", but there is "
                             DEV "/%s; if that is this machine's, say "
                             "-M virt,bpmp-host=" DEV "/%s", name, name);
            return;
        }
    }
}

static void bpmp_machine_done(Notifier *notifier, void *data)
{
    NvidiaBpmpVirt *s = container_of(notifier, NvidiaBpmpVirt, machine_done);

    nvidia_tegra_check_tree(current_machine->dtb, s->made, s->base);
}

void nvidia_bpmp_virt_init(NvidiaBpmpVirt *s, hwaddr base, void *fdt)
{
    s->base = base;
    if (current_machine->dtb) {
        s->machine_done.notify = bpmp_machine_done;
        qemu_add_machine_init_done_notifier(&s->machine_done);
    }
    if (s->mode == ON_OFF_AUTO_ON) {
        bpmp_create(s, base, fdt, &error_fatal);
    }
}

void nvidia_bpmp_virt_plug(NvidiaBpmpVirt *s, hwaddr base, void *fdt,
                           DeviceState *dev, Error **errp)
{
    if (s->mode != ON_OFF_AUTO_AUTO || s->made ||
        !object_dynamic_cast(OBJECT(dev), TYPE_VFIO_PLATFORM_NAME)) {
        return;
    }
    if (bpmp_backend_named(s) || access(HOST_DEVICE, F_OK) == 0) {
        bpmp_create(s, base, fdt, errp);
    } else {
        bpmp_warn_of_others();
    }
}
