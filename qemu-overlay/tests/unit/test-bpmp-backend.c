/*
 * BPMP back ends without a machine: what a request's end can be, what is said
 * on the wire, and a firmware model that does what it must not
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "chardev/char.h"
#include "hw/misc/bpmp-backend.h"
#include "hw/misc/bpmp-qemu-compat.h"
#include "io/channel-file.h"
#include "qapi/error.h"
#include "qemu/config-file.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/option.h"
#include "qemu/sockets.h"
#include "../qtest/bpmp-peer.h"

/* A back end that does nothing of itself */

#define TYPE_BPMP_BACKEND_TEST "bpmp-backend-test"

static BpmpRequest *held[8];
static unsigned held_count;
static bool hold_resets;
static int reset_delay_ms;
static unsigned resets_seen;

static gpointer complete_later(gpointer opaque)
{
    g_usleep(reset_delay_ms * 1000);
    bpmp_request_complete(opaque, 0);
    return NULL;
}

static void test_submit(BpmpBackend *be, BpmpRequest *req)
{
    if (req->kind == BPMP_REQUEST_RESET) {
        resets_seen++;
        if (hold_resets) {
            held[held_count++] = req;
        } else if (reset_delay_ms) {
            g_thread_unref(g_thread_new("reset", complete_later, req));
        } else {
            bpmp_request_complete(req, 0);
        }
        return;
    }
    held[held_count++] = req;
}

static void test_class_init(ObjectClass *klass, const void *data)
{
    BPMP_BACKEND_CLASS(klass)->submit = test_submit;
}

static BpmpBackend *backend_new(uint32_t timeout_ms)
{
    held_count = 0;
    hold_resets = false;
    reset_delay_ms = 0;
    resets_seen = 0;
    return bpmp_backend_open(TYPE_BPMP_BACKEND_TEST, timeout_ms, &error_abort);
}

/* Complete request @i with an answer, as a back end does. */
static void held_answer(unsigned i, int status)
{
    held[i]->msg.ret = -77;
    held[i]->msg.rx_size = 4;
    memset(held[i]->msg.rx, 0x5a, 4);
    bpmp_request_complete(held[i], status);
}

typedef struct Ends {
    QemuSemaphore sem;
    unsigned count;
    int status;
    BpmpMessage answer;
} Ends;

static void ends_done(void *opaque, int status, const BpmpMessage *answer)
{
    Ends *ends = opaque;

    g_assert_cmpint(status == 0, ==, answer != NULL);
    qatomic_inc(&ends->count);
    ends->status = status;
    if (answer) {
        ends->answer = *answer;
    }
    qemu_sem_post(&ends->sem);
}

static void ends_init(Ends *ends)
{
    memset(ends, 0, sizeof(*ends));
    qemu_sem_init(&ends->sem, 0);
}

static const BpmpMessage request = { .mrq = 22, .tx_size = 4, .rx_size = 4 };

static void test_answered(void)
{
    BpmpBackend *be = backend_new(60000);
    Ends ends;

    ends_init(&ends);
    bpmp_backend_submit(be, &request, ends_done, &ends);
    g_assert_cmpuint(held_count, ==, 1);
    g_assert_cmpuint(ends.count, ==, 0);
    held_answer(0, 0);
    g_assert_cmpuint(ends.count, ==, 1);
    g_assert_cmpint(ends.status, ==, 0);
    g_assert_cmpint(ends.answer.ret, ==, -77);
    g_assert_cmpuint(ends.answer.rx_size, ==, 4);

    bpmp_backend_submit(be, &request, ends_done, &ends);
    held_answer(1, -EBUSY);
    g_assert_cmpuint(ends.count, ==, 2);
    g_assert_cmpint(ends.status, ==, -EBUSY);
    object_unref(OBJECT(be));
}

