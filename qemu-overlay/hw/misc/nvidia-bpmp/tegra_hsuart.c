/*
 * Tegra high-speed UART that works only while the firmware says so
 *
 * A 16550 behind a gate. The gate is open while the clock is on and the reset
 * line released in the firmware model, and is looked at for every access.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "exec/memop.h"
#include "hw/misc/bpmp-frontend.h"
#include "hw/misc/bpmp-qemu-compat.h"
#include "hw/misc/nvidia-bpmp-guest.h"
#include "migration/vmstate.h"
#include "trace.h"

OBJECT_DECLARE_SIMPLE_TYPE(TegraHsuartState, TEGRA_HSUART)

/* As in the hardware; the 16550 is at its beginning. */
#define HSUART_SIZE 0x10000
#define HSUART_REGSHIFT 2
#define HSUART_16550_SIZE (8 << HSUART_REGSHIFT)

/* TEGRA234_CLK_UARTA and TEGRA234_RESET_UARTA of the Linux bindings */
#define HSUART_CLOCK 155
#define HSUART_RESET 100

/* 408 MHz, the PLL that feeds these UARTs; a bit takes 16 periods. */
#define HSUART_BAUDBASE (408000000 / 16)

#define FIRMWARE_TIMEOUT_MS 1000

struct TegraHsuartState {
    SysBusDevice parent_obj;

    MemoryRegion iomem;
    SerialMM uart;
    CharFrontend firmware;
    uint32_t clock;
    uint32_t reset;

    BpmpBackend *backend;
};

/* Is @id's line in @state? Not if the firmware does not say so. */
static bool line_is(TegraHsuartState *s, BpmpLine line, uint32_t id, int state)
{
    int is;

    bql_unlock();
    is = bpmp_backend_line(s->backend, line, id, bpmp_cpu_stops);
    bql_lock();
    return is == state;
}

/* Drops the BQL while the firmware is asked. */
static bool hsuart_open(TegraHsuartState *s, hwaddr addr, MemTxAttrs attrs)
{
    bool clocked, released = false;

    if (!bpmp_access_is_cpu(&s->iomem, addr, attrs)) {
        return false;
    }
    clocked = line_is(s, BPMP_LINE_CLOCK, s->clock, 1);
    if (clocked) {
        released = line_is(s, BPMP_LINE_RESET, s->reset, 0);
    }
    if (clocked && released) {
        return true;
    }
    trace_tegra_hsuart_gated(addr, clocked, released);
    qemu_log_mask(LOG_GUEST_ERROR, TYPE_TEGRA_HSUART ": access to 0x%"
                  HWADDR_PRIX " %s\n", addr,
                  clocked ? "in reset" : "without clock");
    return false;
}

static MemTxResult hsuart_read(void *opaque, hwaddr addr, uint64_t *value,
                               unsigned size, MemTxAttrs attrs)
{
    TegraHsuartState *s = opaque;
    MemoryRegion *regs = sysbus_mmio_get_region(SYS_BUS_DEVICE(&s->uart), 0);

    if (!hsuart_open(s, addr, attrs)) {
        *value = UINT64_MAX;
        return MEMTX_OK;
    }
    if (addr >= HSUART_16550_SIZE) {
        *value = 0;
        return MEMTX_OK;
    }
    return memory_region_dispatch_read(regs, addr, value,
                                       size_memop(size) | MO_LE, attrs);
}

static MemTxResult hsuart_write(void *opaque, hwaddr addr, uint64_t value,
                                unsigned size, MemTxAttrs attrs)
{
    TegraHsuartState *s = opaque;
    MemoryRegion *regs = sysbus_mmio_get_region(SYS_BUS_DEVICE(&s->uart), 0);

    if (!hsuart_open(s, addr, attrs) || addr >= HSUART_16550_SIZE) {
        return MEMTX_OK;
    }
    return memory_region_dispatch_write(regs, addr, value,
                                        size_memop(size) | MO_LE, attrs);
}

static const MemoryRegionOps hsuart_ops = {
    .read_with_attrs = hsuart_read,
    .write_with_attrs = hsuart_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = {
        .min_access_size = 1,
        .max_access_size = 4,
    },
    .impl = {
        .min_access_size = 1,
        .max_access_size = 4,
    },
};

static void hsuart_realize(DeviceState *dev, Error **errp)
{
    TegraHsuartState *s = TEGRA_HSUART(dev);
    SysBusDevice *sbd = SYS_BUS_DEVICE(dev);
    SysBusDevice *uart = SYS_BUS_DEVICE(&s->uart);

    if (!qemu_chr_fe_backend_connected(&s->firmware)) {
        error_setg(errp, TYPE_TEGRA_HSUART " needs 'firmware': a chardev "
                   "connected to the firmware model");
        return;
    }
    if (!sysbus_realize(uart, errp)) {
        return;
    }
    sysbus_pass_irq(sbd, uart);
    s->backend = bpmp_backend_chardev_new(&s->firmware, FIRMWARE_TIMEOUT_MS,
                                          errp);
}

static void hsuart_unrealize(DeviceState *dev)
{
    TegraHsuartState *s = TEGRA_HSUART(dev);

    object_unref(OBJECT(s->backend));
    s->backend = NULL;
}

static void hsuart_init(Object *obj)
{
    TegraHsuartState *s = TEGRA_HSUART(obj);
    DeviceState *uart;

    memory_region_init_io(&s->iomem, obj, &hsuart_ops, s, TYPE_TEGRA_HSUART,
                          HSUART_SIZE);
    /* As in nvidia_bpmp_guest.c: several virtual CPUs can be in here. */
    s->iomem.disable_reentrancy_guard = true;
    sysbus_init_mmio(SYS_BUS_DEVICE(obj), &s->iomem);

    object_initialize_child(obj, "uart", &s->uart, TYPE_SERIAL_MM);
    uart = DEVICE(&s->uart);
    qdev_prop_set_uint8(uart, "regshift", HSUART_REGSHIFT);
    qdev_prop_set_uint8(uart, "endianness", DEVICE_LITTLE_ENDIAN);
    qdev_prop_set_uint32(uart, "baudbase", HSUART_BAUDBASE);
    object_property_add_alias(obj, "chardev", OBJECT(&s->uart), "chardev");
}

static const VMStateDescription vmstate_hsuart = {
    .name = TYPE_TEGRA_HSUART,
    /* Whether it works is in the firmware model. */
    .unmigratable = 1,
};

static BpmpProperty hsuart_properties[] = {
    DEFINE_PROP_CHR("firmware", TegraHsuartState, firmware),
    DEFINE_PROP_UINT32("clock", TegraHsuartState, clock, HSUART_CLOCK),
    DEFINE_PROP_UINT32("reset", TegraHsuartState, reset, HSUART_RESET),
    BPMP_PROPERTIES_END
};

static void hsuart_class_init(ObjectClass *klass, BpmpClassData *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->realize = hsuart_realize;
    dc->unrealize = hsuart_unrealize;
    dc->vmsd = &vmstate_hsuart;
    dc->desc = "Tegra high-speed UART gated by a BPMP firmware model";
    dc->user_creatable = true;
    device_class_set_props(dc, hsuart_properties);
    set_bit(DEVICE_CATEGORY_INPUT, dc->categories);
}

static const TypeInfo hsuart_types[] = {
    {
        .name = TYPE_TEGRA_HSUART,
        .parent = BPMP_TYPE_DYNAMIC_SYSBUS,
        .instance_size = sizeof(TegraHsuartState),
        .instance_init = hsuart_init,
        .class_init = hsuart_class_init,
    },
};

DEFINE_TYPES(hsuart_types)
