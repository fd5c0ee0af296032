/*
 * BPMP back end: a firmware model behind a character device
 *
 * The device is touched in one thread alone, that of the back end: writing,
 * reading and hanging up there cannot meet each other, and an answer arrives
 * also while the main loop waits for the virtual CPUs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/lockable.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "chardev/char.h"
#include "hw/misc/bpmp-backend.h"
#include "hw/misc/bpmp-qemu-compat.h"
#include "trace.h"

OBJECT_DECLARE_SIMPLE_TYPE(BpmpBackendChardev, BPMP_BACKEND_CHARDEV)

/*
 * Transfers under way, also those that nobody waits for any more: a model that
 * does not answer is not sent more and more.
 */
#define UNDER_WAY_MAX 64

struct BpmpBackendChardev {
    BpmpBackend parent_obj;

    CharFrontend *chr;
    Chardev *cd;

    /*
     * A socket that is still connecting is the main loop's. This one hands it
     * over to our thread once there is a peer.
     */
    QEMUBH *hand_over;
    /* In our thread: send what was submitted. */
    QEMUBH *send;

    /* Guards the two below. */
    QemuMutex lock;
    BpmpRequestQueue submitted;
    unsigned under_way;

    /* The rest is our thread's. */
    bool connected;

    /* Requests whose first byte at least was sent, in that order. */
    BpmpRequestQueue pending;

    uint8_t out[BPMP_FRAME_MAX];
    size_t out_len;
    size_t out_sent;
    GSource *writable;

    BpmpFrameReader in;
};

static void request_end(BpmpBackendChardev *s, BpmpRequest *req, int status)
{
    if (req->kind == BPMP_REQUEST_TRANSFER) {
        QEMU_LOCK_GUARD(&s->lock);
        s->under_way--;
    }
    bpmp_request_complete(req, status);
}

static void fail_pending(BpmpBackendChardev *s, int status)
{
    BpmpRequest *req;

    while ((req = QSIMPLEQ_FIRST(&s->pending))) {
        QSIMPLEQ_REMOVE_HEAD(&s->pending, next);
        request_end(s, req, status);
    }
}

static BpmpRequest *take_submitted(BpmpBackendChardev *s)
{
    BpmpRequest *req;

    QEMU_LOCK_GUARD(&s->lock);
    req = QSIMPLEQ_FIRST(&s->submitted);
    if (req) {
        QSIMPLEQ_REMOVE_HEAD(&s->submitted, next);
    }
    return req;
}

static void fail_submitted(BpmpBackendChardev *s, int status)
{
    BpmpRequest *req;

    while ((req = take_submitted(s))) {
        request_end(s, req, status);
    }
}

/* Nothing of a connection that has gone stays. */
static void connection_changed(BpmpBackendChardev *s, bool connected)
{
    trace_bpmp_backend_chardev_connected(connected);
    s->connected = connected;
    s->out_len = s->out_sent = 0;
    s->in.len = 0;
    if (s->writable) {
        g_source_destroy(s->writable);
        g_source_unref(s->writable);
        s->writable = NULL;
    }
    fail_pending(s, -EIO);
}

/* Start over: what was sent is not answered, and the next frame is whole. */
static void hang_up(BpmpBackendChardev *s)
{
    qemu_chr_fe_disconnect(s->chr);
    if (s->connected) {
        /* It has none of that: then we have no connection any more. */
        connection_changed(s, false);
    }
}

static gboolean chardev_writable(void *do_not_use, GIOCondition cond,
                                 void *opaque)
{
    BpmpBackendChardev *s = opaque;

    g_source_unref(s->writable);
    s->writable = NULL;
    qemu_bh_schedule(s->send);
    return G_SOURCE_REMOVE;
}

static bool wait_writable(BpmpBackendChardev *s)
{
    guint tag = qemu_chr_fe_add_watch(s->chr, G_IO_OUT | G_IO_HUP,
                                      chardev_writable, s);

    if (!tag) {
        return false;
    }
    s->writable = g_source_ref(g_main_context_find_source_by_id(
        iothread_get_g_main_context(s->parent_obj.iothread), tag));
    return true;
}

/* Send what there is. Returns false where it has to wait. */
static bool flush(BpmpBackendChardev *s)
{
    while (s->out_sent < s->out_len) {
        int n = qemu_chr_fe_write(s->chr, s->out + s->out_sent,
                                  s->out_len - s->out_sent);

        if (!s->out_len) {
            /* The connection went within the write, and took all with it. */
            break;
        }
        if (n > 0) {
            s->out_sent += n;
        } else if (n < 0 && errno != EAGAIN) {
            hang_up(s);
        } else if (wait_writable(s)) {
            return false;
        } else {
            hang_up(s);
        }
    }
    return true;
}