/* What a guest may not send does not reach the back end. */
static void test_refused(void)
{
    static const BpmpMessage bad[] = {
        { .mrq = 256 }, { .mrq = BPMP_MRQ_LINE_STATE, .tx_size = 8 },
        { .mrq = BPMP_MRQ_MASTER_RESET }, { .mrq = UINT32_MAX },
        { .mrq = 22, .tx_size = 121 }, { .mrq = 22, .rx_size = 121 },
        { .mrq = 22, .rx_size = UINT32_MAX },
    };
    BpmpBackend *be = backend_new(60000);
    Ends ends;

    ends_init(&ends);
    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        BpmpMessage msg = bad[i];

        bpmp_backend_submit(be, &msg, ends_done, &ends);
        g_assert_cmpuint(ends.count, ==, i + 1);
        g_assert_cmpint(ends.status, ==, -EINVAL);
        g_assert_cmpint(bpmp_backend_transfer(be, &msg, NULL), ==, -EINVAL);
    }
    /* Nor does the question of emulated devices, where it is not a model. */
    g_assert_cmpint(bpmp_backend_line(be, BPMP_LINE_CLOCK, 1, NULL), ==,
                    -ENOTSUP);
    g_assert_cmpuint(held_count, ==, 0);
    object_unref(OBJECT(be));
}

static void test_timeout(void)
{
    BpmpBackend *be = backend_new(300);
    gint64 asked = g_get_monotonic_time();
    Ends ends;

    ends_init(&ends);
    bpmp_backend_submit(be, &request, ends_done, &ends);
    g_assert_false(bpmp_request_abandoned(held[0]));
    qemu_sem_wait(&ends.sem);
    g_assert_cmpint(ends.status, ==, -ETIMEDOUT);
    g_assert_cmpint(g_get_monotonic_time() - asked, >=, 299 * 1000);
    g_assert_cmpint(g_get_monotonic_time() - asked, <, 1100 * 1000);
    g_assert_true(bpmp_request_abandoned(held[0]));

    /* Each has a time of its own, also behind one that was answered. */
    asked = g_get_monotonic_time();
    bpmp_backend_submit(be, &request, ends_done, &ends);
    g_usleep(200 * 1000);
    bpmp_backend_submit(be, &request, ends_done, &ends);
    held_answer(1, 0);
    qemu_sem_wait(&ends.sem);
    g_assert_cmpint(ends.status, ==, 0);
    qemu_sem_wait(&ends.sem);
    g_assert_cmpint(ends.status, ==, -ETIMEDOUT);
    g_assert_cmpint(g_get_monotonic_time() - asked, >=, 499 * 1000);

    /* Late answers are nobody's. */
    held_answer(0, 0);
    held_answer(2, 0);
    g_assert_cmpuint(ends.count, ==, 3);
    g_assert_cmpint(ends.status, ==, -ETIMEDOUT);
    object_unref(OBJECT(be));
}

/* No answer from before a reset arrives after it. */
static void test_reset(void)
{
    BpmpBackend *be = backend_new(60000);
    Ends before, after;

    ends_init(&before);
    ends_init(&after);
    bpmp_backend_reset(be);
    g_assert_cmpuint(resets_seen, ==, 0);

    bpmp_backend_submit(be, &request, ends_done, &before);
    bpmp_backend_reset(be);
    g_assert_cmpuint(resets_seen, ==, 1);
    g_assert_cmpuint(before.count, ==, 1);
    g_assert_cmpint(before.status, ==, -ECANCELED);
    g_assert_true(bpmp_request_abandoned(held[0]));

    bpmp_backend_submit(be, &request, ends_done, &after);
    held_answer(0, 0);
    g_assert_cmpuint(before.count, ==, 1);
    g_assert_cmpuint(after.count, ==, 0);
    held_answer(1, 0);
    g_assert_cmpint(after.status, ==, 0);
    g_assert_cmpuint(bpmp_backend_resets(be), ==, 2);

    /* Once for what was done, not again for nothing. */
    bpmp_backend_reset(be);
    bpmp_backend_reset(be);
    g_assert_cmpuint(resets_seen, ==, 2);
    object_unref(OBJECT(be));
}

