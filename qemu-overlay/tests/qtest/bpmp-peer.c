/*
 * A firmware model small enough for tests
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include <sys/socket.h>
#include <sys/un.h>
#include "qemu/atomic.h"
#include "qemu/bswap.h"
#include "bpmp-peer.h"

#define HEADER 16

typedef struct Frame {
    uint32_t mrq;
    uint32_t tx_size;
    uint32_t rx_room;
    uint8_t tx[PEER_PAYLOAD];
} Frame;

struct BpmpPeer {
    char *dir;
    char *path;
    int listener;
    GThread *acceptor;
    char *called;
    GThread *caller;

    GMutex lock;
    GCond changed;
    bool accepting;
    /* Threads of connections: all of them, and those that are to be joined. */
    unsigned serving;
    GSList *served;
    GHashTable *counts;
    unsigned total;
    bool released;
    bool stopping;
    bool clock_on;
    bool reset_asserted;
    void (*on_reset)(void *opaque);
    void *on_reset_opaque;
    /* Open descriptors; each is its thread's to close. */
    GSList *connections;
    unsigned connected;
};

typedef struct Connection {
    BpmpPeer *peer;
    int fd;
} Connection;

static bool read_exactly(int fd, void *buf, size_t len)
{
    while (len) {
        ssize_t n = read(fd, buf, len);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return false;
        }
        buf = (char *)buf + n;
        len -= n;
    }
    return true;
}

static bool frame_read(int fd, Frame *f)
{
    uint8_t header[HEADER];

    if (!read_exactly(fd, header, sizeof(header))) {
        return false;
    }
    f->mrq = ldl_le_p(header + 4);
    f->tx_size = ldl_le_p(header + 8);
    f->rx_room = ldl_le_p(header + 12);

    /* What QEMU promises never to let out. */
    g_assert_cmphex(ldl_le_p(header), ==, PEER_MAGIC);
    g_assert_cmpuint(f->tx_size, <=, PEER_PAYLOAD);
    g_assert_cmpuint(f->rx_room, <=, PEER_PAYLOAD);
    g_assert(f->mrq <= 255 || f->mrq == PEER_LINE_STATE ||
             f->mrq == PEER_MASTER_RESET);
    memset(f->tx, 0, sizeof(f->tx));
    return read_exactly(fd, f->tx, f->tx_size);
}

static void answer(int fd, uint32_t magic, int32_t status, int32_t ret,
                   const uint8_t *rx, uint32_t rx_size, size_t slice)
{
    g_autofree uint8_t *buf = g_malloc0(HEADER + rx_size);
    size_t len = HEADER + rx_size;

    stl_le_p(buf, magic);
    stl_le_p(buf + 4, status);
    stl_le_p(buf + 8, ret);
    stl_le_p(buf + 12, rx_size);
    memcpy(buf + HEADER, rx, rx_size);
    for (size_t i = 0; i < len; i += slice) {
        /* QEMU may have gone. */
        if (send(fd, buf + i, MIN(slice, len - i), MSG_NOSIGNAL) < 0) {
            return;
        }
    }
}

static void count(BpmpPeer *peer, uint32_t mrq)
{
    gpointer key = GUINT_TO_POINTER(mrq);
    guint n = GPOINTER_TO_UINT(g_hash_table_lookup(peer->counts, key));

    g_hash_table_insert(peer->counts, key, GUINT_TO_POINTER(n + 1));
    peer->total++;
    g_cond_broadcast(&peer->changed);
}

static uint32_t line_state(BpmpPeer *peer, const Frame *f)
{
    return ldl_le_p(f->tx) == 0 ? peer->clock_on : peer->reset_asserted;
}

/* Bytes of an answer that is never whole. */
static bool torn(int fd)
{
    uint8_t part[HEADER + PEER_PAYLOAD];
    size_t len = g_random_int_range(1, sizeof(part));

    memset(part, 0, sizeof(part));
    stl_le_p(part, PEER_MAGIC);
    stl_le_p(part + 12, PEER_PAYLOAD);
    send(fd, part, len, MSG_NOSIGNAL);
    return false;
}

