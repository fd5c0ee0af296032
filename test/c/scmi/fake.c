/*
 * A small BPMP
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "fake.h"

const char fake_map[] =
    "bpmp-virt-scmi 1\n"
    "# a comment\n"
    "agent uart-vm\n"
    "clock 0 102 shared pllp_out0\n"
    "clock 1 155 own uarta\n"
    "clock 2 200 own clock_with_a_long_name\n"
    "clock 3 201 own hole\n"
    "reset 0 100 own uarta\n"
    "reset 1 101 own reset_with_a_long_name\n"
    "power 0 7 own disp\n"
    "power 1 8 own power_with_a_long_name\n";

typedef struct FakeClock {
    uint32_t id;
    const char *name;
    uint64_t rate;
    unsigned n_parents;
    uint32_t parents[3];
} FakeClock;

/* 14 is in no map; 77 is what a guest must never hear of. */
static const FakeClock clocks[] = {
    { 14, "clk_m", 38400000, 1, { 77 } },
    { 77, "secret", 1, 0, {} },
    { 102, "pllp_out0", 408000000, 1, { 77 } },
    { 155, "uarta", 204000000, 3, { 102, 14, 77 } },
    { 200, "clock_with_a_long_name", 19200000, 1, { 14 } },
};

static const FakeClock *find(uint32_t id)
{
    for (unsigned i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
        if (clocks[i].id == id) {
            return &clocks[i];
        }
    }
    return NULL;
}

static uint32_t parent_of(const Fake *fake, const FakeClock *clock)
{
    return clock->id == 155 ? fake->uarta_parent : clock->parents[0];
}

static uint32_t all_info(const Fake *fake, const FakeClock *clock, uint8_t *rx)
{
    put_le32(rx + 4, parent_of(fake, clock));
    for (unsigned i = 0; i < clock->n_parents; i++) {
        put_le32(rx + 8 + 4 * i, clock->parents[i]);
    }
    rx[72] = clock->n_parents;
    strcpy((char *)rx + 73, clock->name);
    return 113;
}

static uint32_t answer_clock(const Fake *fake, BpmpCall *call)
{
    uint32_t cmd = get_le32(call->tx) >> 24;
    const FakeClock *clock = find(get_le32(call->tx) & 0xffffff);

    if (!clock) {
        /* A hole: no name */
        return cmd == BPMP_CLK_GET_ALL_INFO ? 113 : 0;
    }
    switch (cmd) {
    case BPMP_CLK_GET_ALL_INFO:
        return all_info(fake, clock, call->rx);
    case BPMP_CLK_GET_RATE:
        put_le64(call->rx, clock->rate);
        return 8;
    case BPMP_CLK_SET_RATE:
        memcpy(call->rx, call->tx + 8, 8);
        return 8;
    case BPMP_CLK_IS_ENABLED:
        put_le32(call->rx, clock->id == 155);
        return 4;
    case BPMP_CLK_GET_PARENT:
    case BPMP_CLK_SET_PARENT:
        put_le32(call->rx, parent_of(fake, clock));
        return 4;
    }
    return 0;
}

static uint32_t answer(const Fake *fake, BpmpCall *call)
{
    switch (call->mrq) {
    case BPMP_MRQ_CLK:
        return answer_clock(fake, call);
    case BPMP_MRQ_PG:
        put_le32(call->rx, get_le32(call->tx + 4) == 7);
        return get_le32(call->tx) == BPMP_PG_GET_STATE ? 4 : 0;
    }
    return 0;
}

static int transfer(void *opaque, BpmpCall *call)
{
    Fake *fake = opaque;
    uint32_t size;

    if (call->tx_size > BPMP_PAYLOAD || call->rx_size > BPMP_PAYLOAD) {
        fprintf(stderr, "not ok: a transfer of %u bytes, room for %u\n",
                call->tx_size, call->rx_size);
        abort();
    }
    if (fake->n_calls < FAKE_CALLS) {
        fake->calls[fake->n_calls] = *call;
    }
    fake->n_calls++;
    if (fake->status < 0) {
        return fake->status;
    }
    call->ret = fake->ret;
    memset(call->rx, 0, sizeof(call->rx));
    size = fake->ret ? 0 : answer(fake, call);
    size = size > fake->shorter ? size - fake->shorter : 0;
    if (size < call->rx_size) {
        call->rx_size = size;
    }
    return 0;
}

ScmiFirmware fake_firmware(Fake *fake)
{
    return (ScmiFirmware){ .transfer = transfer, .opaque = fake };
}

void fake_domains(ScmiDomains *d, Fake *fake)
{
    const ScmiFirmware fw = fake_firmware(fake);
    ScmiError error;

    *fake = (Fake){ .uarta_parent = 102 };
    if (!scmi_domains_parse(d, fake_map, strlen(fake_map), &error)) {
        fprintf(stderr, "not ok: %s\n", error.text);
        abort();
    }
    if (scmi_domains_complete(d, &fw) < 0) {
        fprintf(stderr, "not ok: the firmware did not answer\n");
        abort();
    }
    fake->n_calls = 0;
}