static void test_reset_waits(void)
{
    BpmpBackend *be = backend_new(60000);
    gint64 asked;
    Ends ends;

    ends_init(&ends);
    bpmp_backend_submit(be, &request, ends_done, &ends);
    reset_delay_ms = 200;
    asked = g_get_monotonic_time();
    bpmp_backend_reset(be);
    g_assert_cmpint(g_get_monotonic_time() - asked, >=, 200 * 1000);
    held_answer(0, 0);

    /* Not for ever, and it is still to be done. */
    bpmp_backend_submit(be, &request, ends_done, &ends);
    hold_resets = true;
    asked = g_get_monotonic_time();
    bpmp_backend_reset(be);
    g_assert_cmpint(g_get_monotonic_time() - asked, >=, 499 * 1000);
    g_assert_cmpint(g_get_monotonic_time() - asked, <, 5000 * 1000);
    g_assert_false(bpmp_request_abandoned(held[2]));
    bpmp_request_complete(held[1], 0);
    bpmp_request_complete(held[2], 0);
    object_unref(OBJECT(be));
}

static bool gives_up;

static bool give_up(void)
{
    return qatomic_read(&gives_up);
}

static gpointer transfer(gpointer opaque)
{
    BpmpMessage msg = request;

    return GINT_TO_POINTER(bpmp_backend_transfer(opaque, &msg, give_up));
}

/* One who is asked to stop takes an answer that comes soon, and no other. */
static void test_give_up(void)
{
    BpmpBackend *be = backend_new(60000);
    gint64 asked = g_get_monotonic_time();

    qatomic_set(&gives_up, true);
    for (unsigned i = 0; i < 2; i++) {
        GThread *thread = g_thread_new("transfer", transfer, be);

        g_usleep(250 * 1000);
        if (i == 0) {
            held_answer(0, 0);
            g_assert_cmpint(GPOINTER_TO_INT(g_thread_join(thread)), ==, 0);
            asked = g_get_monotonic_time();
        } else {
            g_assert_cmpint(GPOINTER_TO_INT(g_thread_join(thread)), ==,
                            -ETIMEDOUT);
        }
    }
    g_assert_cmpint(g_get_monotonic_time() - asked, >=, 499 * 1000);
    g_assert_cmpint(g_get_monotonic_time() - asked, <, 10000 * 1000);
    held_answer(1, 0);
    object_unref(OBJECT(be));
}

/* The back end goes while it has requests. */
static void test_end(void)
{
    BpmpBackend *be = backend_new(60000);
    Ends ends;

    ends_init(&ends);
    bpmp_backend_submit(be, &request, ends_done, &ends);
    object_unref(OBJECT(be));
    g_assert_cmpuint(ends.count, ==, 1);
    g_assert_cmpint(ends.status, ==, -ENODEV);
    held_answer(0, 0);
    g_assert_cmpuint(ends.count, ==, 1);
}

/* The wire */

static void test_frames(void)
{
    BpmpMessage msg = { .mrq = 22, .tx_size = 5, .rx_size = 120 };
    uint8_t frame[BPMP_FRAME_MAX];
    /* Two answers, back to back */
    uint8_t stream[2 * BPMP_FRAME_HEADER + 3] = {};
    int status = 1;

    memcpy(msg.tx, "hello", 5);
    g_assert_cmpuint(bpmp_frame_request(frame, 22, msg.tx, 5, 120), ==,
                     21);
    g_assert_cmpmem(frame, 21, "BMP1\x16\0\0\0\x05\0\0\0\x78\0\0\0hello", 21);

    memcpy(stream, "BMP1\xf0\xff\xff\xff\0\0\0\0\0\0\0\0", 16);
    memcpy(stream + 16, "BMP1\0\0\0\0\xb3\xff\xff\xff\x03\0\0\0abc", 19);
    for (size_t slice = 1; slice <= sizeof(stream); slice++) {
        BpmpFrameReader reader = {};
        unsigned whole = 0;

        for (size_t at = 0; at < sizeof(stream); at += slice) {
            const uint8_t *buf = stream + at;
            size_t left = MIN(slice, sizeof(stream) - at);

            while (left) {
                BpmpFrameState state = bpmp_frame_feed(&reader, &buf, &left);

                g_assert_cmpint(state, >=, 0);
                if (state == BPMP_FRAME_WHOLE) {
                    msg.rx_size = 3;
                    g_assert_true(bpmp_message_answer(&reader, &msg,
                                                      &status));
                    g_assert_cmpint(status, ==, whole ? 0 : -EBUSY);
                    whole++;
                }
            }
        }
        g_assert_cmpuint(whole, ==, 2);
        g_assert_cmpint(msg.ret, ==, -77);
        g_assert_cmpmem(msg.rx, msg.rx_size, "abc", 3);
    }
}