static bool chaos(int fd, const Frame *f)
{
    static const uint8_t zeros[PEER_PAYLOAD * 2];
    uint32_t echo = MIN(f->tx_size, f->rx_room);

    switch (g_random_int_range(0, 24)) {
    case 0:
        return false;
    case 1:
        answer(fd, ~PEER_MAGIC, 0, 0, zeros, 0, HEADER);
        return true;
    case 2:
        answer(fd, PEER_MAGIC, 0, 0, zeros, f->rx_room + 1, HEADER);
        return true;
    case 3:
        answer(fd, PEER_MAGIC, 0, 0, zeros, PEER_PAYLOAD + 1, HEADER);
        return true;
    case 4:
        return torn(fd);
    case 5:
        answer(fd, PEER_MAGIC, 1, 0, zeros, 0, HEADER);
        return true;
    case 6:
        /* One more than it was asked for */
        answer(fd, PEER_MAGIC, 0, 0, f->tx, echo, HEADER);
        break;
    case 7:
        shutdown(fd, SHUT_WR);
        return true;
    case 8:
        g_usleep(g_random_int_range(0, 20000));
        break;
    default:
        break;
    }
    answer(fd, PEER_MAGIC, 0, 0, f->tx, echo, HEADER + PEER_PAYLOAD);
    return true;
}

/* Returns false when the connection is to end. */
static bool respond(BpmpPeer *peer, int fd, const Frame *f)
{
    static const uint8_t zeros[PEER_PAYLOAD * 2];
    uint32_t arg = ldl_le_p(f->tx);
    uint32_t echo = MIN(f->tx_size, f->rx_room);
    uint8_t state[4];

    switch (f->mrq) {
    case PEER_SLEEP:
        g_usleep(arg * 1000);
        break;
    case PEER_STATUS:
        answer(fd, PEER_MAGIC, arg, 0, zeros, 0, HEADER);
        return true;
    case PEER_RET:
        answer(fd, PEER_MAGIC, 0, arg, zeros, 0, HEADER);
        return true;
    case PEER_TOO_LONG:
        answer(fd, PEER_MAGIC, 0, 0, zeros, f->rx_room + 1, HEADER);
        return true;
    case PEER_HUGE:
        answer(fd, PEER_MAGIC, 0, 0, zeros, PEER_PAYLOAD + 1, HEADER);
        return true;
    case PEER_BAD_MAGIC:
        answer(fd, ~PEER_MAGIC, 0, 0, zeros, 0, HEADER);
        return true;
    case PEER_HANG_UP:
        return false;
    case PEER_CHAOS:
        return chaos(fd, f);
    case PEER_MASTER_RESET:
        if (peer->on_reset) {
            peer->on_reset(peer->on_reset_opaque);
        }
        break;
    case PEER_HOLD:
        g_mutex_lock(&peer->lock);
        while (!peer->released && !peer->stopping) {
            g_cond_wait(&peer->changed, &peer->lock);
        }
        g_mutex_unlock(&peer->lock);
        break;
    case PEER_SLICED:
        answer(fd, PEER_MAGIC, 0, 0, f->tx, echo, 1);
        return true;
    case PEER_LINE_STATE:
        g_mutex_lock(&peer->lock);
        stl_le_p(state, line_state(peer, f));
        g_mutex_unlock(&peer->lock);
        answer(fd, PEER_MAGIC, 0, 0, state, sizeof(state), HEADER);
        return true;
    default:
        break;
    }
    answer(fd, PEER_MAGIC, 0, 0, f->tx, echo, HEADER + PEER_PAYLOAD);
    return true;
}

/* Takes @c over, and is in its list of connections until the end. */
static gpointer serve(gpointer opaque)
{
    g_autofree Connection *c = opaque;
    BpmpPeer *peer = c->peer;
    Frame held, f;
    bool holding = false;

    while (frame_read(c->fd, &f)) {
        g_mutex_lock(&peer->lock);
        count(peer, f.mrq);
        g_mutex_unlock(&peer->lock);

        if (f.mrq == PEER_PAIR && !holding) {
            held = f;
            holding = true;
            continue;
        }
        if (holding) {
            holding = false;
            if (!respond(peer, c->fd, &held)) {
                break;
            }
        }
        if (!respond(peer, c->fd, &f)) {
            break;
        }
    }

    g_mutex_lock(&peer->lock);
    peer->connections = g_slist_remove(peer->connections,
                                       GINT_TO_POINTER(c->fd));
    close(c->fd);
    g_cond_broadcast(&peer->changed);
    g_mutex_unlock(&peer->lock);
    return NULL;
}

