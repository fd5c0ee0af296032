/*
 * Requests under way
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "clock.h"
#include "pool.h"

enum {
    FREE,
    /* Taken by who submits, or given to it to be answered */
    OUTSIDE,
    QUEUED,
    RUNNING,
    /* Answered for the BPMP, while a thread still waits for that */
    ABANDONED,
    DONE,
};

struct Pool {
    const ScmiDomains *domains;
    BpmpLink *link;
    unsigned timeout_ms;
    int event;

    /* Guards all below, and the state of each place. */
    pthread_mutex_t lock;
    pthread_cond_t work;
    Work places[POOL_PLACES];
    Work reset;
    /* What waits for a thread, in order */
    Work *first;
    Work *last;
    unsigned running;
    bool resetting;
};

static void queue_put(Pool *pool, Work *work)
{
    work->state = QUEUED;
    work->next = NULL;
    if (pool->first) {
        pool->last->next = work;
    } else {
        pool->first = work;
    }
    pool->last = work;
    pthread_cond_broadcast(&pool->work);
}

static void queue_drop(Pool *pool, Work *work)
{
    Work **at = &pool->first;
    Work *before = NULL;

    while (*at != work) {
        before = *at;
        at = &before->next;
    }
    *at = work->next;
    if (pool->last == work) {
        pool->last = before;
    }
}

/* The next that may start: a reset runs alone. */
static Work *queue_next(Pool *pool)
{
    Work *work = pool->first;

    if (!work || pool->resetting || (work->is_reset && pool->running)) {
        return NULL;
    }
    queue_drop(pool, work);
    work->state = RUNNING;
    pool->running++;
    pool->resetting = work->is_reset;
    return work;
}

static void announce(Pool *pool)
{
    uint64_t one = 1;

    /* It fails only where 2^64 are waiting to be read. */
    if (write(pool->event, &one, sizeof(one)) < 0) {
        return;
    }
}

/* A request of several transfers stops at the first that nobody wants. */
static int transfer(void *opaque, BpmpCall *call)
{
    Work *work = opaque;
    Pool *pool = work->pool;
    bool wanted;

    pthread_mutex_lock(&pool->lock);
    wanted = work->state == RUNNING;
    pthread_mutex_unlock(&pool->lock);
    return wanted ? bpmp_link_transfer(pool->link, call, pool->timeout_ms) :
                    -ETIMEDOUT;
}

static size_t carry_out(Pool *pool, Work *work, uint8_t *answer)
{
    const ScmiFirmware fw = { .transfer = transfer, .opaque = work };

    if (work->is_reset) {
        bpmp_link_reset(pool->link, pool->timeout_ms);
        return 0;
    }
    return scmi_answer(pool->domains, &fw, work->request, work->request_size,
                       answer, work->room);
}

static void finish(Pool *pool, Work *work, const uint8_t *answer, size_t size)
{
    pool->running--;
    if (work->is_reset) {
        pool->resetting = false;
        work->state = FREE;
    } else if (work->state == ABANDONED) {
        work->state = FREE;
        announce(pool);
    } else {
        memcpy(work->answer, answer, size);
        work->answer_size = size;
        work->state = DONE;
        announce(pool);
    }
    if (pool->first) {
        pthread_cond_broadcast(&pool->work);
    }
}

static void *thread(void *opaque)
{
    Pool *pool = opaque;
    /* An abandoned one has its answer already. */
    uint8_t answer[SCMI_MESSAGE];

    pthread_mutex_lock(&pool->lock);
    for (;;) {
        Work *work = queue_next(pool);
        size_t size;

        if (!work) {
            pthread_cond_wait(&pool->work, &pool->lock);
            continue;
        }
        pthread_mutex_unlock(&pool->lock);
        size = carry_out(pool, work, answer);
        pthread_mutex_lock(&pool->lock);
        finish(pool, work, answer, size);
    }
    return NULL;
}