static void test_malformed_frames(void)
{
    static const struct {
        const char *frame;
        BpmpFrameState state;
    } cases[] = {
        { "BMP2\0\0\0\0\0\0\0\0\0\0\0\0", BPMP_FRAME_MALFORMED },
        { "BMP1\0\0\0\0\0\0\0\0\x79\0\0\0", BPMP_FRAME_MALFORMED },
        { "BMP1\0\0\0\0\0\0\0\0\xff\xff\xff\xff", BPMP_FRAME_MALFORMED },
        /* A status that is none */
        { "BMP1\x01\0\0\0\0\0\0\0\0\0\0\0", BPMP_FRAME_WHOLE },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        BpmpFrameReader reader = {};
        BpmpMessage msg = request, before = request;
        const uint8_t *buf = (const uint8_t *)cases[i].frame;
        size_t left = BPMP_FRAME_HEADER;
        int status = 7;

        g_assert_cmpint(bpmp_frame_feed(&reader, &buf, &left), ==,
                        cases[i].state);
        if (cases[i].state == BPMP_FRAME_WHOLE) {
            g_assert_false(bpmp_message_answer(&reader, &msg, &status));
            g_assert_cmpint(status, ==, 7);
            g_assert_cmpmem(&msg, sizeof(msg), &before, sizeof(before));
        }
    }
}

static void test_codes(void)
{
    g_assert_cmpint(bpmp_code_from_status(0), ==, 0);
    g_assert_cmpint(bpmp_code_from_status(-EACCES), ==, -13);
    g_assert_cmpint(bpmp_code_from_status(-EBUSY), ==, -16);
    g_assert_cmpint(bpmp_code_from_status(-EINVAL), ==, -22);
    /* These have other numbers than Linux gives them. */
    g_assert_cmpint(bpmp_code_from_status(-ETIMEDOUT), ==, -23);
    g_assert_cmpint(bpmp_code_from_status(-ENXIO), ==, -140);
    /* And for these there are none. */
    g_assert_cmpint(bpmp_code_from_status(-ENOTTY), ==, -5);
    g_assert_cmpint(bpmp_code_from_status(-ECANCELED), ==, -5);
}

/* A character device whose writes end as the test says */

#define TYPE_CHARDEV_ODD "chardev-bpmp-odd"

static enum { ODD_STUCK, ODD_CHANGES, ODD_BREAKS, ODD_TAKES } odd;
static unsigned odd_writes;

static int odd_write(Chardev *chr, const uint8_t *buf, int len)
{
    odd_writes++;
    switch (odd) {
    case ODD_STUCK:
        errno = EAGAIN;
        return -1;
    case ODD_BREAKS:
        errno = EPIPE;
        return -1;
    case ODD_CHANGES:
        /* To another peer in the middle of it */
        qemu_chr_be_event(chr, CHR_EVENT_CLOSED);
        qemu_chr_be_event(chr, CHR_EVENT_OPENED);
        return len;
    default:
        return len;
    }
}

static int odd_pipe[2];

static GSource *odd_add_watch(Chardev *chr, GIOCondition cond)
{
    QIOChannelFile *ioc = qio_channel_file_new_fd(dup(odd_pipe[0]));
    /* Becomes ready when the test writes to the pipe. */
    GSource *source = qio_channel_create_watch(QIO_CHANNEL(ioc), G_IO_IN);

    object_unref(OBJECT(ioc));
    return source;
}

static void odd_init(Object *obj)
{
    qemu_chr_set_feature(CHARDEV(obj), QEMU_CHAR_FEATURE_GCONTEXT);
}

