/*
 * A firmware model small enough for tests: what it answers is in the request
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef BPMP_PEER_H
#define BPMP_PEER_H

/* Request numbers with a behaviour; all others are answered with an echo. */
enum {
    PEER_SLEEP = 200,       /* answers after as many ms as the first u32 says */
    PEER_STATUS = 201,      /* status is the first u32 */
    PEER_RET = 202,         /* ret is the first u32 */
    PEER_TOO_LONG = 203,    /* an answer longer than the room */
    PEER_BAD_MAGIC = 204,
    PEER_HANG_UP = 205,
    PEER_HOLD = 206,        /* no answer before peer_release() */
    PEER_PAIR = 207,        /* no answer before a second one is there */
    PEER_HUGE = 208,        /* an answer over the most that a frame has */
    PEER_SLICED = 209,      /* an echo in single bytes */
    PEER_CHAOS = 210,       /* any of these and worse, by chance */
};

#define PEER_LINE_STATE 0x7fff0001
#define PEER_MASTER_RESET 0x7fff0002
#define PEER_MAGIC 0x31504d42
#define PEER_PAYLOAD 120

typedef struct BpmpPeer BpmpPeer;

BpmpPeer *peer_new(void);
void peer_free(BpmpPeer *peer);

/* Path of its socket. */
const char *peer_path(BpmpPeer *peer);

/* Connect to who listens at @path, again whenever a connection ends. */
void peer_call(BpmpPeer *peer, const char *path);

/* Leave: hang up all connections and refuse others, until it comes back. */
void peer_leave(BpmpPeer *peer);
void peer_return(BpmpPeer *peer);

/* How many connections there have been. */
unsigned peer_connections(BpmpPeer *peer);

/* While a reset of the master is under way: called before it is answered. */
void peer_on_reset(BpmpPeer *peer, void (*cb)(void *opaque), void *opaque);

/* How many requests with this number have come so far. */
unsigned peer_count(BpmpPeer *peer, uint32_t mrq);

/* How many requests have come so far. */
unsigned peer_total(BpmpPeer *peer);

/* Wait until @n requests with this number have come; fails after a minute. */
void peer_wait(BpmpPeer *peer, uint32_t mrq, unsigned n);

/* Let held requests go. */
void peer_release(BpmpPeer *peer);

/* What PEER_LINE_STATE answers. */
void peer_set_lines(BpmpPeer *peer, bool clock_on, bool reset_asserted);

#endif /* BPMP_PEER_H */
