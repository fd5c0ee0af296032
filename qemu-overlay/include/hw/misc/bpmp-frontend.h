/*
 * What guests' views of a BPMP have in common: a device with a back end
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef HW_MISC_BPMP_FRONTEND_H
#define HW_MISC_BPMP_FRONTEND_H

#include "hw/misc/bpmp-backend.h"

/*
 * Abstract. Realizing it opens the back end that its properties name and
 * refuses migration and record/replay; a reset of it resets the back end.
 * Children chain to both.
 */
#define TYPE_BPMP_FRONTEND "bpmp-frontend"
OBJECT_DECLARE_SIMPLE_TYPE(BpmpFrontend, BPMP_FRONTEND)

struct BpmpFrontend {
    SysBusDevice parent_obj;

    char *host;
    char *fd;
    CharFrontend chr;
    uint32_t timeout_ms;
    bool compatible_write;

    BpmpBackend *backend;
    Error *migration_blocker;
};

/**
 * bpmp_frontend_transfer: run a transfer in a virtual CPU's thread
 *
 * Called with the BQL, which is let go of while the back end works: whatever
 * the caller knows of the machine must be looked at again afterwards. Gives up
 * soon where the CPU is asked to stop.
 *
 * Returns 0 when the firmware answered, -ECANCELED where the machine was reset
 * meanwhile and nothing may be told to the guest, else a negative errno.
 */
int bpmp_frontend_transfer(BpmpFrontend *s, BpmpMessage *msg);

/* Is the virtual CPU whose thread this is asked to stop? */
bool bpmp_cpu_stops(void);

/**
 * bpmp_access_is_cpu: is this access a virtual CPU's own?
 *
 * It is not where a device's DMA comes to @mr, in which case the BQL must not
 * be dropped: the device that does the DMA counts on it.
 */
bool bpmp_access_is_cpu(const MemoryRegion *mr, hwaddr addr, MemTxAttrs attrs);

#endif /* HW_MISC_BPMP_FRONTEND_H */