static void odd_class_init(ObjectClass *klass, const void *data)
{
    CHARDEV_CLASS(klass)->chr_write = odd_write;
    CHARDEV_CLASS(klass)->chr_add_watch = odd_add_watch;
}

typedef struct Model {
    Chardev *cd;
    CharFrontend chr;
    BpmpBackend *be;
} Model;

static void model_open(Model *m, Chardev *cd, uint32_t timeout_ms)
{
    m->cd = cd;
    qemu_chr_fe_init(&m->chr, cd, &error_abort);
    m->be = bpmp_backend_chardev_new(&m->chr, timeout_ms, &error_abort);
}

static void model_close(Model *m)
{
    object_unref(OBJECT(m->be));
    qemu_chr_fe_deinit(&m->chr, false);
    object_unparent(OBJECT(m->cd));
}

static Chardev *odd_new(int how)
{
    odd = how;
    odd_writes = 0;
    g_assert_cmpint(pipe(odd_pipe), ==, 0);
    return qemu_chardev_new("odd", TYPE_CHARDEV_ODD, NULL, NULL, &error_abort);
}

static void odd_close(void)
{
    close(odd_pipe[0]);
    close(odd_pipe[1]);
}

/* A peer that reads nothing is waited for as long as for an answer. */
static void test_stuck(void)
{
    gint64 asked = g_get_monotonic_time();
    BpmpMessage msg = request;
    Model m = {};
    Ends ends;

    ends_init(&ends);
    model_open(&m, odd_new(ODD_STUCK), 300);
    bpmp_backend_submit(m.be, &request, ends_done, &ends);
    msg.mrq = 33;
    g_assert_cmpint(bpmp_backend_transfer(m.be, &msg, NULL), ==, -ETIMEDOUT);
    qemu_sem_wait(&ends.sem);
    g_assert_cmpint(ends.status, ==, -ETIMEDOUT);
    g_assert_cmpint(g_get_monotonic_time() - asked, <, 5000 * 1000);
    g_assert_cmpuint(odd_writes, ==, 1);

    /* It goes on. What nobody waits for any more must not happen. */
    odd = ODD_TAKES;
    g_assert_cmpint(write(odd_pipe[1], "", 1), ==, 1);
    g_assert_cmpint(bpmp_backend_transfer(m.be, &msg, NULL), ==, -ETIMEDOUT);
    g_assert_cmpuint(odd_writes, ==, 3);
    model_close(&m);
    odd_close();
}

/* Nothing waits for good for an answer of a peer that was never asked. */
static void test_other_peer(void)
{
    static const int how[] = { ODD_CHANGES, ODD_BREAKS };

    for (unsigned i = 0; i < G_N_ELEMENTS(how); i++) {
        BpmpMessage msg = request;
        Model m = {};

        model_open(&m, odd_new(how[i]), 2000);
        g_assert_cmpint(bpmp_backend_transfer(m.be, &msg, NULL), ==, -EIO);
        g_assert_cmpuint(odd_writes, ==, 1);
        model_close(&m);
        odd_close();
    }
}

/* Storm */

static int storm_ends;

static gpointer ring(gpointer opaque)
{
    Model *m = opaque;

    while (!qatomic_read(&storm_ends)) {
        BpmpMessage msg = { .mrq = PEER_CHAOS, .tx_size = 8, .rx_size = 8 };
        int status = bpmp_backend_transfer(m->be, &msg, NULL);

        g_assert(status == 0 || status == -EIO || status == -ENODEV ||
                 status == -ETIMEDOUT);
        if (status == -ENODEV) {
            g_usleep(1000);
        }
    }
    return NULL;
}

static gboolean wake_up(gpointer opaque)
{
    return G_SOURCE_CONTINUE;
}

