/*
 * BPMP back end: a firmware model behind a character device
 *
 * Frames are sent by whoever asks and read by a thread of this file, so that
 * an answer arrives also while the main loop waits for the virtual CPUs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/error-report.h"
#include "qemu/lockable.h"
#include "qemu/module.h"
#include "chardev/char.h"
#include "hw/misc/bpmp-backend.h"
#include "hw/misc/bpmp-qemu-compat.h"
#include "trace.h"

OBJECT_DECLARE_SIMPLE_TYPE(BpmpBackendChardev, BPMP_BACKEND_CHARDEV)

#define FRAME_MAGIC 0x31504d42 /* "BMP1" */
#define FRAME_HEADER 16
#define FRAME_MAX (FRAME_HEADER + BPMP_PAYLOAD_MAX)

/*
 * Transfers under way, also those that nobody waits for any more. It keeps all
 * frames together below what a socket buffers, so that sending never blocks.
 */
#define PENDING_MAX 64

struct BpmpBackendChardev {
    BpmpBackend parent_obj;

    CharBackend *chr;
    Chardev *cd;
    IOThread *iothread;

    /* Frames leave in the order in which their requests are in @pending. */
    QemuMutex send_lock;

    /* Guards the four below; never held while something is sent. */
    QemuMutex lock;
    BpmpRequestQueue pending;
    unsigned pending_count;
    bool connected;
    unsigned connection;

    /* Only in the reader's thread. */
    uint8_t frame[FRAME_MAX];
    size_t frame_len;
};

static BpmpRequest *pending_pop(BpmpBackendChardev *s)
{
    BpmpRequest *req = QSIMPLEQ_FIRST(&s->pending);

    if (req) {
        QSIMPLEQ_REMOVE_HEAD(&s->pending, next);
        s->pending_count--;
    }
    return req;
}

static void fail_pending(BpmpBackendChardev *s, int status)
{
    BpmpRequest *req;

    QEMU_LOCK_GUARD(&s->lock);
    while ((req = pending_pop(s))) {
        bpmp_request_complete(req, status);
    }
}

static size_t frame_build(const BpmpRequest *req, uint8_t *frame)
{
    const BpmpMessage *msg = &req->msg;

    stl_le_p(frame, FRAME_MAGIC);
    stl_le_p(frame + 4, req->kind == BPMP_REQUEST_RESET ?
                        BPMP_MRQ_MASTER_RESET : msg->mrq);
    stl_le_p(frame + 8, msg->tx_size);
    stl_le_p(frame + 12, msg->rx_size);
    memcpy(frame + FRAME_HEADER, msg->tx, msg->tx_size);
    return FRAME_HEADER + msg->tx_size;
}

/*
 * May @req be sent, too? A reset may also where transfers have used the room
 * up, since what they did must be undone once the model goes on.
 */
static int pending_room(BpmpBackendChardev *s, const BpmpRequest *req)
{
    const BpmpRequest *last = QSIMPLEQ_LAST(&s->pending, BpmpRequest, next);

    if (!s->connected) {
        return -ENODEV;
    }
    if (req->kind == BPMP_REQUEST_RESET) {
        /* Nothing was sent since the one before: that does for both. */
        return last && last->kind == BPMP_REQUEST_RESET ? -EALREADY : 0;
    }
    return s->pending_count < PENDING_MAX ? 0 : -ETIMEDOUT;
}

static int pending_push(BpmpBackendChardev *s, BpmpRequest *req,
                        unsigned *connection)
{
    int ret;

    QEMU_LOCK_GUARD(&s->lock);
    ret = pending_room(s, req);
    if (ret < 0) {
        return ret;
    }
    QSIMPLEQ_INSERT_TAIL(&s->pending, req, next);
    s->pending_count++;
    *connection = s->connection;
    return 0;
}

static bool connection_is(BpmpBackendChardev *s, unsigned connection)
{
    QEMU_LOCK_GUARD(&s->lock);
    return s->connected && s->connection == connection;
}

static void bpmp_backend_chardev_submit(BpmpBackend *be, BpmpRequest *req)
{
    BpmpBackendChardev *s = BPMP_BACKEND_CHARDEV(be);
    uint8_t frame[FRAME_MAX];
    size_t len = frame_build(req, frame);
    unsigned connection;
    int ret;

    QEMU_LOCK_GUARD(&s->send_lock);
    ret = pending_push(s, req, &connection);
    if (ret < 0) {
        bpmp_request_complete(req, ret);
        return;
    }
    /* From here on the answer, or the end of the connection, completes it. */
    if (qemu_chr_fe_write_all(s->chr, frame, len) != len ||
        !connection_is(s, connection)) {
        /*
         * Part of a frame may have gone, or all of it to a new connection
         * that knows nothing of the request: start over.
         */
        qemu_chr_fe_disconnect(s->chr);
        fail_pending(s, -EIO);
    }
}

/*
 * A whole frame of an answer is there. Returns false if it makes no sense; the
 * request is then still pending, and hears of it once the connection is closed:
 * what comes after it must not be sent.
 */
