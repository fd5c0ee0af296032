/*
 * SCMI clock protocol (DEN0056E section 4.6)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "message.h"

/* Attributes of a clock */
#define ENABLED 1
#define RESTRICTED 2
#define HAS_PARENTS (1u << 28)
#define EXTENDED_NAME (1u << 29)

/* Permissions */
#define MAY_STATE (1u << 31)
#define MAY_PARENT (1u << 30)
#define MAY_RATE (1u << 29)

/* Flags of CLOCK_RATE_SET */
#define ASYNCHRONOUS 1
#define IGNORE_DELAYED 2
#define ROUND_UP 4
#define ROUND_AUTO 8

/* States of CLOCK_CONFIG_SET */
#define STATE_DISABLE 0
#define STATE_ENABLE 1
#define STATE_UNCHANGED 3

/* CLOCK_DESCRIBE_RATES: a range of lowest, highest and step */
#define RANGE (1u << 12 | 3)
/* RATE_SET of 0 is refused, so 0 is not in the range. */
#define LOWEST 1

static const ScmiClock *clock_of(const ScmiMessage *m, unsigned word)
{
    uint32_t id = scmi_in(m, word);

    return id < m->d->n_clocks && m->d->clocks[id].known ?
           &m->d->clocks[id] : NULL;
}

static uint32_t permissions(const ScmiClock *clock)
{
    switch (clock->class) {
    case SCMI_OWN:
        return MAY_STATE | MAY_PARENT | MAY_RATE;
    case SCMI_SHARED:
        return MAY_STATE;
    default:
        return 0;
    }
}

static int32_t ask_clock(const ScmiMessage *m, uint32_t cmd,
                         const ScmiClock *clock, uint8_t *rx, uint32_t rx_size)
{
    return scmi_ask(m, BPMP_MRQ_CLK, (uint32_t[]){ cmd << 24 | clock->bpmp }, 1,
                    rx, rx_size);
}

static int32_t ask_rate(const ScmiMessage *m, const ScmiClock *clock,
                        uint64_t *rate)
{
    uint8_t rx[8];
    int32_t status = ask_clock(m, BPMP_CLK_GET_RATE, clock, rx, sizeof(rx));

    *rate = status ? 0 : get_le64(rx);
    return status;
}

static int32_t ask_enabled(const ScmiMessage *m, const ScmiClock *clock,
                           uint32_t *enabled)
{
    uint8_t rx[4];
    int32_t status = ask_clock(m, BPMP_CLK_IS_ENABLED, clock, rx, sizeof(rx));

    *enabled = status ? 0 : get_le32(rx) & ENABLED;
    return status;
}

/* SCMI id of the present parent */
static int32_t ask_parent(const ScmiMessage *m, const ScmiClock *clock,
                          uint32_t *id)
{
    uint8_t rx[4];
    int32_t status;

    if (!clock->n_parents) {
        return SCMI_NOT_SUPPORTED;
    }
    if (clock->class != SCMI_OWN) {
        *id = clock->parents[0];
        return SCMI_SUCCESS;
    }
    status = ask_clock(m, BPMP_CLK_GET_PARENT, clock, rx, sizeof(rx));
    if (status) {
        return status;
    }
    for (unsigned i = 0; i < clock->n_parents; i++) {
        *id = clock->parents[i];
        if (m->d->clocks[*id].bpmp == get_le32(rx)) {
            return SCMI_SUCCESS;
        }
    }
    return SCMI_GENERIC_ERROR;
}

static int32_t attributes(ScmiMessage *m)
{
    scmi_out(m, m->d->n_clocks);
    return SCMI_SUCCESS;
}

static int32_t clock_attributes(ScmiMessage *m)
{
    const ScmiClock *clock = clock_of(m, 0);
    uint32_t enabled;
    int32_t status;

    if (!clock) {
        return SCMI_NOT_FOUND;
    }
    status = ask_enabled(m, clock, &enabled);
    if (status) {
        return status;
    }
    scmi_out(m, enabled | (clock->class == SCMI_OWN ? 0 : RESTRICTED) |
                (clock->n_parents ? HAS_PARENTS : 0) |
                (scmi_is_long(clock->name) ? EXTENDED_NAME : 0));
    scmi_out_name(m, clock->name, SCMI_SHORT_NAME);
    /* Delay until it is stable: nobody knows. */
    scmi_out(m, 0);
    return SCMI_SUCCESS;
}

