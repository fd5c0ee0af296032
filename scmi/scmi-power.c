/*
 * SCMI power domain protocol (DEN0056E section 4.3)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "message.h"

/* Attributes of a domain */
#define SYNCHRONOUS (1u << 29)
#define EXTENDED_NAME (1u << 27)

/* Flags of POWER_STATE_SET, and the two generic states */
#define ASYNCHRONOUS 1
#define STATE_ON 0
#define STATE_OFF (1u << 30)

static const ScmiDomain *domain(const ScmiMessage *m, unsigned word)
{
    uint32_t id = scmi_in(m, word);

    return id < m->d->n_powers ? &m->d->powers[id] : NULL;
}

static int32_t attributes(ScmiMessage *m)
{
    scmi_out(m, m->d->n_powers);
    /* No statistics in shared memory */
    scmi_out64(m, 0);
    scmi_out(m, 0);
    return SCMI_SUCCESS;
}

static int32_t domain_attributes(ScmiMessage *m)
{
    const ScmiDomain *power = domain(m, 0);

    if (!power) {
        return SCMI_NOT_FOUND;
    }
    scmi_out(m, SYNCHRONOUS |
                (scmi_is_long(power->name) ? EXTENDED_NAME : 0));
    scmi_out_name(m, power->name, SCMI_SHORT_NAME);
    return SCMI_SUCCESS;
}

static int32_t state_set(ScmiMessage *m)
{
    const ScmiDomain *power = domain(m, 1);
    uint32_t flags = scmi_in(m, 0);
    uint32_t state = scmi_in(m, 2);

    if (!power) {
        return SCMI_NOT_FOUND;
    }
    if (flags & ~ASYNCHRONOUS || (state != STATE_ON && state != STATE_OFF)) {
        return SCMI_INVALID_PARAMETERS;
    }
    if (flags & ASYNCHRONOUS) {
        return SCMI_NOT_SUPPORTED;
    }
    return scmi_ask(m, BPMP_MRQ_PG,
                    (uint32_t[]){ BPMP_PG_SET_STATE, power->bpmp,
                                  state == STATE_ON }, 3, NULL, 0);
}

static int32_t state_get(ScmiMessage *m)
{
    const ScmiDomain *power = domain(m, 0);
    uint8_t on[4];
    int32_t status;

    if (!power) {
        return SCMI_NOT_FOUND;
    }
    status = scmi_ask(m, BPMP_MRQ_PG,
                      (uint32_t[]){ BPMP_PG_GET_STATE, power->bpmp }, 2,
                      on, sizeof(on));
    if (status) {
        return status;
    }
    scmi_out(m, get_le32(on) ? STATE_ON : STATE_OFF);
    return SCMI_SUCCESS;
}

static int32_t name_get(ScmiMessage *m)
{
    const ScmiDomain *power = domain(m, 0);

    if (!power) {
        return SCMI_NOT_FOUND;
    }
    scmi_out(m, 0);
    scmi_out_name(m, power->name, SCMI_NAME_MAX);
    return SCMI_SUCCESS;
}

static bool is_there(const ScmiDomains *d)
{
    return d->n_powers > 0;
}

static const ScmiCommand commands[] = {
    { 0x3, 4, 0, domain_attributes },
    { 0x4, 12, 0, state_set },
    { 0x5, 4, 0, state_get },
    { 0x8, 4, 0, name_get },
};

const ScmiProtocol scmi_power = {
    .id = SCMI_POWER,
    .version = SCMI_POWER_VERSION,
    .attributes = attributes,
    .is_there = is_there,
    .n_commands = sizeof(commands) / sizeof(commands[0]),
    .commands = commands,
};
