/*
 * Platform devices of the host, given to the machine with VFIO
 *
 * For a QEMU that has no such device of its own any more, with the properties
 * that it had.
 *
 * The guest's accesses go straight to the device's registers. Its interrupts
 * come from the host through eventfds, which KVM turns into interrupts of the
 * guest where it can. Elsewhere QEMU does. It cannot see when the guest ends
 * an interrupt, so while the line of a level is up it takes the registers out
 * of the memory map: the next access is taken for the end of the interrupt.
 * If it was not, the host sends the same interrupt again.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include CONFIG_DEVICES /* CONFIG_IOMMUFD */
#include <linux/vfio.h>
#include "qemu/error-report.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "hw/misc/bpmp-vfio-platform.h"
#include "migration/vmstate.h"
#include "system/iommufd.h"
#include "trace.h"

#define SYSFS_DEVICES "/sys/bus/platform/devices/"

/* This place among vfio's types of devices was always this device's. */
#define VFIO_DEVICE_TYPE_PLATFORM 1

static void set_mmaps(VFIOPlatformDevice *vdev, bool enabled)
{
    for (unsigned i = 0; i < vdev->vbasedev.num_initial_regions; i++) {
        vfio_region_mmaps_set_enabled(&vdev->regions[i], enabled);
    }
}

static bool any_raised(const VFIOPlatformDevice *vdev)
{
    for (unsigned i = 0; i < vdev->vbasedev.num_irqs; i++) {
        if (vdev->irqs[i].raised) {
            return true;
        }
    }
    return false;
}

static void start_timer(VFIOPlatformDevice *vdev)
{
    if (vdev->mmap_timeout_ms) {
        timer_mod(vdev->mmap_timer, qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) +
                                    vdev->mmap_timeout_ms);
    }
}

/* No interrupt for a while: the guest gets the registers back. */
static void mmap_timer_expired(void *opaque)
{
    VFIOPlatformDevice *vdev = opaque;

    if (any_raised(vdev)) {
        start_timer(vdev);
    } else {
        set_mmaps(vdev, true);
    }
}

/* The host has an interrupt, and KVM does not take it. */
static void irq_triggered(EventNotifier *e)
{
    VFIOPlatformIrq *irq = container_of(e, VFIOPlatformIrq, trigger);

    if (!event_notifier_test_and_clear(e)) {
        return;
    }
    trace_bpmp_vfio_platform_trigger(irq->vdev->vbasedev.name, irq->index);
    if (!irq->level) {
        qemu_irq_pulse(irq->line);
        return;
    }
    irq->raised = true;
    set_mmaps(irq->vdev, false);
    qemu_irq_raise(irq->line);
    start_timer(irq->vdev);
}

static void irq_end(VFIOPlatformIrq *irq)
{
    if (irq->raised) {
        irq->raised = false;
        qemu_irq_lower(irq->line);
    }
    vfio_device_irq_unmask(&irq->vdev->vbasedev, irq->index);
}

/* The guest has accessed a register that it could not reach by itself. */
static void vfio_platform_eoi(VFIODevice *vbasedev)
{
    VFIOPlatformDevice *vdev = container_of(vbasedev, VFIOPlatformDevice,
                                            vbasedev);

    for (unsigned i = 0; i < vbasedev->num_irqs; i++) {
        if (vdev->irqs[i].raised) {
            trace_bpmp_vfio_platform_end(vbasedev->name, i);
            irq_end(&vdev->irqs[i]);
        }
    }
}

static void vfio_platform_compute_needs_reset(VFIODevice *vbasedev)
{
    vbasedev->needs_reset = false;
}

static int vfio_platform_hot_reset_multi(VFIODevice *vbasedev)
{
    return -ENOSYS;
}

static VFIODeviceOps vfio_platform_ops = {
    .vfio_compute_needs_reset = vfio_platform_compute_needs_reset,
    .vfio_hot_reset_multi = vfio_platform_hot_reset_multi,
    .vfio_eoi = vfio_platform_eoi,
};

/* What KVM does with @irq: 0, or why it does nothing with it. */
static int irq_give_to_kvm(VFIOPlatformIrq *irq)
{
    if (!irq->vdev->irqfd_allowed) {
        return -EPERM;
    }
    if (!kvm_irqfds_enabled() || (irq->level && !kvm_resamplefds_enabled())) {
        return -ENOSYS;
    }
    return kvm_irqchip_add_irqfd_notifier(kvm_state, &irq->trigger,
                                          irq->level ? &irq->resample : NULL,
                                          irq->line);
}

