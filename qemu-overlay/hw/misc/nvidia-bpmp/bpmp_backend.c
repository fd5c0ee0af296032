/*
 * The way to a BPMP: requests from their beginning to their end
 *
 * Knows neither guests nor machines; see bpmp_frontend.c for those.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/atomic.h"
#include "qemu/error-report.h"
#include "qemu/lockable.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "hw/misc/bpmp-backend.h"
#include "hw/misc/bpmp-qemu-compat.h"
#include "trace.h"

/* How often one who waits looks whether it should give up. */
#define GIVE_UP_POLL_MS 100

/*
 * How much longer it waits then. A transfer takes well under a millisecond,
 * and whoever asks a virtual CPU to stop blocks the monitor until it has.
 */
#define GIVE_UP_GRACE_MS 500

/* How long a reset holds the machine up: no CPU runs meanwhile. */
#define RESET_WAIT_MS 500

/*
 * Requests under way. A back end may go while a thread of it is inside the
 * kernel with a request: this lives until all have gone.
 */
struct BpmpLedger {
    unsigned refs;

    /* Guards the rest, and when a request ends. */
    QemuMutex lock;
    /* Transfers without an end. All have the same time: oldest first. */
    QTAILQ_HEAD(, BpmpRequest) open;
    QEMUTimer *timer;
    unsigned resets;
    /* Something was sent since the last reset. */
    bool used;
};

typedef QTAILQ_HEAD(, BpmpRequest) BpmpRequestList;

static void ledger_unref(BpmpLedger *ledger)
{
    if (qatomic_fetch_dec(&ledger->refs) == 1) {
        qemu_mutex_destroy(&ledger->lock);
        g_free(ledger);
    }
}

static void request_unref(BpmpRequest *req)
{
    if (qatomic_fetch_dec(&req->refs) == 1) {
        ledger_unref(req->ledger);
        g_free(req);
    }
}

/* Called with the ledger's lock. The first to come says how a request ends. */
static bool request_end_locked(BpmpRequest *req)
{
    if (req->ended) {
        return false;
    }
    qatomic_set(&req->ended, true);
    if (req->kind == BPMP_REQUEST_TRANSFER) {
        QTAILQ_REMOVE(&req->ledger->open, req, open);
    }
    return true;
}

static void request_end(BpmpRequest *req, int status)
{
    bool first;

    WITH_QEMU_LOCK_GUARD(&req->ledger->lock) {
        first = request_end_locked(req);
    }
    if (first) {
        req->done(req->opaque, status, status == 0 ? &req->msg : NULL);
    }
}

void bpmp_request_complete(BpmpRequest *req, int status)
{
    request_end(req, status);
    request_unref(req);
}

/* Take all that is under way out of @ledger; called with its lock. */
static void ledger_end_all_locked(BpmpLedger *ledger, BpmpRequestList *ended)
{
    BpmpRequest *req;

    QTAILQ_INIT(ended);
    while ((req = QTAILQ_FIRST(&ledger->open))) {
        qatomic_inc(&req->refs);
        request_end_locked(req);
        QTAILQ_INSERT_TAIL(ended, req, open);
    }
}

static void requests_done(BpmpRequestList *ended, int status)
{
    BpmpRequest *req;

    while ((req = QTAILQ_FIRST(ended))) {
        QTAILQ_REMOVE(ended, req, open);
        req->done(req->opaque, status, NULL);
        request_unref(req);
    }
}

/* The oldest request if its time is up; else look again when it is. */
static BpmpRequest *ledger_take_due(BpmpLedger *ledger)
{
    BpmpRequest *req;

    QEMU_LOCK_GUARD(&ledger->lock);
    req = QTAILQ_FIRST(&ledger->open);
    if (!req) {
        return NULL;
    }
    if (req->deadline_ms > qemu_clock_get_ms(QEMU_CLOCK_REALTIME)) {
        timer_mod(ledger->timer, req->deadline_ms);
        return NULL;
    }
    qatomic_inc(&req->refs);
    request_end_locked(req);
    return req;
}