static void storm(Chardev *cd, BpmpPeer *peer, bool leaves)
{
    const char *seconds = getenv("BPMP_TEST_STORM_SECONDS");
    gint64 end = g_get_monotonic_time() +
                 (seconds ? atoi(seconds) : 2) * G_TIME_SPAN_SECOND;
    guint timer = g_timeout_add(20, wake_up, NULL);
    GThread *threads[2];
    Model m = {};

    model_open(&m, cd, 200);
    qatomic_set(&storm_ends, 0);
    for (unsigned i = 0; i < G_N_ELEMENTS(threads); i++) {
        threads[i] = g_thread_new("ring", ring, &m);
    }
    while (g_get_monotonic_time() < end) {
        main_loop_wait(false);
        if (leaves && g_random_int_range(0, 10) == 0) {
            peer_leave(peer);
            peer_return(peer);
        }
    }
    qatomic_set(&storm_ends, 1);
    for (unsigned i = 0; i < G_N_ELEMENTS(threads); i++) {
        g_thread_join(threads[i]);
    }
    g_test_message("%u connections, %u transfers", peer_connections(peer),
                   peer_total(peer));
    g_assert_cmpuint(peer_connections(peer), >=, 1);

    /* The model is well again, and so is the back end. */
    end = g_get_monotonic_time() + 60 * G_TIME_SPAN_SECOND;
    for (;;) {
        BpmpMessage msg = { .mrq = 22, .tx_size = 4, .rx_size = 4 };

        g_assert_cmpint(g_get_monotonic_time(), <, end);
        main_loop_wait(false);
        if (bpmp_backend_transfer(m.be, &msg, NULL) == 0) {
            break;
        }
    }
    g_source_remove(timer);
    model_close(&m);
}

#if BPMP_QEMU_AT_LEAST(9, 2)
#define RECONNECT "reconnect-ms=20"
#else
#define RECONNECT "reconnect=1"
#endif

static void test_storm_connecting(void)
{
    BpmpPeer *peer = peer_new();
    g_autofree char *opts = g_strdup_printf("unix:%s,%s", peer_path(peer),
                                            RECONNECT);

    storm(qemu_chr_new("storm", opts, NULL), peer, true);
    peer_free(peer);
}

static void test_storm_listening(void)
{
    BpmpPeer *peer = peer_new();
    g_autofree char *path = g_strdup_printf("%s.qemu", peer_path(peer));
    g_autofree char *opts = g_strdup_printf("unix:%s,server=on,wait=off",
                                            path);
    Chardev *cd = qemu_chr_new("storm", opts, NULL);

    peer_call(peer, path);
    storm(cd, peer, false);
    unlink(path);
    peer_free(peer);
}

static const TypeInfo test_types[] = {
    {
        .name = TYPE_BPMP_BACKEND_TEST,
        .parent = TYPE_BPMP_BACKEND,
        .class_init = (void *)test_class_init,
    },
    {
        .name = TYPE_CHARDEV_ODD,
        .parent = TYPE_CHARDEV,
        .instance_init = odd_init,
        .class_init = (void *)odd_class_init,
    },
};

DEFINE_TYPES(test_types)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qemu_init_main_loop(&error_abort);
    socket_init();
    module_call_init(MODULE_INIT_QOM);
    qemu_add_opts(&qemu_chardev_opts);

    g_test_add_func("/bpmp-backend/answered", test_answered);
    g_test_add_func("/bpmp-backend/refused", test_refused);
    g_test_add_func("/bpmp-backend/timeout", test_timeout);
    g_test_add_func("/bpmp-backend/reset", test_reset);
    g_test_add_func("/bpmp-backend/reset-waits", test_reset_waits);
    g_test_add_func("/bpmp-backend/give-up", test_give_up);
    g_test_add_func("/bpmp-backend/end", test_end);
    g_test_add_func("/bpmp-protocol/frames", test_frames);
    g_test_add_func("/bpmp-protocol/malformed", test_malformed_frames);
    g_test_add_func("/bpmp-protocol/codes", test_codes);
    g_test_add_func("/bpmp-backend-chardev/stuck", test_stuck);
    g_test_add_func("/bpmp-backend-chardev/other-peer", test_other_peer);
    g_test_add_func("/bpmp-backend-chardev/storm/connecting",
                    test_storm_connecting);
    g_test_add_func("/bpmp-backend-chardev/storm/listening",
                    test_storm_listening);
    return g_test_run();
}