static void irq_give_to_qemu(VFIOPlatformIrq *irq, int why)
{
    const char *name = irq->vdev->vbasedev.name;

    trace_bpmp_vfio_platform_eventfd(name, irq->index, why);
    if (kvm_enabled() && irq->vdev->irqfd_allowed) {
        warn_report(TYPE_VFIO_PLATFORM " %s: interrupt %u does not go through "
                    "an irqfd (%s): QEMU handles each one, which is slow",
                    name, irq->index, strerror(-why));
    }
    event_notifier_set_handler(&irq->trigger, irq_triggered);
}

/* @line is known: interrupts may come. Nobody can be told of an error here. */
static void vfio_platform_connect_irq(SysBusDevice *sbdev, qemu_irq line)
{
    VFIOPlatformDevice *vdev = VFIO_PLATFORM_DEVICE(sbdev);
    VFIODevice *vbasedev = &vdev->vbasedev;
    VFIOPlatformIrq *irq = NULL;
    int ret;

    for (unsigned i = 0; i < vbasedev->num_irqs; i++) {
        if (vdev->irqs[i].line == line) {
            irq = &vdev->irqs[i];
        }
    }
    assert(irq);

    ret = irq_give_to_kvm(irq);
    irq->irqfd = ret == 0;
    if (irq->irqfd) {
        trace_bpmp_vfio_platform_irqfd(vbasedev->name, irq->index, irq->level);
    } else {
        irq_give_to_qemu(irq, ret);
    }

    if (irq->irqfd && irq->level) {
        vfio_device_irq_set_signaling(vbasedev, irq->index, 0,
                                      VFIO_IRQ_SET_ACTION_UNMASK,
                                      event_notifier_get_fd(&irq->resample),
                                      &error_fatal);
    }
    vfio_device_irq_set_signaling(vbasedev, irq->index, 0,
                                  VFIO_IRQ_SET_ACTION_TRIGGER,
                                  event_notifier_get_fd(&irq->trigger),
                                  &error_fatal);
}

/*
 * The reset of an interrupt controller clears its input lines. A level that
 * came before and that the guest has not seen is lost by that, and the host
 * waits for ever with the interrupt masked for the guest to end it. Unmasked
 * it comes again where the device still asserts it. The controller is ready
 * for it in this phase only.
 */
static void vfio_platform_reset_exit(BPMP_RESET_ARGS)
{
    VFIOPlatformDevice *vdev = VFIO_PLATFORM_DEVICE(obj);

    for (unsigned i = 0; i < vdev->vbasedev.num_irqs; i++) {
        if (vdev->irqs[i].level) {
            trace_bpmp_vfio_platform_reset_unmask(vdev->vbasedev.name, i);
            irq_end(&vdev->irqs[i]);
        }
    }
}

static bool init_regions(VFIOPlatformDevice *vdev, Error **errp)
{
    VFIODevice *vbasedev = &vdev->vbasedev;
    unsigned n = vbasedev->num_initial_regions;

    if (n > QDEV_MAX_MMIO) {
        error_setg(errp, "%u regions are more than the %d that a device may "
                   "have", n, QDEV_MAX_MMIO);
        return false;
    }
    vdev->regions = g_new0(VFIORegion, n);
    for (unsigned i = 0; i < n; i++) {
        VFIORegion *region = &vdev->regions[i];
        g_autofree char *name = g_strdup_printf("VFIO %s region %u",
                                                vbasedev->name, i);
        int ret = vfio_region_setup(OBJECT(vdev), vbasedev, region, i, name);

        if (ret < 0) {
            error_setg_errno(errp, -ret, "no region %u", i);
            return false;
        }
        if (!region->mem) {
            error_setg(errp, "region %u is empty", i);
            return false;
        }
        ret = vfio_region_mmap(region);
        if (ret < 0) {
            warn_report(TYPE_VFIO_PLATFORM " %s: region %u cannot be mapped "
                        "(%s): each access goes through QEMU, which is slow",
                        vbasedev->name, i, strerror(-ret));
        }
        sysbus_init_mmio(SYS_BUS_DEVICE(vdev), region->mem);
    }
    return true;
}

