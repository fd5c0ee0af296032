/*
 * NVIDIA BPMP guest window
 *
 * docs/specs/nvidia-bpmp-guest.rst says what the guest sees and how the locks
 * are used.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "hw/misc/bpmp-frontend.h"
#include "hw/misc/bpmp-qemu-compat.h"
#include "hw/misc/nvidia-bpmp-guest.h"
#include "migration/vmstate.h"
#include "trace.h"

OBJECT_DECLARE_TYPE(NvidiaBpmpGuestState, NvidiaBpmpGuestClass,
                    NVIDIA_BPMP_GUEST)

struct NvidiaBpmpGuestState {
    BpmpFrontend parent_obj;

    MemoryRegion iomem;
    uint8_t window_version;
    uint8_t regs[BPMP_GUEST_REGS_SIZE];
};

struct NvidiaBpmpGuestClass {
    SysBusDeviceClass parent_class;

    DeviceRealize parent_realize;
    ResettablePhases parent_phases;
};

/*
 * May drop the BQL. Returns 0 when the firmware answered, -ECANCELED where
 * nothing may be told to the guest any more, else another negative errno, with
 * no bytes of answer.
 */
static int bpmp_guest_transfer(NvidiaBpmpGuestState *s, unsigned version,
                               BpmpMessage *msg)
{
    int status = bpmp_frontend_transfer(BPMP_FRONTEND(s), msg);

    if (status < 0) {
        msg->rx_size = 0;
        msg->ret = 0;
    }
    trace_nvidia_bpmp_guest_transfer(version, msg->mrq, msg->tx_size,
                                     msg->rx_size, status, msg->ret);
    return status;
}

/* What has no place in a message, so that the back end cannot judge it. */
static bool bpmp_guest_valid(unsigned version, uint32_t mrq, uint32_t flags,
                             uint64_t tx_size, uint64_t rx_size)
{
    const BpmpMessage msg = {
        .mrq = mrq,
        .tx_size = MIN(tx_size, UINT32_MAX),
        .rx_size = MIN(rx_size, UINT32_MAX),
    };

    if (flags == 0 && bpmp_message_valid(&msg)) {
        return true;
    }
    trace_nvidia_bpmp_guest_refused(version, mrq, flags, tx_size, rx_size);
    qemu_log_mask(LOG_GUEST_ERROR, TYPE_NVIDIA_BPMP_GUEST ": bad request: mrq "
                  "%" PRIu32 " flags 0x%" PRIx32 " tx %" PRIu64 " rx %" PRIu64
                  "\n", mrq, flags, tx_size, rx_size);
    return false;
}

/* Version 1: the request is in the window, and so is the answer. */
static void bpmp_guest_run_window(NvidiaBpmpGuestState *s)
{
    const uint64_t tx_size = ldq_le_p(s->regs + BPMP_GUEST_TX_SIZE);
    const uint64_t rx_size = ldq_le_p(s->regs + BPMP_GUEST_RX_SIZE);
    BpmpMessage msg = { .mrq = ldl_le_p(s->regs + BPMP_GUEST_MRQ) };
    int status = -EINVAL;

    if (bpmp_guest_valid(1, msg.mrq, 0, tx_size, rx_size)) {
        msg.tx_size = tx_size;
        msg.rx_size = rx_size;
        memcpy(msg.tx, s->regs + BPMP_GUEST_TX, tx_size);
        status = bpmp_guest_transfer(s, 1, &msg);
        if (status == -ECANCELED) {
            return;
        }
    }

    memset(s->regs + BPMP_GUEST_RX, 0, BPMP_GUEST_TX_SIZE - BPMP_GUEST_RX);
    if (status == 0) {
        memcpy(s->regs + BPMP_GUEST_RX, msg.rx, msg.rx_size);
        stl_le_p(s->regs + BPMP_GUEST_RET, msg.ret);
        stq_le_p(s->regs + BPMP_GUEST_RX_SIZE, msg.rx_size);
    } else {
        stl_le_p(s->regs + BPMP_GUEST_RET, status);
        stq_le_p(s->regs + BPMP_GUEST_RX_SIZE, 0);
    }
}

/*
 * Is a whole block at @addr in memory that can be written and has no side
 * effects? Not a device's registers, and not memory of a passed-through
 * device. With the BQL held the answer stays true until it is let go of.
 */