static Connection *connection_new(BpmpPeer *peer, int fd)
{
    Connection *c = g_new0(Connection, 1);

    c->peer = peer;
    c->fd = fd;
    g_mutex_lock(&peer->lock);
    peer->connections = g_slist_prepend(peer->connections,
                                        GINT_TO_POINTER(fd));
    peer->connected++;
    g_mutex_unlock(&peer->lock);
    return c;
}

static gpointer serve_and_say(gpointer opaque)
{
    Connection *c = opaque;
    BpmpPeer *peer = c->peer;

    serve(c);
    g_mutex_lock(&peer->lock);
    peer->served = g_slist_prepend(peer->served, g_thread_self());
    g_cond_broadcast(&peer->changed);
    g_mutex_unlock(&peer->lock);
    return NULL;
}

/* Called with the lock, which is free meanwhile. */
static void join_served(BpmpPeer *peer)
{
    while (peer->served) {
        GThread *thread = peer->served->data;

        peer->served = g_slist_delete_link(peer->served, peer->served);
        g_mutex_unlock(&peer->lock);
        g_thread_join(thread);
        g_mutex_lock(&peer->lock);
        peer->serving--;
    }
}

static gpointer accept_connections(gpointer opaque)
{
    BpmpPeer *peer = opaque;
    int fd;

    g_mutex_lock(&peer->lock);
    peer->accepting = true;
    g_cond_broadcast(&peer->changed);
    g_mutex_unlock(&peer->lock);
    while ((fd = accept(peer->listener, NULL, NULL)) >= 0) {
        Connection *c = connection_new(peer, fd);

        g_mutex_lock(&peer->lock);
        join_served(peer);
        peer->serving++;
        g_mutex_unlock(&peer->lock);
        g_thread_new("peer", serve_and_say, c);
    }
    return NULL;
}

/*
 * Tests fork to start QEMU, and the child of a fork has each lock that another
 * thread held, for good. AddressSanitizer has some while a thread begins or
 * ends; so none does: this one has begun, and peer_free() joins all.
 */
static void start_accepting(BpmpPeer *peer)
{
    peer->accepting = false;
    peer->acceptor = g_thread_new("peer-accept", accept_connections, peer);
    g_mutex_lock(&peer->lock);
    while (!peer->accepting) {
        g_cond_wait(&peer->changed, &peer->lock);
    }
    g_mutex_unlock(&peer->lock);
}

static struct sockaddr_un peer_address(const char *path)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };

    g_assert_cmpint(strlen(path), <, sizeof(addr.sun_path));
    strcpy(addr.sun_path, path);
    return addr;
}

static gpointer call(gpointer opaque)
{
    BpmpPeer *peer = opaque;
    struct sockaddr_un addr = peer_address(peer->called);

    while (!qatomic_read(&peer->stopping)) {
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        Connection *c;

        g_assert_cmpint(fd, >=, 0);
        if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
            close(fd);
            g_usleep(1000);
            continue;
        }
        c = connection_new(peer, fd);
        if (qatomic_read(&peer->stopping)) {
            /* It may be too late for those who hang up. */
            shutdown(fd, SHUT_RDWR);
        }
        serve(c);
    }
    return NULL;
}

void peer_call(BpmpPeer *peer, const char *path)
{
    peer->called = g_strdup(path);
    peer->caller = g_thread_new("peer-call", call, peer);
}

void peer_return(BpmpPeer *peer)
{
    struct sockaddr_un addr = peer_address(peer->path);

    peer->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(peer->listener, >=, 0);
    g_assert_cmpint(bind(peer->listener, (struct sockaddr *)&addr,
                         sizeof(addr)), ==, 0);
    g_assert_cmpint(listen(peer->listener, 4), ==, 0);
    start_accepting(peer);
}