static bool init_irqs(VFIOPlatformDevice *vdev, Error **errp)
{
    VFIODevice *vbasedev = &vdev->vbasedev;

    vdev->irqs = g_new0(VFIOPlatformIrq, vbasedev->num_irqs);
    for (unsigned i = 0; i < vbasedev->num_irqs; i++) {
        VFIOPlatformIrq *irq = &vdev->irqs[i];
        struct vfio_irq_info info;
        int ret = vfio_device_get_irq_info(vbasedev, i, &info);

        if (ret >= 0 && !(info.flags & VFIO_IRQ_INFO_EVENTFD)) {
            ret = -EOPNOTSUPP;
        }
        if (ret >= 0) {
            ret = event_notifier_init(&irq->trigger, 0);
        }
        if (ret >= 0) {
            ret = event_notifier_init(&irq->resample, 0);
        }
        if (ret < 0) {
            error_setg_errno(errp, -ret, "no interrupt %u", i);
            return false;
        }
        irq->vdev = vdev;
        irq->index = i;
        irq->level = info.flags & VFIO_IRQ_INFO_AUTOMASKED;
        sysbus_init_irq(SYS_BUS_DEVICE(vdev), &irq->line);
    }
    return true;
}

/* The node's "compatible" decides whether the machine can describe it. */
static void read_compat(VFIOPlatformDevice *vdev)
{
    g_autofree char *path = NULL;
    gsize length;

    if (!vdev->vbasedev.sysfsdev) {
        return;
    }
    path = g_strdup_printf("%s/of_node/compatible", vdev->vbasedev.sysfsdev);
    if (!g_file_get_contents(path, &vdev->compat, &length, NULL)) {
        return;
    }
    for (gsize at = 0; at < length; at += strlen(vdev->compat + at) + 1) {
        vdev->num_compat++;
    }
}

/* Which device is meant; a descriptor of it may be there already. */
static bool find_device(VFIOPlatformDevice *vdev, Error **errp)
{
    VFIODevice *vbasedev = &vdev->vbasedev;

    if (!vbasedev->sysfsdev && vdev->host) {
        if (strchr(vdev->host, '/')) {
            error_setg(errp, "'host' is the name of a device in "
                       SYSFS_DEVICES ", not a path: '%s'", vdev->host);
            return false;
        }
        vbasedev->sysfsdev = g_strconcat(SYSFS_DEVICES, vdev->host, NULL);
    }
    if (vbasedev->sysfsdev) {
        vbasedev->name = g_path_get_basename(vbasedev->sysfsdev);
    } else if (vbasedev->fd < 0) {
        error_setg(errp, "no device is named: give 'host' or 'sysfsdev'");
        return false;
    }
    return vfio_device_get_name(vbasedev, errp);
}

static void vfio_platform_realize(DeviceState *dev, Error **errp)
{
    ERRP_GUARD();
    VFIOPlatformDevice *vdev = VFIO_PLATFORM_DEVICE(dev);
    VFIODevice *vbasedev = &vdev->vbasedev;

    vdev->mmap_timer = timer_new_ms(QEMU_CLOCK_VIRTUAL, mmap_timer_expired,
                                    vdev);
    if (!find_device(vdev, errp) ||
        !vfio_device_attach(vbasedev->name, vbasedev, &address_space_memory,
                            errp)) {
        goto fail;
    }
    if (!(vbasedev->flags & VFIO_DEVICE_FLAGS_PLATFORM)) {
        error_setg(errp, "this is not a platform device");
        goto fail;
    }
    if (!init_regions(vdev, errp) || !init_irqs(vdev, errp)) {
        goto fail;
    }
    read_compat(vdev);
    trace_bpmp_vfio_platform_realize(vbasedev->name,
                                     vbasedev->num_initial_regions,
                                     vbasedev->num_irqs);
    return;

fail:
    /* What there is already goes when the device does. */
    error_prepend(errp, TYPE_VFIO_PLATFORM " %s: ",
                  vbasedev->name ? vbasedev->name : "");
}

static void vfio_platform_instance_init(Object *obj)
{
    VFIOPlatformDevice *vdev = VFIO_PLATFORM_DEVICE(obj);

    vfio_device_init(&vdev->vbasedev, VFIO_DEVICE_TYPE_PLATFORM,
                     &vfio_platform_ops, DEVICE(vdev), false);
}