/* May @req be sent? A negative errno where not. */
static int may_send(BpmpBackendChardev *s, BpmpRequest *req)
{
    const BpmpRequest *last = QSIMPLEQ_LAST(&s->pending, BpmpRequest, next);

    if (!s->connected) {
        return -ENODEV;
    }
    if (bpmp_request_abandoned(req)) {
        /* Nobody waits any more: it must not happen later. */
        return -ETIMEDOUT;
    }
    if (req->kind == BPMP_REQUEST_RESET && last &&
        last->kind == BPMP_REQUEST_RESET) {
        /* Nothing was sent since the one before: that does for both. */
        return -EALREADY;
    }
    return 0;
}

static void chardev_send(void *opaque)
{
    BpmpBackendChardev *s = opaque;
    BpmpRequest *req;

    while (!s->writable && flush(s) && (req = take_submitted(s))) {
        int ret = may_send(s, req);

        if (ret < 0) {
            request_end(s, req, ret);
            continue;
        }
        s->out_len = bpmp_frame_request(s->out, req->msg.mrq, req->msg.tx,
                                        req->msg.tx_size, req->msg.rx_size);
        s->out_sent = 0;
        /* From here on the answer, or the end of the connection, ends it. */
        QSIMPLEQ_INSERT_TAIL(&s->pending, req, next);
    }
}

static void bpmp_backend_chardev_submit(BpmpBackend *be, BpmpRequest *req)
{
    BpmpBackendChardev *s = BPMP_BACKEND_CHARDEV(be);

    WITH_QEMU_LOCK_GUARD(&s->lock) {
        if (req->kind == BPMP_REQUEST_RESET ||
            s->under_way < UNDER_WAY_MAX) {
            /* A reset also where transfers have used the room up. */
            s->under_way += req->kind == BPMP_REQUEST_TRANSFER;
            QSIMPLEQ_INSERT_TAIL(&s->submitted, req, next);
            req = NULL;
        }
    }
    if (req) {
        bpmp_request_complete(req, -ETIMEDOUT);
        return;
    }
    qemu_bh_schedule(s->send);
}

/*
 * A whole frame of an answer is there. Returns false if it makes no sense; the
 * request is then still pending, and hears of it once the connection is closed:
 * what comes after it must not be sent.
 */
static bool frame_complete(BpmpBackendChardev *s)
{
    BpmpRequest *req = QSIMPLEQ_FIRST(&s->pending);
    int status;

    if (!req || !bpmp_message_answer(&s->in, &req->msg, &status)) {
        return false;
    }
    QSIMPLEQ_REMOVE_HEAD(&s->pending, next);
    request_end(s, req, status);
    return true;
}

static int chardev_can_read(void *opaque)
{
    return BPMP_FRAME_MAX;
}

static void chardev_read(void *opaque, const uint8_t *buf, int size)
{
    BpmpBackendChardev *s = opaque;
    size_t left = size;

    while (left) {
        switch (bpmp_frame_feed(&s->in, &buf, &left)) {
        case BPMP_FRAME_PART:
            continue;
        case BPMP_FRAME_WHOLE:
            if (frame_complete(s)) {
                continue;
            }
            break;
        default:
            break;
        }
        warn_report_once("bpmp: malformed answer from the firmware model; "
                         "closing the connection");
        trace_bpmp_backend_chardev_malformed();
        hang_up(s);
        return;
    }
}

/* In our thread, also within a write of ours that fails. */
static void chardev_event(void *opaque, QEMUChrEvent event)
{
    if (event == CHR_EVENT_OPENED || event == CHR_EVENT_CLOSED) {
        connection_changed(opaque, event == CHR_EVENT_OPENED);
    }
}

/* Run @cb in our thread, and wait for it. */
typedef struct InThread {
    QEMUBHFunc *cb;
    BpmpBackendChardev *s;
    QemuSemaphore done;
} InThread;

static void in_thread_bh(void *opaque)
{
    InThread *call = opaque;

    call->cb(call->s);
    qemu_sem_post(&call->done);
}