static void hang_up_all(BpmpPeer *peer)
{
    g_mutex_lock(&peer->lock);
    for (GSList *l = peer->connections; l; l = l->next) {
        shutdown(GPOINTER_TO_INT(l->data), SHUT_RDWR);
    }
    g_mutex_unlock(&peer->lock);
}

void peer_leave(BpmpPeer *peer)
{
    unlink(peer->path);
    shutdown(peer->listener, SHUT_RDWR);
    g_thread_join(peer->acceptor);
    close(peer->listener);
    hang_up_all(peer);
}

BpmpPeer *peer_new(void)
{
    BpmpPeer *peer = g_new0(BpmpPeer, 1);

    peer->dir = g_dir_make_tmp("bpmp-peer-XXXXXX", NULL);
    g_assert_nonnull(peer->dir);
    peer->path = g_strdup_printf("%s/socket", peer->dir);
    peer->counts = g_hash_table_new(NULL, NULL);
    g_mutex_init(&peer->lock);
    g_cond_init(&peer->changed);
    peer_return(peer);
    return peer;
}

void peer_free(BpmpPeer *peer)
{
    g_mutex_lock(&peer->lock);
    qatomic_set(&peer->stopping, true);
    g_cond_broadcast(&peer->changed);
    g_mutex_unlock(&peer->lock);

    peer_leave(peer);
    if (peer->caller) {
        g_thread_join(peer->caller);
        g_free(peer->called);
    }
    g_mutex_lock(&peer->lock);
    for (join_served(peer); peer->serving; join_served(peer)) {
        g_cond_wait(&peer->changed, &peer->lock);
    }
    g_assert_null(peer->connections);
    g_mutex_unlock(&peer->lock);

    g_hash_table_destroy(peer->counts);
    rmdir(peer->dir);
    g_free(peer->path);
    g_free(peer->dir);
    g_mutex_clear(&peer->lock);
    g_cond_clear(&peer->changed);
    g_free(peer);
}

const char *peer_path(BpmpPeer *peer)
{
    return peer->path;
}

static unsigned count_locked(BpmpPeer *peer, uint32_t mrq)
{
    return GPOINTER_TO_UINT(g_hash_table_lookup(peer->counts,
                                                GUINT_TO_POINTER(mrq)));
}

unsigned peer_count(BpmpPeer *peer, uint32_t mrq)
{
    unsigned n;

    g_mutex_lock(&peer->lock);
    n = count_locked(peer, mrq);
    g_mutex_unlock(&peer->lock);
    return n;
}

unsigned peer_total(BpmpPeer *peer)
{
    unsigned n;

    g_mutex_lock(&peer->lock);
    n = peer->total;
    g_mutex_unlock(&peer->lock);
    return n;
}

unsigned peer_connections(BpmpPeer *peer)
{
    unsigned n;

    g_mutex_lock(&peer->lock);
    n = peer->connected;
    g_mutex_unlock(&peer->lock);
    return n;
}

void peer_on_reset(BpmpPeer *peer, void (*cb)(void *opaque), void *opaque)
{
    peer->on_reset_opaque = opaque;
    peer->on_reset = cb;
}

void peer_wait(BpmpPeer *peer, uint32_t mrq, unsigned n)
{
    gint64 deadline = g_get_monotonic_time() + 60 * G_TIME_SPAN_SECOND;

    g_mutex_lock(&peer->lock);
    while (count_locked(peer, mrq) < n) {
        g_assert(g_cond_wait_until(&peer->changed, &peer->lock, deadline));
    }
    g_mutex_unlock(&peer->lock);
}

void peer_release(BpmpPeer *peer)
{
    g_mutex_lock(&peer->lock);
    peer->released = true;
    g_cond_broadcast(&peer->changed);
    g_mutex_unlock(&peer->lock);
}

void peer_set_lines(BpmpPeer *peer, bool clock_on, bool reset_asserted)
{
    g_mutex_lock(&peer->lock);
    peer->clock_on = clock_on;
    peer->reset_asserted = reset_asserted;
    g_mutex_unlock(&peer->lock);
}
