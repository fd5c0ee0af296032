/*
 * Requests under way: a fixed number of places, and the threads that wait for
 * the BPMP in place of the one that serves the queues
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef SCMI_POOL_H
#define SCMI_POOL_H

#include "link.h"
#include "scmi.h"

/* As many as Linux has messages under way over a queue of 256 descriptors */
#define POOL_PLACES 128
/* How many transfers side by side: four CPUs */
#define POOL_THREADS 4

typedef struct Pool Pool;

typedef struct Work {
    /* The queue's element, for who submits */
    void *element;
    uint8_t request[SCMI_MESSAGE + 1];
    size_t request_size;
    uint8_t answer[SCMI_MESSAGE];
    size_t room;
    size_t answer_size;
    int64_t deadline;

    /* The pool's own */
    int state;
    bool is_reset;
    Pool *pool;
    struct Work *next;
} Work;

/**
 * pool_new: with its threads
 * @timeout_ms: how long a request may take before it is answered for the BPMP
 *
 * Never fails, never returns NULL: without memory or threads there is no
 * machine, and the program ends.
 */
Pool *pool_new(const ScmiDomains *d, BpmpLink *link, unsigned timeout_ms);

/* Readable whenever pool_finished() may have something */
int pool_fd(const Pool *pool);

/* A free place, or NULL */
Work *pool_take(Pool *pool);

/* Hand @work to the threads; its request and room are set. */
void pool_submit(Pool *pool, Work *work);

/*
 * Undo what the machine did: after all that was submitted before, and before
 * all that is submitted later. Two in a row are one.
 */
void pool_reset(Pool *pool);

/*
 * One that is to be answered: carried out, or out of time at @now, which makes
 * its answer COMMS_ERROR. Call pool_give_back() when it is sent. NULL: none.
 */
Work *pool_finished(Pool *pool, int64_t now);
void pool_give_back(Pool *pool, Work *work);

/* Number of those that are neither answered nor given back */
unsigned pool_pending(Pool *pool);

/* When the next one is out of time; INT64_MAX: none is under way */
int64_t pool_deadline(Pool *pool);

#endif /* SCMI_POOL_H */
