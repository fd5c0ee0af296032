/*
 * Messages of a guest, on a firmware that answers anything
 *
 * Rules that hold whatever is asked: no transfer for an id that the machine
 * has not, no change of what is not its own, no rate of 0 or below.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "fake.h"

typedef struct Input {
    const uint8_t *at;
    size_t left;
} Input;

static ScmiDomains domains;

static void broken(const char *rule)
{
    fprintf(stderr, "broken rule: %s\n", rule);
    abort();
}

static uint8_t take(Input *in)
{
    if (!in->left) {
        return 0;
    }
    in->left--;
    return *in->at++;
}

static const ScmiClock *clock_of(uint32_t bpmp)
{
    for (unsigned i = 0; i < domains.n_clocks; i++) {
        if (domains.clocks[i].bpmp == bpmp) {
            return &domains.clocks[i];
        }
    }
    broken("a clock that the machine has not");
    return NULL;
}

static bool has(const ScmiDomain *of, unsigned n, uint32_t bpmp)
{
    for (unsigned i = 0; i < n; i++) {
        if (of[i].bpmp == bpmp) {
            return true;
        }
    }
    return false;
}

static void judge_clock(const BpmpCall *call)
{
    const ScmiClock *clock = clock_of(get_le32(call->tx) & 0xffffff);

    switch (get_le32(call->tx) >> 24) {
    case BPMP_CLK_SET_RATE:
        if (clock->class != SCMI_OWN || call->tx_size != 16 ||
            (int64_t)get_le64(call->tx + 8) <= 0) {
            broken("a rate that may not be set");
        }
        break;
    case BPMP_CLK_SET_PARENT:
        clock_of(get_le32(call->tx + 4));
        if (clock->class != SCMI_OWN || call->tx_size != 8) {
            broken("a parent that may not be set");
        }
        break;
    case BPMP_CLK_ENABLE:
    case BPMP_CLK_DISABLE:
        if (clock->class == SCMI_ANCESTOR) {
            broken("a state that may not be set");
        }
        break;
    }
}

static void judge(const BpmpCall *call)
{
    uint32_t id = get_le32(call->tx + 4);

    switch (call->mrq) {
    case BPMP_MRQ_CLK:
        judge_clock(call);
        break;
    case BPMP_MRQ_RESET:
        if (!has(domains.resets, domains.n_resets, id)) {
            broken("a reset that the machine has not");
        }
        break;
    case BPMP_MRQ_PG:
        if (!has(domains.powers, domains.n_powers, id)) {
            broken("a power domain that the machine has not");
        }
        break;
    default:
        broken("another request");
    }
}

static int transfer(void *opaque, BpmpCall *call)
{
    static const int ends[] = { 0, 0, 0, 0, -13, -16, -22, -110 };
    Input *in = opaque;
    int end = ends[take(in) % 8];

    judge(call);
    if (end) {
        return end;
    }
    call->ret = take(in) % 4 ? 0 : -(int)take(in);
    if (take(in) % 4 == 0 && call->rx_size) {
        call->rx_size = take(in) % call->rx_size;
    }
    for (unsigned i = 0; i < call->rx_size; i++) {
        call->rx[i] = take(in);
    }
    return 0;
}

/* What the firmware says of the clocks when the machine starts */
static int transfer_at_start(void *opaque, BpmpCall *call)
{
    Input *in = opaque;

    if (call->mrq != BPMP_MRQ_CLK ||
        get_le32(call->tx) >> 24 != BPMP_CLK_GET_ALL_INFO) {
        broken("another request at the start");
    }
    call->ret = 0;
    /* Ids that are small, as those of the map are */
    for (unsigned i = 4; i < 72; i += 4) {
        put_le32(call->rx + i, take(in));
    }
    call->rx[72] = take(in);
    for (unsigned i = 73; i < 113; i++) {
        call->rx[i] = take(in);
    }
    return 0;
}

static void fresh(Input *in)
{
    static Fake fake;
    const ScmiFirmware fw = { .transfer = transfer_at_start, .opaque = in };
    ScmiError error;

    if (take(in) % 2) {
        fake_domains(&domains, &fake);
        return;
    }
    if (!scmi_domains_parse(&domains, fake_map, strlen(fake_map), &error) ||
        scmi_domains_complete(&domains, &fw) < 0) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input in = { .at = data, .left = size };
    const ScmiFirmware fw = { .transfer = transfer, .opaque = &in };
    ScmiError error;

    fresh(&in);
    while (in.left) {
        size_t length = take(&in) % (SCMI_MESSAGE + 2);
        size_t room = take(&in) % (SCMI_MESSAGE + 1);
        /* Exactly so large that a sanitizer sees the first byte too far */
        uint8_t *request = malloc(length ? length : 1);
        uint8_t *answer = malloc(room ? room : 1);
        size_t got;

        for (size_t i = 0; i < length; i++) {
            request[i] = take(&in);
        }
        if (length >= 4 && take(&in) % 8) {
            /* A header that leads somewhere: the rest is the message's id. */
            static const uint8_t protocols[] = { 0x10, 0x11, 0x14, 0x16 };

            put_le32(request, (uint32_t)protocols[request[1] % 4] << 10 |
                              request[0] % 0x11);
        }
        got = scmi_answer(&domains, &fw, request, length, answer, room);
        if (got > room || (got && got < 8)) {
            broken("the length of an answer");
        }
        free(request);
        free(answer);
    }
    /* The map's parser, on the same bytes */
    static ScmiDomains d;

    scmi_domains_parse(&d, (const char *)data, size, &error);
    return 0;
}