static bool bpmp_guest_block_in_ram(hwaddr addr)
{
    MemoryRegionSection section;
    bool ok;

    if (addr % BPMP_BLOCK_ALIGN ||
        addr % BPMP_BLOCK_PAGE > BPMP_BLOCK_PAGE - BPMP_BLOCK_SIZE) {
        return false;
    }
    section = memory_region_find(get_system_memory(), addr, BPMP_BLOCK_SIZE);
    if (!section.mr) {
        return false;
    }
    ok = memory_region_is_ram(section.mr) &&
         !memory_region_is_ram_device(section.mr) &&
         !section.readonly &&
         section.offset_within_address_space == addr &&
         int128_get64(section.size) == BPMP_BLOCK_SIZE;
    memory_region_unref(section.mr);
    return ok;
}

static bool bpmp_guest_block_read(hwaddr addr, uint8_t *block)
{
    return bpmp_guest_block_in_ram(addr) &&
           address_space_read(&address_space_memory, addr,
                              MEMTXATTRS_UNSPECIFIED, block,
                              BPMP_BLOCK_SIZE) == MEMTX_OK;
}

static void bpmp_guest_block_refused(hwaddr addr)
{
    trace_nvidia_bpmp_guest_block_refused(addr);
    qemu_log_mask(LOG_GUEST_ERROR, TYPE_NVIDIA_BPMP_GUEST ": no request "
                  "block at 0x%" HWADDR_PRIX "\n", addr);
}

/* Version 2: the request is in guest memory, at @addr. */
static void bpmp_guest_run_block(NvidiaBpmpGuestState *s, hwaddr addr)
{
    uint8_t block[BPMP_BLOCK_SIZE];
    uint8_t result[BPMP_BLOCK_RET + 4 - BPMP_BLOCK_RX_SIZE];
    BpmpMessage msg = {};
    int status = -EINVAL;

    if (!bpmp_guest_block_read(addr, block)) {
        bpmp_guest_block_refused(addr);
        return;
    }

    msg.mrq = ldl_le_p(block + BPMP_BLOCK_MRQ);
    msg.tx_size = ldl_le_p(block + BPMP_BLOCK_TX_SIZE);
    msg.rx_size = ldl_le_p(block + BPMP_BLOCK_RX_SIZE);
    if (bpmp_guest_valid(2, msg.mrq, ldl_le_p(block + BPMP_BLOCK_FLAGS),
                         msg.tx_size, msg.rx_size)) {
        memcpy(msg.tx, block + BPMP_BLOCK_TX, msg.tx_size);
        status = bpmp_guest_transfer(s, 2, &msg);
        if (status == -ECANCELED) {
            return;
        }
        /* The lock was free: the memory map may be another. */
        if (!bpmp_guest_block_in_ram(addr)) {
            bpmp_guest_block_refused(addr);
            return;
        }
    } else {
        msg.rx_size = 0;
    }

    stl_le_p(result, msg.rx_size);
    stl_le_p(result + 4, status);
    stl_le_p(result + 8, msg.ret);
    address_space_write(&address_space_memory, addr + BPMP_BLOCK_RX,
                        MEMTXATTRS_UNSPECIFIED, msg.rx, msg.rx_size);
    address_space_write(&address_space_memory, addr + BPMP_BLOCK_RX_SIZE,
                        MEMTXATTRS_UNSPECIFIED, result, sizeof(result));
}

static bool bpmp_guest_is_storage(hwaddr addr)
{
    return addr < BPMP_GUEST_RET + 4 ||
           (addr >= BPMP_GUEST_MRQ && addr < BPMP_GUEST_MRQ + 4);
}

static MemTxResult bpmp_guest_read(void *opaque, hwaddr addr, uint64_t *value,
                                   unsigned size, MemTxAttrs attrs)
{
    NvidiaBpmpGuestState *s = opaque;

    *value = addr < BPMP_GUEST_REGS_SIZE ? ldn_le_p(s->regs + addr, size) : 0;
    trace_nvidia_bpmp_guest_read(addr, *value, size);
    return MEMTX_OK;
}

static MemTxResult bpmp_guest_write(void *opaque, hwaddr addr, uint64_t value,
                                    unsigned size, MemTxAttrs attrs)
{
    NvidiaBpmpGuestState *s = opaque;
    bool rings = addr == BPMP_GUEST_MRQ ||
                 (addr == BPMP_GUEST_DOORBELL && size == 8 && value &&
                  s->window_version >= 2);

    trace_nvidia_bpmp_guest_write(addr, value, size);

    if (rings && !bpmp_access_is_cpu(&s->iomem, addr, attrs)) {
        qemu_log_mask(LOG_GUEST_ERROR, TYPE_NVIDIA_BPMP_GUEST ": a device's "
                      "DMA cannot run a transfer\n");
        return MEMTX_ERROR;
    }

    for (unsigned i = 0; i < size; i++) {
        if (bpmp_guest_is_storage(addr + i)) {
            s->regs[addr + i] = extract64(value, i * 8, 8);
        }
    }

    if (addr == BPMP_GUEST_MRQ) {
        bpmp_guest_run_window(s);
    } else if (rings) {
        bpmp_guest_run_block(s, value);
    } else if (addr >= BPMP_GUEST_DOORBELL && value) {
        qemu_log_mask(LOG_GUEST_ERROR, TYPE_NVIDIA_BPMP_GUEST ": write of %u "
                      "bytes to 0x%" HWADDR_PRIX " is ignored\n", size, addr);
    }
    return MEMTX_OK;
}