/* The highest rate is what the parent gives, or what it has without one. */
static int32_t highest_rate(ScmiMessage *m, const ScmiClock *clock,
                            uint64_t *highest)
{
    int32_t status = ask_rate(m, clock, highest);
    uint64_t rate;
    uint32_t parent;

    if (status) {
        return status;
    }
    if (!ask_parent(m, clock, &parent) &&
        !ask_rate(m, &m->d->clocks[parent], &rate) && rate > *highest) {
        *highest = rate;
    }
    if (*highest < LOWEST) {
        *highest = LOWEST;
    }
    return SCMI_SUCCESS;
}

static int32_t describe_rates(ScmiMessage *m)
{
    const ScmiClock *clock = clock_of(m, 0);
    uint64_t highest;
    int32_t status;

    if (!clock) {
        return SCMI_NOT_FOUND;
    }
    /* A range is one answer: nothing is behind its begin. */
    if (scmi_in(m, 1) != 0) {
        return SCMI_OUT_OF_RANGE;
    }
    status = highest_rate(m, clock, &highest);
    if (status) {
        return status;
    }
    scmi_out(m, RANGE);
    scmi_out64(m, LOWEST);
    scmi_out64(m, highest);
    scmi_out64(m, 1);
    return SCMI_SUCCESS;
}

static int32_t rate_set(ScmiMessage *m)
{
    const ScmiClock *clock = clock_of(m, 1);
    uint32_t flags = scmi_in(m, 0);
    uint32_t low = scmi_in(m, 2);
    uint32_t high = scmi_in(m, 3);
    uint8_t rx[8];

    if (!clock) {
        return SCMI_NOT_FOUND;
    }
    if (!(permissions(clock) & MAY_RATE)) {
        return SCMI_DENIED;
    }
    /*
     * A driver that lost its parent's rate asks for 0, which the BPMP would
     * take; it counts with a sign.
     */
    if (flags & ~(ASYNCHRONOUS | IGNORE_DELAYED | ROUND_UP | ROUND_AUTO) ||
        (!low && !high) || high >> 31) {
        return SCMI_INVALID_PARAMETERS;
    }
    if (flags & ASYNCHRONOUS) {
        return SCMI_NOT_SUPPORTED;
    }
    return scmi_ask(m, BPMP_MRQ_CLK,
                    (uint32_t[]){ (uint32_t)BPMP_CLK_SET_RATE << 24 |
                                  clock->bpmp, 0, low, high }, 4,
                    rx, sizeof(rx));
}

static int32_t rate_get(ScmiMessage *m)
{
    const ScmiClock *clock = clock_of(m, 0);
    uint64_t rate;
    int32_t status;

    if (!clock) {
        return SCMI_NOT_FOUND;
    }
    status = ask_rate(m, clock, &rate);
    if (status) {
        return status;
    }
    scmi_out64(m, rate);
    return SCMI_SUCCESS;
}

/* 12 bytes since v3.2; agents of before send 8, and know no negotiation. */
static int32_t config_set(ScmiMessage *m)
{
    const ScmiClock *clock = clock_of(m, 0);
    uint32_t state = scmi_in(m, 1);

    if (!clock) {
        return SCMI_NOT_FOUND;
    }
    if (!(permissions(clock) & MAY_STATE)) {
        return SCMI_DENIED;
    }
    switch (state) {
    case STATE_DISABLE:
        return ask_clock(m, BPMP_CLK_DISABLE, clock, NULL, 0);
    case STATE_ENABLE:
        return ask_clock(m, BPMP_CLK_ENABLE, clock, NULL, 0);
    case STATE_UNCHANGED:
        return m->in_size == 12 ? SCMI_SUCCESS : SCMI_INVALID_PARAMETERS;
    }
    /* No bit of the others: there is no extended configuration. */
    return SCMI_INVALID_PARAMETERS;
}

