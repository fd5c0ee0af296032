/*
 * SCMI reset domain protocol (DEN0056E section 4.8)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "message.h"

/* Attributes of a domain */
#define EXTENDED_NAME (1u << 29)

/* Flags of RESET, and its one state: architectural, cold */
#define AUTONOMOUS 1
#define ASSERT 2
#define ASYNCHRONOUS 4
#define COLD_RESET 0

static const ScmiDomain *domain(const ScmiMessage *m)
{
    uint32_t id = scmi_in(m, 0);

    return id < m->d->n_resets ? &m->d->resets[id] : NULL;
}

static int32_t attributes(ScmiMessage *m)
{
    scmi_out(m, m->d->n_resets);
    return SCMI_SUCCESS;
}

static int32_t domain_attributes(ScmiMessage *m)
{
    const ScmiDomain *reset = domain(m);

    if (!reset) {
        return SCMI_NOT_FOUND;
    }
    scmi_out(m, scmi_is_long(reset->name) ? EXTENDED_NAME : 0);
    /* Nobody knows how long it takes. */
    scmi_out(m, UINT32_MAX);
    scmi_out_name(m, reset->name, SCMI_SHORT_NAME);
    return SCMI_SUCCESS;
}

static int32_t reset_domain(ScmiMessage *m)
{
    const ScmiDomain *reset = domain(m);
    uint32_t flags = scmi_in(m, 1);
    uint32_t cmd;

    if (!reset) {
        return SCMI_NOT_FOUND;
    }
    if (flags & ~(AUTONOMOUS | ASSERT | ASYNCHRONOUS) ||
        scmi_in(m, 2) != COLD_RESET) {
        return SCMI_INVALID_PARAMETERS;
    }
    if (flags & ASYNCHRONOUS) {
        return SCMI_NOT_SUPPORTED;
    }
    /* With AUTONOMOUS the other bit means nothing. */
    if (flags & AUTONOMOUS) {
        cmd = BPMP_RESET_MODULE;
    } else {
        cmd = flags & ASSERT ? BPMP_RESET_ASSERT : BPMP_RESET_DEASSERT;
    }
    return scmi_ask(m, BPMP_MRQ_RESET, (uint32_t[]){ cmd, reset->bpmp }, 2,
                    NULL, 0);
}

static int32_t name_get(ScmiMessage *m)
{
    const ScmiDomain *reset = domain(m);

    if (!reset) {
        return SCMI_NOT_FOUND;
    }
    scmi_out(m, 0);
    scmi_out_name(m, reset->name, SCMI_NAME_MAX);
    return SCMI_SUCCESS;
}

static bool is_there(const ScmiDomains *d)
{
    return d->n_resets > 0;
}

static const ScmiCommand commands[] = {
    { 0x3, 4, 0, domain_attributes },
    { 0x4, 12, 0, reset_domain },
    { 0x6, 4, 0, name_get },
};

const ScmiProtocol scmi_reset = {
    .id = SCMI_RESET,
    .version = SCMI_RESET_VERSION,
    .attributes = attributes,
    .is_there = is_there,
    .n_commands = sizeof(commands) / sizeof(commands[0]),
    .commands = commands,
};