static void ledger_expire(void *opaque)
{
    BpmpLedger *ledger = opaque;
    BpmpRequest *req;

    while ((req = ledger_take_due(ledger))) {
        trace_bpmp_backend_timed_out(req->msg.mrq);
        req->done(req->opaque, -ETIMEDOUT, NULL);
        request_unref(req);
    }
}

static void ledger_add(BpmpLedger *ledger, BpmpRequest *req,
                       uint32_t timeout_ms)
{
    QEMU_LOCK_GUARD(&ledger->lock);
    if (req->kind == BPMP_REQUEST_TRANSFER) {
        req->deadline_ms = qemu_clock_get_ms(QEMU_CLOCK_REALTIME) + timeout_ms;
        if (QTAILQ_EMPTY(&ledger->open)) {
            timer_mod(ledger->timer, req->deadline_ms);
        }
        QTAILQ_INSERT_TAIL(&ledger->open, req, open);
        ledger->used = true;
    }
}

/* Returns a reference for the caller; the back end has one as well. */
static BpmpRequest *request_start(BpmpBackend *be, BpmpRequestKind kind,
                                  const BpmpMessage *msg, BpmpDone *done,
                                  void *opaque)
{
    BpmpRequest *req = g_new0(BpmpRequest, 1);

    req->kind = kind;
    req->msg = *msg;
    req->done = done;
    req->opaque = opaque;
    req->refs = 2;
    req->ledger = be->ledger;
    qatomic_inc(&req->ledger->refs);

    ledger_add(be->ledger, req, be->timeout_ms);
    BPMP_BACKEND_GET_CLASS(be)->submit(be, req);
    return req;
}

void bpmp_backend_submit(BpmpBackend *be, const BpmpMessage *msg,
                         BpmpDone *done, void *opaque)
{
    if (!bpmp_message_valid(msg)) {
        done(opaque, -EINVAL, NULL);
        return;
    }
    request_unref(request_start(be, BPMP_REQUEST_TRANSFER, msg, done, opaque));
}

typedef struct Waiter {
    QemuSemaphore ended;
    int status;
    BpmpMessage *msg;
} Waiter;

static void waiter_done(void *opaque, int status, const BpmpMessage *answer)
{
    Waiter *waiter = opaque;

    waiter->status = status;
    if (answer) {
        *waiter->msg = *answer;
    }
    qemu_sem_post(&waiter->ended);
}

/* Run a request and wait for its end, or for @most_ms where that is not 0. */
static int request_wait(BpmpBackend *be, BpmpRequestKind kind,
                        BpmpMessage *msg, unsigned most_ms,
                        BpmpGiveUp *give_up)
{
    Waiter waiter = { .msg = msg };
    int64_t now_ms = g_get_monotonic_time() / 1000;
    int64_t end_ms = most_ms ? now_ms + most_ms : INT64_MAX;
    bool giving_up = false;
    BpmpRequest *req;

    qemu_sem_init(&waiter.ended, 0);
    req = request_start(be, kind, msg, waiter_done, &waiter);

    while (qemu_sem_timedwait(&waiter.ended,
                              MIN(end_ms - now_ms, GIVE_UP_POLL_MS)) < 0) {
        now_ms = g_get_monotonic_time() / 1000;
        if (!giving_up && give_up && give_up()) {
            giving_up = true;
            end_ms = MIN(end_ms, now_ms + GIVE_UP_GRACE_MS);
        }
        if (now_ms >= end_ms) {
            trace_bpmp_backend_gave_up(req->msg.mrq, giving_up);
            request_end(req, -ETIMEDOUT);
            /* By us or, just now, by another: waiter_done() was called. */
            qemu_sem_wait(&waiter.ended);
            break;
        }
    }
    request_unref(req);
    qemu_sem_destroy(&waiter.ended);
    return waiter.status;
}

int bpmp_backend_transfer(BpmpBackend *be, BpmpMessage *msg,
                          BpmpGiveUp *give_up)
{
    if (!bpmp_message_valid(msg)) {
        return -EINVAL;
    }
    return request_wait(be, BPMP_REQUEST_TRANSFER, msg, 0, give_up);
}

