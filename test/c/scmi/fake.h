/*
 * A small BPMP for the tests of message handling: three clocks and their
 * parents, and what was asked of it
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef SCMI_TEST_FAKE_H
#define SCMI_TEST_FAKE_H

#include "scmi.h"

#define FAKE_CALLS 32

typedef struct Fake {
    /* Refuse all with these */
    int status;
    int32_t ret;
    /* Answer with so many bytes less */
    uint32_t shorter;
    /* The parent of uarta at present, an id of the BPMP */
    uint32_t uarta_parent;
    unsigned n_calls;
    BpmpCall calls[FAKE_CALLS];
} Fake;

/* What the machine of the tests sees; see fake.c for the firmware's side. */
extern const char fake_map[];

/* Ids that SCMI gives */
enum {
    FAKE_PLLP_OUT0,
    FAKE_UARTA,
    FAKE_LONG,
    FAKE_HOLE,
    /* Not in the map */
    FAKE_CLK_M,
    FAKE_CLOCKS,
};

ScmiFirmware fake_firmware(Fake *fake);

/* Map and firmware together; ends the program where that fails. */
void fake_domains(ScmiDomains *d, Fake *fake);

#endif /* SCMI_TEST_FAKE_H */
