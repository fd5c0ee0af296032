/*
 * The way to a BPMP: waiting for an answer without holding the machine up
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "qemu/module.h"
#include "hw/core/cpu.h"
#include "hw/misc/bpmp-backend.h"
#include "hw/misc/bpmp-qemu-compat.h"
#include "trace.h"

#ifdef CONFIG_KVM
#include <linux/kvm.h>
#endif

/* How often a waiting virtual CPU looks whether it is asked to stop. */
#define STOP_POLL_MS 100

/*
 * How much longer it waits then. A transfer takes well under a millisecond,
 * and whoever asks a virtual CPU to stop blocks the monitor until it has.
 */
#define STOP_GRACE_MS 500

BpmpRequest *bpmp_request_ref(BpmpRequest *req)
{
    qatomic_inc(&req->refs);
    return req;
}

void bpmp_request_unref(BpmpRequest *req)
{
    if (qatomic_fetch_dec(&req->refs) == 1) {
        qemu_sem_destroy(&req->answered);
        g_free(req);
    }
}

void bpmp_request_complete(BpmpRequest *req, int status)
{
    req->status = status;
    qemu_sem_post(&req->answered);
    bpmp_request_unref(req);
}

static BpmpRequest *bpmp_request_new(BpmpRequestKind kind)
{
    BpmpRequest *req = g_new0(BpmpRequest, 1);

    req->kind = kind;
    req->refs = 1;
    qemu_sem_init(&req->answered, 0);
    return req;
}

static int bpmp_request_wait(BpmpRequest *req, uint32_t timeout_ms)
{
    const int64_t start_us = g_get_monotonic_time();
    int64_t left_ms = timeout_ms;
    int64_t stop_at_us = INT64_MAX;

    while (qemu_sem_timedwait(&req->answered, MIN(left_ms, STOP_POLL_MS)) < 0) {
        int64_t now_us = g_get_monotonic_time();

        if (stop_at_us == INT64_MAX && current_cpu &&
            qatomic_read(&current_cpu->stop)) {
            stop_at_us = now_us + STOP_GRACE_MS * 1000;
        }
        left_ms = timeout_ms - (now_us - start_us) / 1000;
        if (left_ms <= 0 || now_us >= stop_at_us) {
            qatomic_set(&req->abandoned, true);
            trace_bpmp_backend_gave_up(req->msg.mrq, left_ms > 0);
            return -ETIMEDOUT;
        }
    }
    return req->status;
}

int bpmp_backend_transfer(BpmpBackend *be, BpmpMessage *msg)
{
    BpmpRequest *req = bpmp_request_new(BPMP_REQUEST_TRANSFER);
    int status;

    assert(bql_locked());
    assert(msg->tx_size <= BPMP_PAYLOAD_MAX);
    assert(msg->rx_size <= BPMP_PAYLOAD_MAX);

    req->msg = *msg;
    object_ref(OBJECT(be));
    be->used = true;

    bql_unlock();
    BPMP_BACKEND_GET_CLASS(be)->submit(be, bpmp_request_ref(req));
    status = bpmp_request_wait(req, be->timeout_ms);
    bql_lock();

    /* After a time-out the back end may still write to the request. */
    if (status == 0) {
        msg->rx_size = req->msg.rx_size;
        msg->ret = req->msg.ret;
        memcpy(msg->rx, req->msg.rx, sizeof(msg->rx));
    }
    bpmp_request_unref(req);
    object_unref(OBJECT(be));
    return status;
}

void bpmp_backend_reset(BpmpBackend *be)
{
    if (!be->used) {
        return;
    }
    be->used = false;
    trace_bpmp_backend_reset();
    BPMP_BACKEND_GET_CLASS(be)->submit(be,
                                       bpmp_request_new(BPMP_REQUEST_RESET));
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

static void bpmp_backend_init(Object *obj)
{
    BPMP_BACKEND(obj)->timeout_ms = BPMP_DEFAULT_TIMEOUT_MS;
}

static const TypeInfo bpmp_backend_types[] = {
    {
        .name = TYPE_BPMP_BACKEND,
        .parent = TYPE_OBJECT,
        .instance_size = sizeof(BpmpBackend),
        .instance_init = bpmp_backend_init,
        .class_size = sizeof(BpmpBackendClass),
        .abstract = true,
    },
};

DEFINE_TYPES(bpmp_backend_types)
