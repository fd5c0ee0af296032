/*
 * BPMP back end: the proxy in the host's kernel
 *
 * An answer may take as long as the kernel's own time-out, minutes, and the
 * thread that waits for it cannot be woken. So requests are given to threads
 * of this file, and the virtual CPU that asked can give up.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/lockable.h"
#include "qemu/module.h"
#include "hw/misc/bpmp-backend.h"
#include "hw/misc/bpmp-host-device.h"
#include "hw/misc/bpmp-qemu-compat.h"
#include "monitor/monitor.h"
#include "trace.h"

OBJECT_DECLARE_SIMPLE_TYPE(BpmpBackendHost, BPMP_BACKEND_HOST)

/* Outlives the back end as long as a thread is inside the kernel. */
typedef struct BpmpHostPool {
    BpmpHostDevice dev;
    unsigned max_threads;

    /* Guards all below. */
    QemuMutex lock;
    QemuCond work;
    BpmpRequestQueue queue;
    unsigned queued;
    unsigned refs;
    unsigned threads;
    unsigned idle;
    unsigned running;
    bool resetting;
    bool closed;
} BpmpHostPool;

struct BpmpBackendHost {
    BpmpBackend parent_obj;

    BpmpHostPool *pool;
};

static int host_run(BpmpHostPool *pool, BpmpRequest *req)
{
    if (req->kind == BPMP_REQUEST_RESET) {
        return bpmp_host_reset(&pool->dev);
    }
    if (bpmp_request_abandoned(req)) {
        /* Nobody waits any more: it must not happen later. */
        return -ETIMEDOUT;
    }
    return bpmp_host_transfer(&pool->dev, &req->msg);
}

static void pool_unref_unlock(BpmpHostPool *pool)
{
    bool last = --pool->refs == 0;

    qemu_mutex_unlock(&pool->lock);
    if (last) {
        close(pool->dev.fd);
        qemu_cond_destroy(&pool->work);
        qemu_mutex_destroy(&pool->lock);
        g_free(pool);
    }
}

/* The next request that may start now: a reset runs alone. */
static BpmpRequest *pool_take(BpmpHostPool *pool)
{
    BpmpRequest *req = QSIMPLEQ_FIRST(&pool->queue);

    if (!req || pool->resetting ||
        (req->kind == BPMP_REQUEST_RESET && pool->running)) {
        return NULL;
    }
    QSIMPLEQ_REMOVE_HEAD(&pool->queue, next);
    pool->queued--;
    pool->running++;
    pool->resetting = req->kind == BPMP_REQUEST_RESET;
    return req;
}

static void *pool_thread(void *opaque)
{
    BpmpHostPool *pool = opaque;

    qemu_mutex_lock(&pool->lock);
    while (!pool->closed) {
        BpmpRequest *req = pool_take(pool);
        int status;

        if (!req) {
            pool->idle++;
            qemu_cond_wait(&pool->work, &pool->lock);
            pool->idle--;
            continue;
        }

        qemu_mutex_unlock(&pool->lock);
        status = host_run(pool, req);
        if (req->kind == BPMP_REQUEST_RESET) {
            trace_bpmp_backend_host_reset(status);
        }
        qemu_mutex_lock(&pool->lock);

        pool->running--;
        pool->resetting = false;
        if (!QSIMPLEQ_EMPTY(&pool->queue)) {
            /* A reset may have held the others back. */
            qemu_cond_broadcast(&pool->work);
        }
        bpmp_request_complete(req, status);
    }
    pool_unref_unlock(pool);
    return NULL;
}

static void bpmp_backend_host_submit(BpmpBackend *be, BpmpRequest *req)
{
    BpmpHostPool *pool = BPMP_BACKEND_HOST(be)->pool;
    QemuThread thread;

    QEMU_LOCK_GUARD(&pool->lock);
    QSIMPLEQ_INSERT_TAIL(&pool->queue, req, next);
    pool->queued++;
    if (pool->idle < pool->queued && pool->threads < pool->max_threads) {
        pool->threads++;
        pool->refs++;
        qemu_thread_create(&thread, "bpmp-host", pool_thread, pool,
                           QEMU_THREAD_DETACHED);
    }
    qemu_cond_signal(&pool->work);
}