static bool frame_complete(BpmpBackendChardev *s)
{
    int32_t status = ldl_le_p(s->frame + 4);
    uint32_t rx_size = ldl_le_p(s->frame + 12);
    BpmpRequest *req;

    WITH_QEMU_LOCK_GUARD(&s->lock) {
        req = QSIMPLEQ_FIRST(&s->pending);
        if (!req || rx_size > req->msg.rx_size || status > 0) {
            return false;
        }
        pending_pop(s);
    }
    req->msg.ret = ldl_le_p(s->frame + 8);
    req->msg.rx_size = rx_size;
    memcpy(req->msg.rx, s->frame + FRAME_HEADER, rx_size);
    bpmp_request_complete(req, status);
    return true;
}

/* How many bytes the frame that is being read has, as far as known yet. */
static size_t frame_wants(const BpmpBackendChardev *s)
{
    if (s->frame_len < FRAME_HEADER) {
        return FRAME_HEADER;
    }
    return FRAME_HEADER + ldl_le_p(s->frame + 12);
}

static void chardev_malformed(BpmpBackendChardev *s)
{
    warn_report_once("bpmp: malformed answer from the firmware model; "
                     "closing the connection");
    trace_bpmp_backend_chardev_malformed();
    s->frame_len = 0;
    qemu_chr_fe_disconnect(s->chr);
    fail_pending(s, -EIO);
}

static int chardev_can_read(void *opaque)
{
    return FRAME_MAX;
}

static void chardev_read(void *opaque, const uint8_t *buf, int size)
{
    BpmpBackendChardev *s = opaque;

    while (size > 0) {
        size_t n = MIN(frame_wants(s) - s->frame_len, size);

        memcpy(s->frame + s->frame_len, buf, n);
        s->frame_len += n;
        buf += n;
        size -= n;

        if (s->frame_len == FRAME_HEADER &&
            (ldl_le_p(s->frame) != FRAME_MAGIC ||
             ldl_le_p(s->frame + 12) > BPMP_PAYLOAD_MAX)) {
            chardev_malformed(s);
            return;
        }
        if (s->frame_len == frame_wants(s)) {
            s->frame_len = 0;
            if (!frame_complete(s)) {
                chardev_malformed(s);
                return;
            }
        }
    }
}

/* In the reader's thread, or in that of a sender whose write failed. */
static void chardev_event(void *opaque, QEMUChrEvent event)
{
    BpmpBackendChardev *s = opaque;

    switch (event) {
    case CHR_EVENT_OPENED:
        trace_bpmp_backend_chardev_connected(true);
        WITH_QEMU_LOCK_GUARD(&s->lock) {
            s->connected = true;
            s->connection++;
        }
        s->frame_len = 0;
        break;
    case CHR_EVENT_CLOSED:
        trace_bpmp_backend_chardev_connected(false);
        WITH_QEMU_LOCK_GUARD(&s->lock) {
            s->connected = false;
        }
        fail_pending(s, -EIO);
        break;
    default:
        break;
    }
}

BpmpBackend *bpmp_backend_chardev_new(CharBackend *chr, uint32_t timeout_ms,
                                      Error **errp)
{
    static unsigned count;
    g_autofree char *id = g_strdup_printf("bpmp-chardev%u", count++);
    Chardev *cd = qemu_chr_fe_get_driver(chr);
    BpmpBackendChardev *s;
    IOThread *iothread;

    if (!qemu_chr_has_feature(cd, QEMU_CHAR_FEATURE_GCONTEXT)) {
        error_setg(errp, "chardev '%s' cannot be read by a thread: use a "
                   "socket", cd->label);
        return NULL;
    }
    iothread = iothread_create(id, errp);
    if (!iothread) {
        return NULL;
    }

    s = BPMP_BACKEND_CHARDEV(object_new(TYPE_BPMP_BACKEND_CHARDEV));
    s->parent_obj.timeout_ms = timeout_ms;
    s->chr = chr;
    /*
     * QEMU lets go of its chardevs at its end, while the thread still reads:
     * a connection that the model closes just then must find its locks.
     */
    s->cd = cd;
    object_ref(OBJECT(cd));
    s->iothread = iothread;
    qemu_chr_fe_set_handlers(chr, chardev_can_read, chardev_read,
                             chardev_event, NULL, s,
                             iothread_get_g_main_context(iothread), true);
    return BPMP_BACKEND(s);
}

static void bpmp_backend_chardev_init(Object *obj)
{
    BpmpBackendChardev *s = BPMP_BACKEND_CHARDEV(obj);

    qemu_mutex_init(&s->send_lock);
    qemu_mutex_init(&s->lock);
    QSIMPLEQ_INIT(&s->pending);
}

static void bpmp_backend_chardev_finalize(Object *obj)
{
    BpmpBackendChardev *s = BPMP_BACKEND_CHARDEV(obj);

    if (s->iothread) {
        /* Stop the reader before its handlers go. */
        iothread_stop(s->iothread);
        qemu_chr_fe_set_handlers(s->chr, NULL, NULL, NULL, NULL, NULL, NULL,
                                 true);
        iothread_destroy(s->iothread);
        object_unref(OBJECT(s->cd));
    }
    fail_pending(s, -ENODEV);
    qemu_mutex_destroy(&s->lock);
    qemu_mutex_destroy(&s->send_lock);
}

static void bpmp_backend_chardev_class_init(ObjectClass *klass, void *data)
{
    BPMP_BACKEND_CLASS(klass)->submit = bpmp_backend_chardev_submit;
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
