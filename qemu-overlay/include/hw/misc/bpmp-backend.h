/*
 * The way to a BPMP: what is behind any guest's view of it
 *
 * A front end hands a request over and is called back; what may be sent, how
 * long an answer may take, and that none from before a reset arrives after it,
 * is looked after here.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef HW_MISC_BPMP_BACKEND_H
#define HW_MISC_BPMP_BACKEND_H

#include "block/aio.h"
#include "hw/misc/bpmp-qemu-compat.h"
#include "hw/misc/bpmp-protocol.h"
#include "qemu/queue.h"
#include "qemu/thread.h"
#include "qom/object.h"

#define TYPE_BPMP_BACKEND "bpmp-backend"
OBJECT_DECLARE_TYPE(BpmpBackend, BpmpBackendClass, BPMP_BACKEND)

#define TYPE_BPMP_BACKEND_HOST "bpmp-backend-host"
#define TYPE_BPMP_BACKEND_CHARDEV "bpmp-backend-chardev"

/*
 * Well below the 20 s after which a Linux guest reports a CPU that does
 * nothing else as a soft lockup: with the window a virtual CPU waits.
 */
#define BPMP_DEFAULT_TIMEOUT_MS 8000

/**
 * BpmpDone: a request has come to its end
 * @status: 0 when the firmware answered, else a negative errno
 * @answer: ret, rx_size and rx; NULL unless @status is 0. Gone on return.
 *
 * Called once for each request, in any thread, with or without the BQL, maybe
 * before bpmp_backend_submit() returns. Must not wait for anything.
 */
typedef void BpmpDone(void *opaque, int status, const BpmpMessage *answer);

/* Asked by whoever waits, ten times a second: should it stop that soon? */
typedef bool BpmpGiveUp(void);

/**
 * bpmp_backend_submit: send a guest's request
 * @msg: copied
 *
 * Any thread, with or without the BQL; does not wait. @done hears
 * -EINVAL   for what a guest may not send,
 * -ETIMEDOUT without an answer in the back end's time,
 * -ECANCELED where the back end was reset meanwhile: drop it,
 * or what the back end says.
 */
void bpmp_backend_submit(BpmpBackend *be, const BpmpMessage *msg,
                         BpmpDone *done, void *opaque);

/**
 * bpmp_backend_transfer: the same for a thread that waits for the end
 * @msg: rx_size, ret and rx are set when 0 is returned
 * @give_up: NULL, or asked whether to wait only half a second more
 *
 * Must not be called with the BQL.
 */
int bpmp_backend_transfer(BpmpBackend *be, BpmpMessage *msg,
                          BpmpGiveUp *give_up);

/* Physical state of what a firmware model switches */
typedef enum BpmpLine {
    BPMP_LINE_CLOCK = 0,    /* 1: any master has it on */
    BPMP_LINE_RESET = 1,    /* 1: asserted */
} BpmpLine;

/**
 * bpmp_backend_line: ask a firmware model for a line's state, and wait
 *
 * For emulated devices; out of a guest's reach. Must not be called with the
 * BQL. Returns 0, 1 or a negative errno, -ENOTSUP where the back end is no
 * firmware model.
 */
int bpmp_backend_line(BpmpBackend *be, BpmpLine line, uint32_t id,
                      BpmpGiveUp *give_up);

/**
 * bpmp_backend_reset: undo what was done through @be since the last reset
 *
 * Requests that are under way end with -ECANCELED, those that come later
 * happen after it. Waits half a second for the undoing, and warns where that
 * does not suffice: until then a device that does DMA may write to memory.
 */
void bpmp_backend_reset(BpmpBackend *be);

/* How often bpmp_backend_reset() was called. */
unsigned bpmp_backend_resets(BpmpBackend *be);

/**
 * bpmp_backend_host_new: the host kernel's proxy
 * @path: its character device; NULL where @fd is given
 * @fd: number or monitor name of a descriptor of it; NULL where @path is given
 * @compat_write: may an earlier driver be spoken to by write()?
 * @max_transfers: how many may be inside the kernel side by side
 *
 * Returns NULL and sets @errp where it is not there or does not answer.
 */
BpmpBackend *bpmp_backend_host_new(const char *path, const char *fd,
                                   bool compat_write, unsigned max_transfers,
                                   uint32_t timeout_ms, Error **errp);

/**
 * bpmp_backend_chardev_new: a firmware model behind a character device
 * @chr: must outlive the back end
 */
BpmpBackend *bpmp_backend_chardev_new(CharFrontend *chr, uint32_t timeout_ms,
                                      Error **errp);

/* For back ends */

typedef enum BpmpRequestKind {
    BPMP_REQUEST_TRANSFER,
    /* Undo what this machine did. Nothing overtakes it in either direction. */
    BPMP_REQUEST_RESET,
} BpmpRequestKind;

typedef struct BpmpLedger BpmpLedger;

/*
 * A request lives until its back end has let go of it, which may be long after
 * it ended: it ends with the answer, the time-out, a reset or the end of the
 * back end, whichever is first.
 */
typedef struct BpmpRequest {
    BpmpRequestKind kind;
    BpmpMessage msg;
    /* For the back end that has it */
    QSIMPLEQ_ENTRY(BpmpRequest) next;

    /* bpmp_backend.c only */
    BpmpLedger *ledger;
    unsigned refs;
    bool ended;
    int64_t deadline_ms;
    BpmpDone *done;
    void *opaque;
    QTAILQ_ENTRY(BpmpRequest) open;
} BpmpRequest;

typedef QSIMPLEQ_HEAD(, BpmpRequest) BpmpRequestQueue;

struct BpmpBackend {
    Object parent_obj;

    uint32_t timeout_ms;
    struct IOThread *iothread;
    BpmpLedger *ledger;
};

struct BpmpBackendClass {
    ObjectClass parent_class;

    /* Is it a model that knows BPMP_MRQ_LINE_STATE? */
    bool has_lines;

    /*
     * Take @req over and complete it at any time, in any thread, with
     * bpmp_request_complete(). Must not wait. Called with or without the BQL,
     * in several threads side by side.
     */
    void (*submit)(BpmpBackend *be, BpmpRequest *req);
};

/**
 * bpmp_backend_open: make an instance of @type, with a thread of its own
 *
 * Time-outs run in that thread, and back ends may do so as well. Its end comes
 * after instance_finalize() of @type, which must complete what it has.
 */
BpmpBackend *bpmp_backend_open(const char *type, uint32_t timeout_ms,
                               Error **errp);

/* Hand over the result, for which msg is set where it is 0, and let go. */
void bpmp_request_complete(BpmpRequest *req, int status);

/* Did it end without the back end? Then it must not be carried out any more. */
static inline bool bpmp_request_abandoned(BpmpRequest *req)
{
    return req->kind == BPMP_REQUEST_TRANSFER && qatomic_read(&req->ended);
}

#endif /* HW_MISC_BPMP_BACKEND_H */
