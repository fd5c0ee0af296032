/*
 * The way to a BPMP: what is behind any guest's view of it
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef HW_MISC_BPMP_BACKEND_H
#define HW_MISC_BPMP_BACKEND_H

#include "chardev/char-fe.h"
#include "exec/memory.h"
#include "qemu/queue.h"
#include "qemu/thread.h"
#include "qom/object.h"

#define TYPE_BPMP_BACKEND "bpmp-backend"
OBJECT_DECLARE_TYPE(BpmpBackend, BpmpBackendClass, BPMP_BACKEND)

#define TYPE_BPMP_BACKEND_HOST "bpmp-backend-host"
#define TYPE_BPMP_BACKEND_CHARDEV "bpmp-backend-chardev"

/* Most bytes of a request and of an answer, by the firmware's interface. */
#define BPMP_PAYLOAD_MAX 120

/* Request numbers of the firmware have 8 bits. */
#define BPMP_MRQ_MAX 255
#define BPMP_MRQ_PING 0

/* Between QEMU and a firmware model only; see docs/specs. */
#define BPMP_MRQ_LINE_STATE 0x7fff0001
#define BPMP_MRQ_MASTER_RESET 0x7fff0002

#define BPMP_DEFAULT_TIMEOUT_MS 30000

typedef struct BpmpMessage {
    uint32_t mrq;
    uint32_t tx_size;
    /* In: room for the answer. Out: bytes of answer. */
    uint32_t rx_size;
    /* Out: the firmware's own code. */
    int32_t ret;
    uint8_t tx[BPMP_PAYLOAD_MAX];
    uint8_t rx[BPMP_PAYLOAD_MAX];
} BpmpMessage;

typedef enum BpmpRequestKind {
    BPMP_REQUEST_TRANSFER,
    /* Undo what this machine did. Nothing overtakes it in either direction. */
    BPMP_REQUEST_RESET,
} BpmpRequestKind;

/*
 * A request belongs to whoever waits for it and to the back end, and lives
 * until both have let go: a waiter may give up before the answer is there.
 */
typedef struct BpmpRequest {
    BpmpRequestKind kind;
    BpmpMessage msg;

    unsigned refs;
    bool abandoned;
    int status;
    QemuSemaphore answered;
    QSIMPLEQ_ENTRY(BpmpRequest) next;
} BpmpRequest;

typedef QSIMPLEQ_HEAD(, BpmpRequest) BpmpRequestQueue;

struct BpmpBackend {
    Object parent_obj;

    uint32_t timeout_ms;
    /* Something was sent since the last reset. */
    bool used;
};

struct BpmpBackendClass {
    ObjectClass parent_class;

    /*
     * Take @req over and complete it at any time, in any thread, with
     * bpmp_request_complete(). Must not wait for the answer. Called with or
     * without the BQL, in several threads side by side.
     */
    void (*submit)(BpmpBackend *be, BpmpRequest *req);
};

/**
 * bpmp_backend_host_new: the host kernel's proxy
 * @path: its character device; NULL where @fd is given
 * @fd: number or monitor name of a descriptor of it; NULL where @path is given
 *
 * Returns NULL and sets @errp where it is not there or does not answer.
 */
BpmpBackend *bpmp_backend_host_new(const char *path, const char *fd,
                                   uint32_t timeout_ms, Error **errp);

/**
 * bpmp_backend_chardev_new: a firmware model behind a character device
 * @chr: must outlive the back end
 */
BpmpBackend *bpmp_backend_chardev_new(CharBackend *chr, uint32_t timeout_ms,
                                      Error **errp);

/**
 * bpmp_backend_transfer: run a transfer and wait for its end
 * @msg: sizes must be checked; rx_size, ret and rx are set when 0 is returned
 *
 * Called with the BQL, which is let go of while the back end works: whatever
 * the caller knows of the machine must be looked at again afterwards.
 *
 * Returns 0 when the firmware answered, else a negative errno.
 */
int bpmp_backend_transfer(BpmpBackend *be, BpmpMessage *msg);

/**
 * bpmp_backend_reset: undo what was done through @be since the last reset
 *
 * Does not wait. Transfers that come later happen after it.
 */
void bpmp_backend_reset(BpmpBackend *be);

/**
 * bpmp_access_is_cpu: is this access a virtual CPU's own?
 *
 * It is not where a device's DMA comes to @mr, in which case the BQL must not
 * be dropped: the device that does the DMA counts on it.
 */
bool bpmp_access_is_cpu(const MemoryRegion *mr, hwaddr addr, MemTxAttrs attrs);

/* For back ends */
BpmpRequest *bpmp_request_ref(BpmpRequest *req);
void bpmp_request_unref(BpmpRequest *req);

/* Hand over the result and drop the back end's reference. */
void bpmp_request_complete(BpmpRequest *req, int status);

static inline bool bpmp_request_abandoned(BpmpRequest *req)
{
    return qatomic_read(&req->abandoned);
}

#endif /* HW_MISC_BPMP_BACKEND_H */