static void in_thread(BpmpBackendChardev *s, QEMUBHFunc *cb)
{
    InThread call = { .cb = cb, .s = s };

    qemu_sem_init(&call.done, 0);
    aio_bh_schedule_oneshot(iothread_get_aio_context(s->parent_obj.iothread),
                            in_thread_bh, &call);
    qemu_sem_wait(&call.done);
    qemu_sem_destroy(&call.done);
}

static void chardev_attach(void *opaque)
{
    BpmpBackendChardev *s = opaque;
    IOThread *iothread = s->parent_obj.iothread;

    qemu_chr_fe_set_handlers(s->chr, chardev_can_read, chardev_read,
                             chardev_event, NULL, s,
                             iothread_get_g_main_context(iothread), true);
}

static void chardev_detach(void *opaque)
{
    BpmpBackendChardev *s = opaque;

    qemu_chr_fe_set_handlers(s->chr, NULL, NULL, NULL, NULL, NULL, NULL, true);
    connection_changed(s, false);
    fail_submitted(s, -ENODEV);
    qemu_bh_delete(s->send);
}

/* In the main loop, before our thread has the device: there is a peer. */
static void chardev_event_early(void *opaque, QEMUChrEvent event)
{
    BpmpBackendChardev *s = opaque;

    if (event == CHR_EVENT_OPENED) {
        /* The socket is in the middle of connecting. */
        qemu_bh_schedule(s->hand_over);
    }
}

static int chardev_can_read_early(void *opaque)
{
    return 0;
}

static void chardev_hand_over(void *opaque)
{
    BpmpBackendChardev *s = opaque;

    if (s->cd->be_open) {
        in_thread(s, chardev_attach);
    }
}

BpmpBackend *bpmp_backend_chardev_new(CharFrontend *chr, uint32_t timeout_ms,
                                      Error **errp)
{
    Chardev *cd = qemu_chr_fe_get_driver(chr);
    BpmpBackendChardev *s;
    BpmpBackend *be;

    if (!qemu_chr_has_feature(cd, QEMU_CHAR_FEATURE_GCONTEXT)) {
        error_setg(errp, "chardev '%s' cannot be read by a thread: use a "
                   "socket", cd->label);
        return NULL;
    }
    be = bpmp_backend_open(TYPE_BPMP_BACKEND_CHARDEV, timeout_ms, errp);
    if (!be) {
        return NULL;
    }
    s = BPMP_BACKEND_CHARDEV(be);
    s->chr = chr;
    /*
     * QEMU lets go of its chardevs at its end, while our thread still reads:
     * a connection that the model closes just then must find its locks.
     */
    s->cd = cd;
    object_ref(OBJECT(cd));
    s->send = aio_bh_new(iothread_get_aio_context(be->iothread), chardev_send,
                         s);
    s->hand_over = qemu_bh_new(chardev_hand_over, s);
    if (cd->be_open) {
        in_thread(s, chardev_attach);
    } else {
        qemu_chr_fe_set_handlers(chr, chardev_can_read_early, NULL,
                                 chardev_event_early, NULL, s, NULL, true);
    }
    return be;
}

static void bpmp_backend_chardev_init(Object *obj)
{
    BpmpBackendChardev *s = BPMP_BACKEND_CHARDEV(obj);

    qemu_mutex_init(&s->lock);
    QSIMPLEQ_INIT(&s->submitted);
    QSIMPLEQ_INIT(&s->pending);
}

static void bpmp_backend_chardev_finalize(Object *obj)
{
    BpmpBackendChardev *s = BPMP_BACKEND_CHARDEV(obj);

    if (s->cd) {
        qemu_bh_delete(s->hand_over);
        in_thread(s, chardev_detach);
        object_unref(OBJECT(s->cd));
    }
    qemu_mutex_destroy(&s->lock);
}

static void bpmp_backend_chardev_class_init(ObjectClass *klass,
                                            BpmpClassData *data)
{
    BPMP_BACKEND_CLASS(klass)->submit = bpmp_backend_chardev_submit;
    BPMP_BACKEND_CLASS(klass)->has_lines = true;
}

static const TypeInfo bpmp_backend_chardev_types[] = {
    {
        .name = TYPE_BPMP_BACKEND_CHARDEV,
        .parent = TYPE_BPMP_BACKEND,
        .instance_size = sizeof(BpmpBackendChardev),
        .instance_init = bpmp_backend_chardev_init,
        .instance_finalize = bpmp_backend_chardev_finalize,
        .class_init = bpmp_backend_chardev_class_init,
    },
};

DEFINE_TYPES(bpmp_backend_chardev_types)
