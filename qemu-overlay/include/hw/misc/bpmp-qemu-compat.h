/*
 * What differs between the QEMU versions that nvidia-bpmp is built in
 *
 * Everything else in these files is the same for all of them. Built and tested
 * are 7.2 and 10.0; the places of headers in 11 were not tried.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef HW_MISC_BPMP_QEMU_COMPAT_H
#define HW_MISC_BPMP_QEMU_COMPAT_H

#include "chardev/char-fe.h"
#include "hw/resettable.h"
#include "migration/blocker.h"
#include "qapi/error.h"
#include "qemu/main-loop.h"

#define BPMP_QEMU_AT_LEAST(major, minor) \
    (QEMU_VERSION_MAJOR > (major) || \
     (QEMU_VERSION_MAJOR == (major) && QEMU_VERSION_MINOR >= (minor)))

#if BPMP_QEMU_AT_LEAST(11, 0)
#include "hw/core/boards.h"
#include "hw/core/irq.h"
#include "hw/core/platform-bus.h"
#include "hw/core/qdev-properties.h"
#include "hw/core/qdev-properties-system.h"
#include "hw/core/sysbus.h"
#else
#include "hw/boards.h"
#include "hw/irq.h"
#include "hw/platform-bus.h"
#include "hw/qdev-properties.h"
#include "hw/qdev-properties-system.h"
#include "hw/sysbus.h"
#endif

#if BPMP_QEMU_AT_LEAST(10, 1)
#include "system/address-spaces.h"
#include "system/memory.h"

typedef const void BpmpClassData;
#else
#include "exec/address-spaces.h"
#include "exec/memory.h"

typedef void BpmpClassData;
#endif

#if !BPMP_QEMU_AT_LEAST(10, 2)
typedef CharBackend CharFrontend;
#endif

#if BPMP_QEMU_AT_LEAST(10, 0)

#include "hw/char/serial-mm.h"
#include "system/device_tree.h"
#include "system/iothread.h"
#include "system/kvm.h"
#include "system/qtest.h"
#include "system/replay.h"
#include "system/system.h"

typedef const Property BpmpProperty;
#define BPMP_PROPERTIES_END
#define BPMP_RESET_ARGS Object *obj, ResetType type
#define BPMP_RESET_CALL(phase) ((phase)(obj, type))
#define BPMP_TYPE_DYNAMIC_SYSBUS TYPE_DYNAMIC_SYS_BUS_DEVICE

#else

#include "hw/char/serial.h"
#include "sysemu/device_tree.h"
#include "sysemu/iothread.h"
#include "sysemu/kvm.h"
#include "sysemu/qtest.h"
#include "sysemu/replay.h"
#include "sysemu/sysemu.h"

typedef Property BpmpProperty;
#define BPMP_PROPERTIES_END DEFINE_PROP_END_OF_LIST()
#define BPMP_RESET_ARGS Object *obj
#define BPMP_RESET_CALL(phase) ((phase)(obj))
#define BPMP_TYPE_DYNAMIC_SYSBUS TYPE_SYS_BUS_DEVICE

static inline bool bql_locked(void)
{
    return qemu_mutex_iothread_locked();
}

static inline void bql_lock(void)
{
    qemu_mutex_lock_iothread();
}

static inline void bql_unlock(void)
{
    qemu_mutex_unlock_iothread();
}

#endif

/* Refuse migration because of *@reason, which is freed on failure. */
static inline int bpmp_block_migration(Error **reason, Error **errp)
{
#if BPMP_QEMU_AT_LEAST(10, 0)
    return migrate_add_blocker(reason, errp);
#else
    int ret = migrate_add_blocker(*reason, errp);

    if (ret < 0) {
        error_free(*reason);
        *reason = NULL;
    }
    return ret;
#endif
}

static inline void bpmp_unblock_migration(Error **reason)
{
#if BPMP_QEMU_AT_LEAST(10, 0)
    migrate_del_blocker(reason);
#else
    if (*reason) {
        migrate_del_blocker(*reason);
        error_free(*reason);
        *reason = NULL;
    }
#endif
}

/* Refuse to record and to replay a machine with a device of @type. */
static inline void bpmp_block_replay(const char *type)
{
#if BPMP_QEMU_AT_LEAST(10, 0)
    replay_add_blocker(type);
#else
    Error *reason = NULL;

    error_setg(&reason, "Record/replay is not supported with %s", type);
    replay_add_blocker(reason);
#endif
}

#endif /* HW_MISC_BPMP_QEMU_COMPAT_H */
