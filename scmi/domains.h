/*
 * What one virtual machine sees of the BPMP, as SCMI numbers it
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef SCMI_DOMAINS_H
#define SCMI_DOMAINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "firmware.h"

/* Tegra234 has 476 clocks, 193 resets and 40 domains; a machine sees a few. */
#define SCMI_CLOCKS_MAX 255
#define SCMI_RESETS_MAX 255
#define SCMI_POWERS_MAX 64
/* With the final zero: DEN0056E, CLOCK_NAME_GET */
#define SCMI_NAME_MAX 64
/* MRQ_CLK_MAX_PARENTS of the BPMP ABI */
#define SCMI_PARENTS_MAX 16

/* docs/policy.md: what a clock is to the machine */
typedef enum ScmiClass {
    SCMI_OWN,
    SCMI_SHARED,
    SCMI_ANCESTOR,
} ScmiClass;

typedef struct ScmiClock {
    uint32_t bpmp;
    ScmiClass class;
    char name[SCMI_NAME_MAX];
    /* The firmware knows it. */
    bool known;
    /* SCMI ids; of a clock that the machine cannot re-parent the present one */
    unsigned n_parents;
    uint32_t parents[SCMI_PARENTS_MAX];
} ScmiClock;

/* A reset or a power domain: always the machine's own */
typedef struct ScmiDomain {
    uint32_t bpmp;
    char name[SCMI_NAME_MAX];
} ScmiDomain;

typedef struct ScmiDomains {
    /* Name of the SCMI agent: that of the machine, cut to 15 characters */
    char agent[16];
    unsigned n_clocks;
    unsigned n_resets;
    unsigned n_powers;
    ScmiClock clocks[SCMI_CLOCKS_MAX];
    ScmiDomain resets[SCMI_RESETS_MAX];
    ScmiDomain powers[SCMI_POWERS_MAX];
} ScmiDomains;

/* Why something failed, for a person */
typedef struct ScmiError {
    char text[160];
} ScmiError;

/**
 * scmi_domains_parse: read the map of a bundle (docs/transports.md)
 * @text: its content, not necessarily ended by a zero
 *
 * Returns false and says in @error at which line and why.
 */
bool scmi_domains_parse(ScmiDomains *d, const char *text, size_t size,
                        ScmiError *error);

/**
 * scmi_domains_complete: ask the firmware for the clocks' parents
 *
 * The present parent of a clock of the machine's own is appended where the map
 * has it not: Linux takes the highest rate of a UART from it.
 *
 * Returns 0, or the negative errno with which the firmware was not reached.
 */
int scmi_domains_complete(ScmiDomains *d, const ScmiFirmware *fw);

#endif /* SCMI_DOMAINS_H */
