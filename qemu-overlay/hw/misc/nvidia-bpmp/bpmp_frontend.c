/*
 * What guests' views of a BPMP have in common: a device with a back end
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "hw/core/cpu.h"
#include "hw/misc/bpmp-frontend.h"
#include "hw/misc/bpmp-qemu-compat.h"

#ifdef CONFIG_KVM
#include <linux/kvm.h>
#endif

bool bpmp_cpu_stops(void)
{
    return current_cpu && qatomic_read(&current_cpu->stop);
}

int bpmp_frontend_transfer(BpmpFrontend *s, BpmpMessage *msg)
{
    BpmpBackend *be = s->backend;
    const unsigned resets = bpmp_backend_resets(be);
    int status;

    assert(bql_locked());
    object_ref(OBJECT(be));
    bql_unlock();
    status = bpmp_backend_transfer(be, msg, bpmp_cpu_stops);
    bql_lock();
    if (bpmp_backend_resets(be) != resets) {
        status = -ECANCELED;
    }
    object_unref(OBJECT(be));
    return status;
}

#ifdef CONFIG_KVM
static bool kvm_exit_is_for(const MemoryRegion *mr, hwaddr addr)
{
    const struct kvm_run *run = current_cpu->kvm_run;

    for (; mr; mr = mr->container) {
        addr += mr->addr;
    }
    return run->exit_reason == KVM_EXIT_MMIO &&
           addr >= run->mmio.phys_addr &&
           addr - run->mmio.phys_addr < run->mmio.len;
}
#endif

bool bpmp_access_is_cpu(const MemoryRegion *mr, hwaddr addr, MemTxAttrs attrs)
{
    if (qtest_enabled()) {
        return true;
    }
    if (!current_cpu) {
        return false;
    }
#ifdef CONFIG_KVM
    if (kvm_enabled()) {
        /* A device that a virtual CPU woke up does DMA in its thread, too. */
        return kvm_exit_is_for(mr, addr);
    }
#endif
    /* Arm CPUs say what they are; devices do not, or name themselves. */
    return !attrs.unspecified && !attrs.requester_id;
}

static BpmpBackend *bpmp_frontend_open(BpmpFrontend *s, Error **errp)
{
    bool chardev = qemu_chr_fe_backend_connected(&s->chr);

    if (!!s->host + !!s->fd + chardev != 1) {
        error_setg(errp, "%s needs one back end: one of 'host', 'fd' and "
                   "'chardev'", object_get_typename(OBJECT(s)));
        return NULL;
    }
    if (s->timeout_ms == 0) {
        error_setg(errp, "'timeout-ms' must not be 0");
        return NULL;
    }
    if (chardev) {
        return bpmp_backend_chardev_new(&s->chr, s->timeout_ms, errp);
    }
    return bpmp_backend_host_new(s->host, s->fd, s->compatible_write,
                                 current_machine->smp.max_cpus, s->timeout_ms,
                                 errp);
}

static void bpmp_frontend_realize(DeviceState *dev, Error **errp)
{
    BpmpFrontend *s = BPMP_FRONTEND(dev);
    const char *type = object_get_typename(OBJECT(dev));

    error_setg(&s->migration_blocker, "The state of the clocks, resets and "
               "power domains that the machine switched through %s is in the "
               "firmware of this host", type);
    if (bpmp_block_migration(&s->migration_blocker, errp) < 0) {
        return;
    }
    s->backend = bpmp_frontend_open(s, errp);
    if (!s->backend) {
        bpmp_unblock_migration(&s->migration_blocker);
        return;
    }
    /* When an answer comes is not recorded, and what was done stays done. */
    bpmp_block_replay(type);
}

static void bpmp_frontend_unrealize(DeviceState *dev)
{
    BpmpFrontend *s = BPMP_FRONTEND(dev);

    bpmp_unblock_migration(&s->migration_blocker);
    object_unref(OBJECT(s->backend));
    s->backend = NULL;
}

static void bpmp_frontend_reset_hold(BPMP_RESET_ARGS)
{
    bpmp_backend_reset(BPMP_FRONTEND(obj)->backend);
}

static BpmpProperty bpmp_frontend_properties[] = {
    DEFINE_PROP_STRING("host", BpmpFrontend, host),
    DEFINE_PROP_STRING("fd", BpmpFrontend, fd),
    DEFINE_PROP_CHR("chardev", BpmpFrontend, chr),
    DEFINE_PROP_UINT32("timeout-ms", BpmpFrontend, timeout_ms,
                       BPMP_DEFAULT_TIMEOUT_MS),
    DEFINE_PROP_BOOL("compatible-write", BpmpFrontend, compatible_write,
                     false),
    BPMP_PROPERTIES_END
};

static void bpmp_frontend_class_init(ObjectClass *klass, BpmpClassData *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    dc->realize = bpmp_frontend_realize;
    dc->unrealize = bpmp_frontend_unrealize;
    /* Its place in the memory map is the machine's to give. */
    dc->user_creatable = false;
    dc->hotpluggable = false;
    rc->phases.hold = bpmp_frontend_reset_hold;
    device_class_set_props(dc, bpmp_frontend_properties);
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
}

static const TypeInfo bpmp_frontend_types[] = {
    {
        .name = TYPE_BPMP_FRONTEND,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(BpmpFrontend),
        .class_init = bpmp_frontend_class_init,
        .abstract = true,
    },
};

DEFINE_TYPES(bpmp_frontend_types)
