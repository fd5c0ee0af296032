/*
 * SCMI base protocol (DEN0056E section 4.2)
 *
 * There is one agent, the machine, and nothing that it could permit or deny
 * others: those commands do not exist.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "message.h"

#define VENDOR "bpmp-virt"
#define SUB_VENDOR "tegra"
/* Of our own; no agent knows what it means. */
#define IMPLEMENTATION_VERSION 1

/* 0 is the platform, and 0xffffffff whoever asks. */
#define PLATFORM 0
#define AGENT 1
#define AGENT_ASKING 0xffffffff
#define N_AGENTS 1

static unsigned list_protocols(const ScmiDomains *d, uint8_t *ids)
{
    unsigned n = 0;

    for (unsigned i = 1; i < SCMI_PROTOCOLS; i++) {
        if (scmi_protocols[i]->is_there(d)) {
            ids[n++] = scmi_protocols[i]->id;
        }
    }
    return n;
}

static int32_t attributes(ScmiMessage *m)
{
    uint8_t ids[SCMI_PROTOCOLS];

    scmi_out(m, N_AGENTS << 8 | list_protocols(m->d, ids));
    return SCMI_SUCCESS;
}

static int32_t discover_vendor(ScmiMessage *m)
{
    scmi_out_name(m, VENDOR, SCMI_SHORT_NAME);
    return SCMI_SUCCESS;
}

static int32_t discover_sub_vendor(ScmiMessage *m)
{
    scmi_out_name(m, SUB_VENDOR, SCMI_SHORT_NAME);
    return SCMI_SUCCESS;
}

static int32_t discover_implementation_version(ScmiMessage *m)
{
    scmi_out(m, IMPLEMENTATION_VERSION);
    return SCMI_SUCCESS;
}

static int32_t discover_list_protocols(ScmiMessage *m)
{
    uint8_t ids[SCMI_PROTOCOLS];
    unsigned n = list_protocols(m->d, ids);
    uint32_t skip = scmi_in(m, 0);
    uint32_t word = 0;

    if (skip > n) {
        return SCMI_INVALID_PARAMETERS;
    }
    scmi_out(m, n - skip);
    for (unsigned i = skip; i < n; i++) {
        word |= (uint32_t)ids[i] << 8 * (i - skip);
    }
    if (skip < n) {
        scmi_out(m, word);
    }
    return SCMI_SUCCESS;
}

static int32_t discover_agent(ScmiMessage *m)
{
    uint32_t id = scmi_in(m, 0);

    switch (id) {
    case PLATFORM:
        scmi_out(m, PLATFORM);
        scmi_out_name(m, "platform", SCMI_SHORT_NAME);
        return SCMI_SUCCESS;
    case AGENT:
    case AGENT_ASKING:
        scmi_out(m, AGENT);
        scmi_out_name(m, m->d->agent, SCMI_SHORT_NAME);
        return SCMI_SUCCESS;
    }
    return SCMI_NOT_FOUND;
}

static bool is_there(const ScmiDomains *d)
{
    (void)d;
    return true;
}

static const ScmiCommand commands[] = {
    { 0x3, 0, 0, discover_vendor },
    { 0x4, 0, 0, discover_sub_vendor },
    { 0x5, 0, 0, discover_implementation_version },
    { 0x6, 4, 0, discover_list_protocols },
    { 0x7, 4, 0, discover_agent },
};

const ScmiProtocol scmi_base = {
    .id = SCMI_BASE,
    .version = SCMI_BASE_VERSION,
    .attributes = attributes,
    .is_there = is_there,
    .n_commands = sizeof(commands) / sizeof(commands[0]),
    .commands = commands,
};