/* Only where realize failed: there is no unplugging a platform device. */
static void vfio_platform_instance_finalize(Object *obj)
{
    VFIOPlatformDevice *vdev = VFIO_PLATFORM_DEVICE(obj);
    VFIODevice *vbasedev = &vdev->vbasedev;

    for (unsigned i = 0; vdev->irqs && i < vbasedev->num_irqs; i++) {
        event_notifier_cleanup(&vdev->irqs[i].trigger);
        event_notifier_cleanup(&vdev->irqs[i].resample);
    }
    for (unsigned i = 0; vdev->regions && i < vbasedev->num_initial_regions;
         i++) {
        vfio_region_finalize(&vdev->regions[i]);
    }
    g_free(vdev->irqs);
    g_free(vdev->regions);
    g_free(vdev->compat);
    timer_free(vdev->mmap_timer);
    vfio_device_detach(vbasedev);
    vfio_device_free_name(vbasedev);
}

#ifdef CONFIG_IOMMUFD
static void vfio_platform_set_fd(Object *obj, const char *str, Error **errp)
{
    vfio_device_set_fd(&VFIO_PLATFORM_DEVICE(obj)->vbasedev, str, errp);
}
#endif

static BpmpProperty vfio_platform_properties[] = {
    DEFINE_PROP_STRING("host", VFIOPlatformDevice, host),
    DEFINE_PROP_STRING("sysfsdev", VFIOPlatformDevice, vbasedev.sysfsdev),
    DEFINE_PROP_BOOL("x-no-mmap", VFIOPlatformDevice, vbasedev.no_mmap, false),
    DEFINE_PROP_UINT32("mmap-timeout-ms", VFIOPlatformDevice, mmap_timeout_ms,
                       1100),
    DEFINE_PROP_BOOL("x-irqfd", VFIOPlatformDevice, irqfd_allowed, true),
#ifdef CONFIG_IOMMUFD
    DEFINE_PROP_LINK("iommufd", VFIOPlatformDevice, vbasedev.iommufd,
                     TYPE_IOMMUFD_BACKEND, IOMMUFDBackend *),
#endif
    BPMP_PROPERTIES_END
};

static const VMStateDescription vmstate_vfio_platform = {
    .name = TYPE_VFIO_PLATFORM,
    .unmigratable = 1,
};

static void vfio_platform_class_init(ObjectClass *klass, BpmpClassData *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    ResettableClass *rc = RESETTABLE_CLASS(klass);
    SysBusDeviceClass *sbc = SYS_BUS_DEVICE_CLASS(klass);

    dc->realize = vfio_platform_realize;
    dc->vmsd = &vmstate_vfio_platform;
    dc->desc = "Platform device of the host, by VFIO";
    dc->hotpluggable = false;
    rc->phases.exit = vfio_platform_reset_exit;
    sbc->connect_irq_notifier = vfio_platform_connect_irq;
    device_class_set_props(dc, vfio_platform_properties);
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);

    object_class_property_set_description(klass, "host",
        "Name of the device in " SYSFS_DEVICES);
    object_class_property_set_description(klass, "sysfsdev",
        "Its path in sysfs, in place of its name");
    object_class_property_set_description(klass, "x-no-mmap",
        "Let QEMU handle each access to the registers (debugging)");
    object_class_property_set_description(klass, "mmap-timeout-ms",
        "Without irqfd: time after an interrupt until the guest reaches the "
        "registers by itself again; 0: never (debugging)");
    object_class_property_set_description(klass, "x-irqfd",
        "Let KVM handle interrupts where it can (debugging)");
#ifdef CONFIG_IOMMUFD
    object_class_property_add_str(klass, "fd", NULL, vfio_platform_set_fd);
    object_class_property_set_description(klass, "fd",
        "Open descriptor of the device's /dev/vfio/devices/vfioN; needs "
        "iommufd");
    object_class_property_set_description(klass, "iommufd",
        "Reach the IOMMU through this object and not through a VFIO group");
#endif
}

static const TypeInfo vfio_platform_types[] = {
    {
        .name = TYPE_VFIO_PLATFORM,
        .parent = TYPE_DYNAMIC_SYS_BUS_DEVICE,
        .instance_size = sizeof(VFIOPlatformDevice),
        .instance_init = vfio_platform_instance_init,
        .instance_finalize = vfio_platform_instance_finalize,
        .class_init = vfio_platform_class_init,
    },
};

DEFINE_TYPES(vfio_platform_types)