/* Which of the host drivers' interfaces is behind @fd? */
static bool host_probe(int fd, const char *name, bool compat_write,
                       BpmpHostDevice *dev, Error **errp)
{
    ERRP_GUARD();
    struct bpmp_host_info info;
    struct stat st;
    int ret;

    if (fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode)) {
        error_setg(errp, "%s is not a character device", name);
        return false;
    }

    ret = bpmp_host_probe(fd, compat_write, dev, &info);
    if (ret < 0) {
        error_setg_errno(errp, -ret, "%s does not answer like a BPMP", name);
        error_append_hint(errp, "It must be the device of the host's "
                          "bpmp-host-proxy driver.\n");
        if (ret == -ENOTTY) {
            error_append_hint(errp, "For an earlier driver, which takes "
                              "write(): -global "
                              "nvidia-bpmp-guest.compatible-write=on\n");
        }
        return false;
    }
    if (dev->compat_size) {
        trace_bpmp_backend_host_compat(name, dev->compat_size);
        return true;
    }
    trace_bpmp_backend_host_info(name, info.version, info.own_clocks,
                                 info.own_resets, info.own_domains);
    if (info.version != BPMP_HOST_VERSION) {
        error_setg(errp, "%s speaks version %" PRIu32 " of the interface,"
                   " this QEMU version %d", name, info.version,
                   BPMP_HOST_VERSION);
        return false;
    }
    return true;
}

static int host_open(const char *path, const char *fdname, Error **errp)
{
    ERRP_GUARD();
    int fd;

    if (fdname) {
        fd = monitor_fd_param(monitor_cur(), fdname, errp);
        if (fd >= 0 && fcntl(fd, F_GETFD) < 0) {
            error_setg_errno(errp, errno, "'%s' is not an open file", fdname);
            return -1;
        }
        if (fd >= 0) {
            qemu_set_cloexec(fd);
        }
        return fd;
    }

    errno = 0;
    /* A path may be another device's: a terminal must not become ours. */
    fd = qemu_open(path, O_RDWR | O_NOCTTY, errp);
    if (fd < 0) {
        switch (errno) {
        case EBUSY:
            error_append_hint(errp, "Another program has it open: a virtual "
                              "machine needs a policy node of its own.\n");
            break;
        case EACCES:
        case EPERM:
            error_append_hint(errp, "Only its owner may open it, root as a "
                              "rule: run as that user, or pass an open file "
                              "with bpmp-fd=.\n");
            break;
        default:
            error_append_hint(errp, "Is the host's bpmp-host-proxy driver "
                              "loaded, and has the host's device tree a node "
                              "for it? Without a BPMP: -M virt,bpmp=off\n");
            break;
        }
    }
    return fd;
}

BpmpBackend *bpmp_backend_host_new(const char *path, const char *fdname,
                                   bool compat_write, unsigned max_transfers,
                                   uint32_t timeout_ms, Error **errp)
{
    const char *name = path ?: "the descriptor of the BPMP's device";
    BpmpHostDevice dev;
    BpmpBackend *be;
    BpmpHostPool *pool;
    int fd = host_open(path, fdname, errp);

    if (fd < 0) {
        return NULL;
    }
    if (!host_probe(fd, name, compat_write, &dev, errp)) {
        close(fd);
        return NULL;
    }
    be = bpmp_backend_open(TYPE_BPMP_BACKEND_HOST, timeout_ms, errp);
    if (!be) {
        close(fd);
        return NULL;
    }

    pool = g_new0(BpmpHostPool, 1);
    pool->dev = dev;
    /* One more for a reset */
    pool->max_threads = max_transfers + 1;
    pool->refs = 1;
    qemu_mutex_init(&pool->lock);
    qemu_cond_init(&pool->work);
    QSIMPLEQ_INIT(&pool->queue);
    BPMP_BACKEND_HOST(be)->pool = pool;
    return be;
}

static void bpmp_backend_host_finalize(Object *obj)
{
    BpmpHostPool *pool = BPMP_BACKEND_HOST(obj)->pool;
    BpmpRequest *req;

    if (!pool) {
        return;
    }
    qemu_mutex_lock(&pool->lock);
    pool->closed = true;
    while ((req = QSIMPLEQ_FIRST(&pool->queue))) {
        QSIMPLEQ_REMOVE_HEAD(&pool->queue, next);
        bpmp_request_complete(req, -ENODEV);
    }
    qemu_cond_broadcast(&pool->work);
    pool_unref_unlock(pool);
}

static void bpmp_backend_host_class_init(ObjectClass *klass,
                                         BpmpClassData *data)
{
    BPMP_BACKEND_CLASS(klass)->submit = bpmp_backend_host_submit;
}

static const TypeInfo bpmp_backend_host_types[] = {
    {
        .name = TYPE_BPMP_BACKEND_HOST,
        .parent = TYPE_BPMP_BACKEND,
        .instance_size = sizeof(BpmpBackendHost),
        .instance_finalize = bpmp_backend_host_finalize,
        .class_init = bpmp_backend_host_class_init,
    },
};

DEFINE_TYPES(bpmp_backend_host_types)