static void start_threads(Pool *pool)
{
    pthread_attr_t attr;
    pthread_t id;

    if (pthread_attr_init(&attr) || pthread_attr_setstacksize(&attr, 1 << 18)) {
        abort();
    }
    for (unsigned i = 0; i < POOL_THREADS; i++) {
        if (pthread_create(&id, &attr, thread, pool)) {
            abort();
        }
    }
    pthread_attr_destroy(&attr);
}

Pool *pool_new(const ScmiDomains *d, BpmpLink *link, unsigned timeout_ms)
{
    Pool *pool = calloc(1, sizeof(*pool));

    if (!pool) {
        abort();
    }
    pool->domains = d;
    pool->link = link;
    pool->timeout_ms = timeout_ms;
    pool->event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (pool->event < 0) {
        abort();
    }
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->work, NULL);
    for (unsigned i = 0; i < POOL_PLACES; i++) {
        pool->places[i].pool = pool;
    }
    pool->reset.pool = pool;
    pool->reset.is_reset = true;
    start_threads(pool);
    return pool;
}

int pool_fd(const Pool *pool)
{
    return pool->event;
}

Work *pool_take(Pool *pool)
{
    Work *found = NULL;

    pthread_mutex_lock(&pool->lock);
    for (unsigned i = 0; i < POOL_PLACES && !found; i++) {
        if (pool->places[i].state == FREE) {
            found = &pool->places[i];
            found->state = OUTSIDE;
            found->element = NULL;
        }
    }
    pthread_mutex_unlock(&pool->lock);
    return found;
}

void pool_submit(Pool *pool, Work *work)
{
    pthread_mutex_lock(&pool->lock);
    work->deadline = now_ms() + pool->timeout_ms;
    work->answer_size = 0;
    queue_put(pool, work);
    pthread_mutex_unlock(&pool->lock);
}

void pool_reset(Pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    if (pool->reset.state == RUNNING) {
        /*
         * The machine started twice while its first undo went on. Nothing was
         * done between: all since waits for that undo, and is dropped.
         */
    } else if (pool->reset.state == QUEUED) {
        queue_drop(pool, &pool->reset);
        queue_put(pool, &pool->reset);
    } else {
        queue_put(pool, &pool->reset);
    }
    pthread_mutex_unlock(&pool->lock);
}

Work *pool_finished(Pool *pool, int64_t now)
{
    Work *found = NULL;

    pthread_mutex_lock(&pool->lock);
    for (unsigned i = 0; i < POOL_PLACES && !found; i++) {
        Work *work = &pool->places[i];

        if (work->state == DONE) {
            found = work;
            work->state = OUTSIDE;
        } else if ((work->state == QUEUED || work->state == RUNNING) &&
                   work->deadline <= now) {
            work->answer_size = scmi_error_answer(work->request,
                                                  work->request_size,
                                                  SCMI_COMMS_ERROR,
                                                  work->answer, work->room);
            if (work->state == QUEUED) {
                /* It must not happen later. */
                queue_drop(pool, work);
                work->state = OUTSIDE;
            } else {
                work->state = ABANDONED;
            }
            found = work;
        }
    }
    pthread_mutex_unlock(&pool->lock);
    return found;
}

void pool_give_back(Pool *pool, Work *work)
{
    pthread_mutex_lock(&pool->lock);
    work->element = NULL;
    if (work->state == OUTSIDE) {
        work->state = FREE;
    }
    pthread_mutex_unlock(&pool->lock);
}

unsigned pool_pending(Pool *pool)
{
    unsigned n = 0;

    pthread_mutex_lock(&pool->lock);
    for (unsigned i = 0; i < POOL_PLACES; i++) {
        int state = pool->places[i].state;

        n += state == QUEUED || state == RUNNING || state == DONE;
    }
    pthread_mutex_unlock(&pool->lock);
    return n;
}

int64_t pool_deadline(Pool *pool)
{
    int64_t next = INT64_MAX;

    pthread_mutex_lock(&pool->lock);
    for (unsigned i = 0; i < POOL_PLACES; i++) {
        const Work *work = &pool->places[i];

        if ((work->state == QUEUED || work->state == RUNNING) &&
            work->deadline < next) {
            next = work->deadline;
        }
    }
    pthread_mutex_unlock(&pool->lock);
    return next;
}