int bpmp_backend_line(BpmpBackend *be, BpmpLine line, uint32_t id,
                      BpmpGiveUp *give_up)
{
    BpmpMessage msg = {
        .mrq = BPMP_MRQ_LINE_STATE,
        .tx_size = 8,
        .rx_size = 4,
    };
    uint32_t state;
    int status;

    if (!BPMP_BACKEND_GET_CLASS(be)->has_lines) {
        return -ENOTSUP;
    }
    bpmp_frame_put32(msg.tx, line);
    bpmp_frame_put32(msg.tx + 4, id);
    status = request_wait(be, BPMP_REQUEST_TRANSFER, &msg, 0, give_up);
    if (status < 0) {
        return status;
    }
    state = bpmp_frame_get32(msg.rx);
    return msg.ret || msg.rx_size != 4 || state > 1 ? -EIO : state;
}

void bpmp_backend_reset(BpmpBackend *be)
{
    BpmpLedger *ledger = be->ledger;
    BpmpMessage msg = { .mrq = BPMP_MRQ_MASTER_RESET };
    BpmpRequestList ended;
    bool used;
    int status;

    WITH_QEMU_LOCK_GUARD(&ledger->lock) {
        ledger->resets++;
        used = ledger->used;
        ledger->used = false;
        ledger_end_all_locked(ledger, &ended);
    }
    requests_done(&ended, -ECANCELED);
    if (!used) {
        return;
    }

    status = request_wait(be, BPMP_REQUEST_RESET, &msg, RESET_WAIT_MS, NULL);
    trace_bpmp_backend_reset(status);
    switch (status) {
    case -ETIMEDOUT:
        warn_report("bpmp: what the machine switched is not undone after %d "
                    "ms; until it is, its devices may write to memory",
                    RESET_WAIT_MS);
        break;
    case -ENOTTY:
        warn_report_once("bpmp: the host's driver cannot undo what the machine "
                         "switched before it has ended; its devices may write "
                         "to memory after a reset");
        break;
    default:
        /* A model that knows no reset, or that has gone and forgotten all. */
        break;
    }
}

unsigned bpmp_backend_resets(BpmpBackend *be)
{
    QEMU_LOCK_GUARD(&be->ledger->lock);
    return be->ledger->resets;
}

BpmpBackend *bpmp_backend_open(const char *type, uint32_t timeout_ms,
                               Error **errp)
{
    static unsigned count;
    g_autofree char *id = g_strdup_printf("bpmp%u", count++);
    IOThread *iothread = iothread_create(id, errp);
    BpmpLedger *ledger;
    BpmpBackend *be;

    if (!iothread) {
        return NULL;
    }
    ledger = g_new0(BpmpLedger, 1);
    ledger->refs = 1;
    qemu_mutex_init(&ledger->lock);
    QTAILQ_INIT(&ledger->open);
    ledger->timer = aio_timer_new(iothread_get_aio_context(iothread),
                                  QEMU_CLOCK_REALTIME, SCALE_MS,
                                  ledger_expire, ledger);

    be = BPMP_BACKEND(object_new(type));
    be->timeout_ms = timeout_ms;
    be->iothread = iothread;
    be->ledger = ledger;
    return be;
}

static void bpmp_backend_finalize(Object *obj)
{
    BpmpBackend *be = BPMP_BACKEND(obj);
    BpmpRequestList ended;

    if (!be->ledger) {
        return;
    }
    WITH_QEMU_LOCK_GUARD(&be->ledger->lock) {
        ledger_end_all_locked(be->ledger, &ended);
    }
    requests_done(&ended, -ENODEV);
    /* Nobody adds a request any more, so nobody arms the timer. */
    iothread_stop(be->iothread);
    timer_free(be->ledger->timer);
    iothread_destroy(be->iothread);
    ledger_unref(be->ledger);
}

static const TypeInfo bpmp_backend_types[] = {
    {
        .name = TYPE_BPMP_BACKEND,
        .parent = TYPE_OBJECT,
        .instance_size = sizeof(BpmpBackend),
        .instance_finalize = bpmp_backend_finalize,
        .class_size = sizeof(BpmpBackendClass),
        .abstract = true,
    },
};

DEFINE_TYPES(bpmp_backend_types)