static int32_t name_get(ScmiMessage *m)
{
    const ScmiClock *clock = clock_of(m, 0);

    if (!clock) {
        return SCMI_NOT_FOUND;
    }
    scmi_out(m, 0);
    scmi_out_name(m, clock->name, SCMI_NAME_MAX);
    return SCMI_SUCCESS;
}

static int32_t config_get(ScmiMessage *m)
{
    const ScmiClock *clock = clock_of(m, 0);
    uint32_t enabled;
    int32_t status;

    if (!clock) {
        return SCMI_NOT_FOUND;
    }
    if (scmi_in(m, 1) != 0) {
        return SCMI_INVALID_PARAMETERS;
    }
    status = ask_enabled(m, clock, &enabled);
    if (status) {
        return status;
    }
    scmi_out(m, 0);
    scmi_out(m, enabled);
    scmi_out(m, 0);
    return SCMI_SUCCESS;
}

static int32_t possible_parents_get(ScmiMessage *m)
{
    const ScmiClock *clock = clock_of(m, 0);
    uint32_t skip = scmi_in(m, 1);

    if (!clock) {
        return SCMI_NOT_FOUND;
    }
    if (!clock->n_parents) {
        return SCMI_NOT_SUPPORTED;
    }
    if (skip >= clock->n_parents) {
        return SCMI_INVALID_PARAMETERS;
    }
    /* 16 fit in one answer: none remain. */
    scmi_out(m, clock->n_parents - skip);
    for (unsigned i = skip; i < clock->n_parents; i++) {
        scmi_out(m, clock->parents[i]);
    }
    return SCMI_SUCCESS;
}

static int32_t parent_set(ScmiMessage *m)
{
    const ScmiClock *clock = clock_of(m, 0);
    const ScmiClock *parent = clock_of(m, 1);
    uint32_t id = scmi_in(m, 1);
    uint8_t rx[4];

    if (!clock || !parent) {
        return SCMI_NOT_FOUND;
    }
    if (!(permissions(clock) & MAY_PARENT)) {
        return SCMI_DENIED;
    }
    for (unsigned i = 0; i < clock->n_parents; i++) {
        if (clock->parents[i] == id) {
            return scmi_ask(m, BPMP_MRQ_CLK,
                            (uint32_t[]){ (uint32_t)BPMP_CLK_SET_PARENT << 24 |
                                          clock->bpmp, parent->bpmp }, 2,
                            rx, sizeof(rx));
        }
    }
    return SCMI_INVALID_PARAMETERS;
}

static int32_t parent_get(ScmiMessage *m)
{
    const ScmiClock *clock = clock_of(m, 0);
    uint32_t parent;
    int32_t status;

    if (!clock) {
        return SCMI_NOT_FOUND;
    }
    status = ask_parent(m, clock, &parent);
    if (status) {
        return status;
    }
    scmi_out(m, parent);
    return SCMI_SUCCESS;
}

static int32_t get_permissions(ScmiMessage *m)
{
    const ScmiClock *clock = clock_of(m, 0);

    if (!clock) {
        return SCMI_NOT_FOUND;
    }
    scmi_out(m, permissions(clock));
    return SCMI_SUCCESS;
}

static bool is_there(const ScmiDomains *d)
{
    return d->n_clocks > 0;
}

static const ScmiCommand commands[] = {
    { 0x3, 4, 0, clock_attributes },
    { 0x4, 8, 0, describe_rates },
    { 0x5, 16, 0, rate_set },
    { 0x6, 4, 0, rate_get },
    { 0x7, 12, 8, config_set },
    { 0x8, 4, 0, name_get },
    { 0xb, 8, 0, config_get },
    { 0xc, 8, 0, possible_parents_get },
    { 0xd, 8, 0, parent_set },
    { 0xe, 4, 0, parent_get },
    { 0xf, 4, 0, get_permissions },
};

const ScmiProtocol scmi_clock = {
    .id = SCMI_CLOCK,
    .version = SCMI_CLOCK_VERSION,
    .attributes = attributes,
    .is_there = is_there,
    .n_commands = sizeof(commands) / sizeof(commands[0]),
    .commands = commands,
};