static const MemoryRegionOps bpmp_guest_ops = {
    .read_with_attrs = bpmp_guest_read,
    .write_with_attrs = bpmp_guest_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = {
        .min_access_size = 1,
        .max_access_size = 8,
    },
    .impl = {
        .min_access_size = 1,
        .max_access_size = 8,
    },
};

static void bpmp_guest_clear(NvidiaBpmpGuestState *s)
{
    memset(s->regs, 0, sizeof(s->regs));
    if (s->window_version >= 2) {
        stq_le_p(s->regs + BPMP_GUEST_ID, BPMP_GUEST_ID_VALUE);
    }
}

static void bpmp_guest_reset_hold(BPMP_RESET_ARGS)
{
    NvidiaBpmpGuestState *s = NVIDIA_BPMP_GUEST(obj);

    trace_nvidia_bpmp_guest_reset();
    bpmp_guest_clear(s);
    BPMP_RESET_CALL(NVIDIA_BPMP_GUEST_GET_CLASS(s)->parent_phases.hold);
}

static void bpmp_guest_realize(DeviceState *dev, Error **errp)
{
    NvidiaBpmpGuestState *s = NVIDIA_BPMP_GUEST(dev);

    if (s->window_version < 1 || s->window_version > 2) {
        error_setg(errp, "'x-window-version' must be 1 or 2");
        return;
    }
    bpmp_guest_clear(s);
    NVIDIA_BPMP_GUEST_GET_CLASS(s)->parent_realize(dev, errp);
}

static void bpmp_guest_init(Object *obj)
{
    NvidiaBpmpGuestState *s = NVIDIA_BPMP_GUEST(obj);

    memory_region_init_io(&s->iomem, obj, &bpmp_guest_ops, s,
                          TYPE_NVIDIA_BPMP_GUEST, NVIDIA_BPMP_GUEST_SIZE);
    /*
     * While one virtual CPU's transfer is under way others are in here, too.
     * The guard takes that for the device's own DMA coming back and would
     * drop their accesses. Such DMA cannot be: blocks are in RAM only.
     */
    s->iomem.disable_reentrancy_guard = true;
    sysbus_init_mmio(SYS_BUS_DEVICE(obj), &s->iomem);
}

static const VMStateDescription vmstate_bpmp_guest = {
    .name = TYPE_NVIDIA_BPMP_GUEST,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (VMStateField[]) {
        VMSTATE_UINT8_ARRAY(regs, NvidiaBpmpGuestState, BPMP_GUEST_REGS_SIZE),
        VMSTATE_END_OF_LIST()
    },
};

static BpmpProperty bpmp_guest_properties[] = {
    DEFINE_PROP_UINT8("x-window-version", NvidiaBpmpGuestState,
                      window_version, 2),
    BPMP_PROPERTIES_END
};

static void bpmp_guest_class_init(ObjectClass *klass, BpmpClassData *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    ResettableClass *rc = RESETTABLE_CLASS(klass);
    NvidiaBpmpGuestClass *gc = NVIDIA_BPMP_GUEST_CLASS(klass);

    dc->vmsd = &vmstate_bpmp_guest;
    dc->desc = "Window to the BPMP of an NVIDIA Tegra";
    device_class_set_parent_realize(dc, bpmp_guest_realize,
                                    &gc->parent_realize);
    resettable_class_set_parent_phases(rc, NULL, bpmp_guest_reset_hold, NULL,
                                       &gc->parent_phases);
    device_class_set_props(dc, bpmp_guest_properties);
}

static const TypeInfo bpmp_guest_types[] = {
    {
        .name = TYPE_NVIDIA_BPMP_GUEST,
        .parent = TYPE_BPMP_FRONTEND,
        .class_size = sizeof(NvidiaBpmpGuestClass),
        .instance_size = sizeof(NvidiaBpmpGuestState),
        .instance_init = bpmp_guest_init,
        .class_init = bpmp_guest_class_init,
    },
};

DEFINE_TYPES(bpmp_guest_types)
