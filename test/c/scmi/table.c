/*
 * Every message of SCMI v3.2 that bpmp-scmi takes, and those that it does not:
 * answers, transfers that they lead to, lengths, ids, versions, codes
 *
 * The numbers stand here a second time, as DEN0056E has them, with its
 * sections.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "fake.h"

/* Section 4.1, status codes */
enum {
    OK = 0,
    NOT_SUPPORTED = -1,
    INVALID = -2,
    DENIED = -3,
    NOT_FOUND = -4,
    OUT_OF_RANGE = -5,
    BUSY = -6,
    COMMS = -7,
    GENERIC = -8,
    HARDWARE = -9,
    PROTOCOL = -10,
};

enum { BASE = 0x10, POWER = 0x11, CLOCK = 0x14, RESET = 0x16 };

static ScmiDomains domains;
static Fake fake;
static int failures;

static uint8_t answered[SCMI_MESSAGE + 1];
static size_t answered_size;

static void __attribute__((format(printf, 2, 3)))
check(bool good, const char *what, ...)
{
    va_list args;

    if (good) {
        return;
    }
    failures++;
    va_start(args, what);
    printf("not ok ");
    vprintf(what, args);
    printf("\n");
    va_end(args);
}

/* Section 4.1, with token 0x155 */
static uint32_t header(uint32_t protocol, uint32_t id)
{
    return 0x155u << 18 | protocol << 10 | id;
}

/* Send; the status that comes back, or 1: none did. */
static int32_t send(uint32_t head, const void *in, size_t size, size_t room)
{
    const ScmiFirmware fw = fake_firmware(&fake);
    uint8_t request[SCMI_MESSAGE + 8];

    put_le32(request, head);
    if (size) {
        memcpy(request + 4, in, size);
    }
    fake.n_calls = 0;
    memset(answered, 0xa5, sizeof(answered));
    answered_size = scmi_answer(&domains, &fw, request, 4 + size, answered,
                                room);
    check(answered_size <= room, "%zu bytes in a room of %zu", answered_size,
          room);
    check(answered[room] == 0xa5, "wrote behind a room of %zu", room);
    if (!answered_size) {
        return 1;
    }
    check(get_le32(answered) == head, "header 0x%x is not 0x%x",
          get_le32(answered), head);
    return (int32_t)get_le32(answered + 4);
}

#define WORDS_MAX 32
typedef struct Words {
    unsigned n;
    uint32_t word[WORDS_MAX];
} Words;

#define W(...) \
    ((Words){ sizeof((uint32_t[]){ 0, ##__VA_ARGS__ }) / 4 - 1, \
              { __VA_ARGS__ } })

static int32_t ask(uint32_t protocol, uint32_t id, Words in)
{
    uint8_t bytes[4 * WORDS_MAX];

    for (unsigned i = 0; i < in.n; i++) {
        put_le32(bytes + 4 * i, in.word[i]);
    }
    return send(header(protocol, id), bytes, 4 * in.n, SCMI_MESSAGE);
}

static void gives(const char *what, uint32_t protocol, uint32_t id, Words in,
                  int32_t status, Words out)
{
    int32_t got = ask(protocol, id, in);

    check(got == status, "%s: status %d, not %d", what, got, status);
    check(answered_size == 8 + 4 * out.n, "%s: %zu bytes, not %u", what,
          answered_size, 8 + 4 * out.n);
    for (unsigned i = 0; i < out.n && 12 + 4 * i <= answered_size; i++) {
        uint32_t word = get_le32(answered + 8 + 4 * i);

        check(word == out.word[i], "%s: word %u is 0x%x, not 0x%x", what, i, word,
              out.word[i]);
    }
}

/* The answer has @name at byte @at of what follows the status. */
static void names(const char *what, size_t at, const char *name, size_t size)
{
    char wanted[64] = {};

    memcpy(wanted, name, strlen(name));
    check(answered_size >= 8 + at + size &&
          !memcmp(answered + 8 + at, wanted, size), "%s: no name %s", what,
          name);
}

/* The last transfer was this one, of @n in all. */
static void asked(const char *what, unsigned n, uint32_t mrq, Words tx)
{
    const BpmpCall *call = &fake.calls[n - 1];

    check(fake.n_calls == n, "%s: %u transfers, not %u", what, fake.n_calls, n);
    check(call->mrq == mrq && call->tx_size == 4 * tx.n,
          "%s: MRQ %u with %u bytes", what, call->mrq, call->tx_size);
    for (unsigned i = 0; i < tx.n; i++) {
        check(get_le32(call->tx + 4 * i) == tx.word[i],
              "%s: word %u of the transfer is 0x%x, not 0x%x", what, i,
              get_le32(call->tx + 4 * i), tx.word[i]);
    }
}

static void asked_nothing(const char *what)
{
    check(fake.n_calls == 0, "%s: %u transfers", what, fake.n_calls);
}

/* Section 4.2 */
static void base(void)
{
    gives("base version", BASE, 0x0, W(), OK, W(0x20001));
    gives("base attributes", BASE, 0x1, W(), OK, W(1 << 8 | 3));
    gives("vendor has attributes", BASE, 0x2, W(0x3), OK, W(0));
    gives("NOTIFY_ERRORS has none", BASE, 0x2, W(0x8), NOT_FOUND, W());
    check(ask(BASE, 0x3, W()) == OK, "vendor");
    names("vendor", 0, "bpmp-virt", 16);
    check(ask(BASE, 0x4, W()) == OK, "sub-vendor");
    names("sub-vendor", 0, "tegra", 16);
    gives("implementation", BASE, 0x5, W(), OK, W(1));
    gives("protocols", BASE, 0x6, W(0), OK, W(3, 0x161411));
    gives("protocols from the 2nd", BASE, 0x6, W(1), OK, W(2, 0x1614));
    gives("protocols from the end", BASE, 0x6, W(3), OK, W(0));
    gives("protocols behind the end", BASE, 0x6, W(4), INVALID, W());
    check(ask(BASE, 0x7, W(0)) == OK && !get_le32(answered + 8), "platform");
    names("platform", 4, "platform", 16);
    for (unsigned i = 0; i < 2; i++) {
        check(ask(BASE, 0x7, W(i ? 0xffffffff : 1)) == OK &&
              get_le32(answered + 8) == 1, "agent");
        names("agent", 4, "uart-vm", 16);
    }
    gives("agent 2", BASE, 0x7, W(2), NOT_FOUND, W());
    gives("negotiation", BASE, 0x10, W(0x20001), OK, W());
    gives("negotiation of v2.0", BASE, 0x10, W(0x20000), NOT_SUPPORTED, W());
    asked_nothing("base");
}

/* Section 4.3 */
static void power(void)
{
    gives("power version", POWER, 0x0, W(), OK, W(0x30001));
    gives("power attributes", POWER, 0x1, W(), OK, W(2, 0, 0, 0));
    gives("negotiation", POWER, 0x10, W(0x30001), OK, W());
    check(ask(POWER, 0x3, W(0)) == OK && get_le32(answered + 8) == 1u << 29,
          "domain 0");
    names("domain 0", 4, "disp", 16);
    check(ask(POWER, 0x3, W(1)) == OK &&
          get_le32(answered + 8) == (1u << 29 | 1u << 27), "domain 1");
    names("domain 1", 4, "power_with_a_lo", 16);
    check(ask(POWER, 0x8, W(1)) == OK && !get_le32(answered + 8), "long name");
    names("long name", 4, "power_with_a_long_name", 64);
    asked_nothing("power domains' attributes");

    gives("on", POWER, 0x4, W(0, 0, 0), OK, W());
    asked("on", 1, 66, W(1, 7, 1));
    gives("off", POWER, 0x4, W(0, 1, 1u << 30), OK, W());
    asked("off", 1, 66, W(1, 8, 0));
    gives("is on", POWER, 0x5, W(0), OK, W(0));
    asked("is on", 1, 66, W(2, 7));
    gives("is off", POWER, 0x5, W(1), OK, W(1u << 30));

    gives("asynchronous", POWER, 0x4, W(1, 0, 0), NOT_SUPPORTED, W());
    gives("reserved flag", POWER, 0x4, W(2, 0, 0), INVALID, W());
    gives("another state", POWER, 0x4, W(0, 0, 1), INVALID, W());
    gives("reserved state", POWER, 0x4, W(0, 0, 1u << 31), INVALID, W());
    asked_nothing("refused state");
}

/* Section 4.8 */
static void reset(void)
{
    gives("reset version", RESET, 0x0, W(), OK, W(0x30001));
    gives("reset attributes", RESET, 0x1, W(), OK, W(2));
    gives("negotiation", RESET, 0x10, W(0x30001), OK, W());
    check(ask(RESET, 0x3, W(0)) == OK && !get_le32(answered + 8) &&
          get_le32(answered + 12) == 0xffffffff, "reset 0");
    names("reset 0", 8, "uarta", 16);
    check(ask(RESET, 0x3, W(1)) == OK && get_le32(answered + 8) == 1u << 29,
          "reset 1");
    names("reset 1", 8, "reset_with_a_lo", 16);
    check(ask(RESET, 0x6, W(1)) == OK, "long name");
    names("long name", 4, "reset_with_a_long_name", 64);
    asked_nothing("resets' attributes");

    gives("deassert", RESET, 0x4, W(0, 0, 0), OK, W());
    asked("deassert", 1, 20, W(2, 100));
    gives("assert", RESET, 0x4, W(1, 2, 0), OK, W());
    asked("assert", 1, 20, W(1, 101));
    gives("autonomous", RESET, 0x4, W(0, 1, 0), OK, W());
    asked("autonomous", 1, 20, W(3, 100));
    gives("autonomous, other bit ignored", RESET, 0x4, W(0, 3, 0), OK, W());
    asked("autonomous, other bit ignored", 1, 20, W(3, 100));

    gives("asynchronous", RESET, 0x4, W(0, 4, 0), NOT_SUPPORTED, W());
    gives("reserved flag", RESET, 0x4, W(0, 8, 0), INVALID, W());
    gives("a state that is not cold", RESET, 0x4, W(0, 1, 1), INVALID, W());
    gives("a state of the implementation", RESET, 0x4, W(0, 1, 1u << 31),
          INVALID, W());
    asked_nothing("refused reset");
}

/* Section 4.6: what a clock is */
static void clock_attributes(void)
{
    gives("clock version", CLOCK, 0x0, W(), OK, W(0x30000));
    gives("clock attributes", CLOCK, 0x1, W(), OK, W(FAKE_CLOCKS));
    gives("negotiation", CLOCK, 0x10, W(0x30000), OK, W());
    gives("negotiation of v2.0", CLOCK, 0x10, W(0x20000), NOT_SUPPORTED, W());

    check(ask(CLOCK, 0x3, W(FAKE_UARTA)) == OK &&
          get_le32(answered + 8) == (1u << 28 | 1), "uarta: on, has parents");
    asked("uarta", 1, 22, W(6u << 24 | 155));
    names("uarta", 4, "uarta", 16);
    check(get_le32(answered + 28) == 0, "enable delay");
    check(ask(CLOCK, 0x3, W(FAKE_PLLP_OUT0)) == OK &&
          get_le32(answered + 8) == 2, "pllp_out0: off, restricted");
    check(ask(CLOCK, 0x3, W(FAKE_LONG)) == OK &&
          get_le32(answered + 8) == (1u << 28 | 1u << 29), "long name");
    names("long name", 4, "clock_with_a_lo", 16);
    check(ask(CLOCK, 0x8, W(FAKE_LONG)) == OK && !get_le32(answered + 8),
          "CLOCK_NAME_GET");
    names("CLOCK_NAME_GET", 4, "clock_with_a_long_name", 64);
    check(ask(CLOCK, 0x3, W(FAKE_CLK_M)) == OK && get_le32(answered + 8) == 2,
          "a parent that is not in the map");
    names("a parent that is not in the map", 4, "clk_m", 16);

    gives("own permissions", CLOCK, 0xf, W(FAKE_UARTA), OK, W(0xe0000000));
    gives("shared", CLOCK, 0xf, W(FAKE_PLLP_OUT0), OK, W(0x80000000));
    gives("ancestor", CLOCK, 0xf, W(FAKE_CLK_M), OK, W(0));

    gives("parents", CLOCK, 0xc, W(FAKE_UARTA, 0), OK,
          W(2, FAKE_PLLP_OUT0, FAKE_CLK_M));
    gives("parents from the 2nd", CLOCK, 0xc, W(FAKE_UARTA, 1), OK,
          W(1, FAKE_CLK_M));
    gives("parents from the end", CLOCK, 0xc, W(FAKE_UARTA, 2), INVALID, W());
    gives("one parent", CLOCK, 0xc, W(FAKE_LONG, 0), OK, W(1, FAKE_CLK_M));
    gives("no parent in sight", CLOCK, 0xc, W(FAKE_PLLP_OUT0, 0),
          NOT_SUPPORTED, W());
    asked_nothing("possible parents");

    gives("parent", CLOCK, 0xe, W(FAKE_UARTA), OK, W(FAKE_PLLP_OUT0));
    asked("parent", 1, 22, W(4u << 24 | 155));
    fake.uarta_parent = 77;
    gives("a hidden parent", CLOCK, 0xe, W(FAKE_UARTA), GENERIC, W());
    fake.uarta_parent = 102;
    gives("no parent", CLOCK, 0xe, W(FAKE_PLLP_OUT0), NOT_SUPPORTED, W());
}

/* Section 4.6: what changes a clock */
static void clock_changes(void)
{
    gives("rates end at the parent's", CLOCK, 0x4, W(FAKE_UARTA, 0), OK,
          W(1u << 12 | 3, 1, 0, 408000000, 0, 1, 0));
    gives("rates without a parent", CLOCK, 0x4, W(FAKE_PLLP_OUT0, 0), OK,
          W(1u << 12 | 3, 1, 0, 408000000, 0, 1, 0));
    gives("rates from the 2nd", CLOCK, 0x4, W(FAKE_UARTA, 1), OUT_OF_RANGE,
          W());
    gives("rate", CLOCK, 0x6, W(FAKE_UARTA), OK, W(204000000, 0));
    asked("rate", 1, 22, W(1u << 24 | 155));
    gives("set rate", CLOCK, 0x5, W(0, FAKE_UARTA, 1843200, 1), OK, W());
    asked("set rate", 1, 22, W(2u << 24 | 155, 0, 1843200, 1));
    gives("set rate, rounding", CLOCK, 0x5, W(0xe, FAKE_UARTA, 5, 0), OK, W());
    gives("set rate of 0", CLOCK, 0x5, W(0, FAKE_UARTA, 0, 0), INVALID, W());
    gives("set rate below 0", CLOCK, 0x5, W(0, FAKE_UARTA, 1, 1u << 31),
          INVALID, W());
    gives("set rate, asynchronous", CLOCK, 0x5, W(1, FAKE_UARTA, 5, 0),
          NOT_SUPPORTED, W());
    gives("set rate, reserved flag", CLOCK, 0x5, W(16, FAKE_UARTA, 5, 0),
          INVALID, W());
    gives("set a shared rate", CLOCK, 0x5, W(0, FAKE_PLLP_OUT0, 5, 0), DENIED,
          W());
    gives("set an ancestor's rate", CLOCK, 0x5, W(0, FAKE_CLK_M, 5, 0), DENIED,
          W());
    asked_nothing("refused rate");

    gives("enable", CLOCK, 0x7, W(FAKE_UARTA, 1, 0), OK, W());
    asked("enable", 1, 22, W(7u << 24 | 155));
    gives("disable a shared one", CLOCK, 0x7, W(FAKE_PLLP_OUT0, 0, 0), OK, W());
    asked("disable a shared one", 1, 22, W(8u << 24 | 102));
    gives("enable as before v3.2", CLOCK, 0x7, W(FAKE_UARTA, 1), OK, W());
    gives("unchanged", CLOCK, 0x7, W(FAKE_UARTA, 3, 0), OK, W());
    asked_nothing("unchanged");
    gives("unchanged before v3.2", CLOCK, 0x7, W(FAKE_UARTA, 3), INVALID, W());
    gives("reserved state", CLOCK, 0x7, W(FAKE_UARTA, 2, 0), INVALID, W());
    gives("extended configuration", CLOCK, 0x7, W(FAKE_UARTA, 1 << 16 | 1, 0),
          INVALID, W());
    gives("enable an ancestor", CLOCK, 0x7, W(FAKE_CLK_M, 1, 0), DENIED, W());
    asked_nothing("refused state");
    gives("is enabled", CLOCK, 0xb, W(FAKE_UARTA, 0), OK, W(0, 1, 0));
    gives("is not", CLOCK, 0xb, W(FAKE_LONG, 0), OK, W(0, 0, 0));
    gives("extended configuration", CLOCK, 0xb, W(FAKE_UARTA, 1), INVALID, W());

    gives("set parent", CLOCK, 0xd, W(FAKE_UARTA, FAKE_CLK_M), OK, W());
    asked("set parent", 1, 22, W(5u << 24 | 155, 14));
    gives("a parent that it cannot have", CLOCK, 0xd, W(FAKE_UARTA, FAKE_LONG),
          INVALID, W());
    gives("a shared one's parent", CLOCK, 0xd, W(FAKE_PLLP_OUT0, FAKE_CLK_M),
          DENIED, W());
    asked_nothing("refused parent");
}

/* Which commands there are, with the bytes of their parameters */
typedef struct Known {
    uint32_t protocol;
    uint32_t id;
    size_t size;
    /* The word with the id of a domain, or -1 */
    int domain;
} Known;

static const Known known[] = {
    { BASE, 0x3, 0, -1 }, { BASE, 0x4, 0, -1 }, { BASE, 0x5, 0, -1 },
    { BASE, 0x6, 4, -1 }, { BASE, 0x7, 4, -1 },
    { POWER, 0x3, 4, 0 }, { POWER, 0x4, 12, 1 }, { POWER, 0x5, 4, 0 },
    { POWER, 0x8, 4, 0 },
    { CLOCK, 0x3, 4, 0 }, { CLOCK, 0x4, 8, 0 }, { CLOCK, 0x5, 16, 1 },
    { CLOCK, 0x6, 4, 0 }, { CLOCK, 0x7, 12, 0 }, { CLOCK, 0x8, 4, 0 },
    { CLOCK, 0xb, 8, 0 }, { CLOCK, 0xc, 8, 0 }, { CLOCK, 0xd, 8, 0 },
    { CLOCK, 0xd, 8, 1 }, { CLOCK, 0xe, 4, 0 }, { CLOCK, 0xf, 4, 0 },
    { RESET, 0x3, 4, 0 }, { RESET, 0x4, 12, 0 }, { RESET, 0x6, 4, 0 },
};
#define N_KNOWN (sizeof(known) / sizeof(known[0]))

static const uint32_t protocols[] = { BASE, POWER, CLOCK, RESET };

static const Known *find(uint32_t protocol, uint32_t id)
{
    for (unsigned i = 0; i < N_KNOWN; i++) {
        if (known[i].protocol == protocol && known[i].id == id) {
            return &known[i];
        }
    }
    return NULL;
}

static bool is_common(uint32_t id)
{
    return id <= 2 || id == 0x10;
}

/* Every number of a command, of every protocol */
static void unknown_commands(void)
{
    for (unsigned p = 0; p < 4; p++) {
        for (uint32_t id = 0; id < 256; id++) {
            bool there = is_common(id) || find(protocols[p], id);
            int32_t status = ask(protocols[p], 0x2, W(id));

            check(status == (there ? OK : NOT_FOUND),
                  "attributes of 0x%x/0x%x: %d", protocols[p], id, status);
            if (!there) {
                status = ask(protocols[p], id, W(0));
                check(status == NOT_SUPPORTED, "0x%x/0x%x: %d", protocols[p], id,
                      status);
            }
        }
    }
    for (uint32_t p = 0; p < 256; p++) {
        if (p == BASE || p == POWER || p == CLOCK || p == RESET) {
            continue;
        }
        for (uint32_t id = 0; id < 256; id++) {
            check(ask(p, id, W()) == NOT_SUPPORTED, "0x%x/0x%x", p, id);
        }
    }
    asked_nothing("unknown commands");
}

static size_t wanted_size(uint32_t protocol, uint32_t id)
{
    if (is_common(id)) {
        return id == 2 || id == 0x10 ? 4 : 0;
    }
    return find(protocol, id)->size;
}

/* Every length of every command but its own: no transfer, PROTOCOL_ERROR */
static void lengths(void)
{
    static const uint8_t zeroes[SCMI_PAYLOAD + 4];

    for (unsigned p = 0; p < 4; p++) {
        for (uint32_t id = 0; id < 256; id++) {
            if (!is_common(id) && !find(protocols[p], id)) {
                continue;
            }
            for (size_t size = 0; size <= sizeof(zeroes); size++) {
                int32_t status = send(header(protocols[p], id), zeroes, size,
                                      SCMI_MESSAGE);
                bool before = protocols[p] == CLOCK && id == 7 && size == 8;

                if (size == wanted_size(protocols[p], id) || before) {
                    check(status != PROTOCOL, "0x%x/0x%x of %zu bytes",
                          protocols[p], id, size);
                    continue;
                }
                check(status == PROTOCOL, "0x%x/0x%x of %zu bytes: %d",
                      protocols[p], id, size, status);
                asked_nothing("a wrong length");
            }
        }
    }
}

/* Ids behind the last, and the one that the firmware does not know */
static void unknown_domains(void)
{
    static const uint32_t ids[] = {
        FAKE_CLOCKS, 100, 102, 155, 255, 256, 0xffff, 0x10000, 0x7fffffff,
        0x80000000, 0xffffffff,
    };

    for (unsigned i = 0; i < N_KNOWN; i++) {
        if (known[i].domain < 0) {
            continue;
        }
        for (unsigned k = 0; k <= sizeof(ids) / sizeof(ids[0]); k++) {
            Words in = { .n = known[i].size / 4 };
            bool hole = k == sizeof(ids) / sizeof(ids[0]);

            if (hole && known[i].protocol != CLOCK) {
                continue;
            }
            in.word[0] = known[i].protocol == CLOCK && known[i].domain == 1 ?
                         FAKE_UARTA : 0;
            in.word[known[i].domain] = hole ? FAKE_HOLE : ids[k];
            check(ask(known[i].protocol, known[i].id, in) == NOT_FOUND,
                  "0x%x/0x%x of id 0x%x", known[i].protocol, known[i].id,
                  in.word[known[i].domain]);
            asked_nothing("an unknown id");
        }
    }
}

/* What is in the header besides, and how much room there is */
static void shapes(void)
{
    static const uint8_t zeroes[4];
    const ScmiFirmware fw = fake_firmware(&fake);
    uint32_t head = header(CLOCK, 0x3);

    for (uint32_t type = 1; type < 4; type++) {
        check(send(head | type << 8, zeroes, 4, SCMI_MESSAGE) == PROTOCOL,
              "type %u", type);
    }
    check(send(head | 0xf0000000, zeroes, 4, SCMI_MESSAGE) == OK,
          "reserved bits of the header");
    for (size_t size = 0; size < 4; size++) {
        check(!scmi_answer(&domains, &fw, zeroes, size, answered,
                           SCMI_MESSAGE), "a header of %zu bytes", size);
    }
    for (size_t room = 0; room <= SCMI_MESSAGE; room++) {
        int32_t status = send(head, zeroes, 4, room);

        check(status == (room < 8 ? 1 : room < 32 ? PROTOCOL : OK),
              "a room of %zu: %d", room, status);
    }
}

typedef struct Code {
    int status;
    int32_t ret;
    int32_t scmi;
} Code;

/* docs/transports.md has the same table. */
static const Code codes[] = {
    { -EACCES, 0, DENIED }, { -EPERM, 0, DENIED }, { -EBUSY, 0, BUSY },
    { -EAGAIN, 0, BUSY }, { -EINVAL, 0, INVALID }, { -ETIMEDOUT, 0, COMMS },
    { -EIO, 0, COMMS }, { -ENODEV, 0, COMMS }, { -EPIPE, 0, COMMS },
    { -EFAULT, 0, GENERIC }, { -ENOMEM, 0, GENERIC },
    /* The firmware's own, which are not all Linux's */
    { 0, -2, GENERIC }, { 0, -3, GENERIC }, { 0, -5, HARDWARE },
    { 0, -6, NOT_SUPPORTED }, { 0, -11, BUSY }, { 0, -12, GENERIC },
    { 0, -13, DENIED }, { 0, -14, HARDWARE }, { 0, -16, BUSY },
    { 0, -19, GENERIC }, { 0, -22, GENERIC }, { 0, -23, GENERIC },
    { 0, -34, OUT_OF_RANGE }, { 0, -38, NOT_SUPPORTED }, { 0, -1000, GENERIC },
    { 0, 1, GENERIC },
};

/* Every command that asks the BPMP, with every way in which that ends */
static void ends(void)
{
    typedef struct Asking {
        uint32_t protocol, id;
        Words in;
        /* Bytes of answer */
        unsigned rx;
    } Asking;
    const Asking asking[] = {
        { CLOCK, 0x3, W(FAKE_UARTA), 4 },
        { CLOCK, 0x4, W(FAKE_UARTA, 0), 8 },
        { CLOCK, 0x5, W(0, FAKE_UARTA, 1, 0), 8 },
        { CLOCK, 0x6, W(FAKE_UARTA), 8 },
        { CLOCK, 0x7, W(FAKE_UARTA, 1, 0), 0 },
        { CLOCK, 0x7, W(FAKE_UARTA, 0, 0), 0 },
        { CLOCK, 0xb, W(FAKE_UARTA, 0), 4 },
        { CLOCK, 0xd, W(FAKE_UARTA, FAKE_PLLP_OUT0), 4 },
        { CLOCK, 0xe, W(FAKE_UARTA), 4 },
        { POWER, 0x4, W(0, 0, 0), 0 }, { POWER, 0x5, W(0), 4 },
        { RESET, 0x4, W(0, 0, 0), 0 },
    };

    for (unsigned i = 0; i < sizeof(asking) / sizeof(asking[0]); i++) {
        const Asking *a = &asking[i];

        for (unsigned k = 0; k < sizeof(codes) / sizeof(codes[0]); k++) {
            fake.status = codes[k].status;
            fake.ret = codes[k].ret;
            gives("a failed transfer", a->protocol, a->id, a->in,
                  codes[k].scmi, W());
            check(fake.n_calls == 1, "0x%x/0x%x goes on", a->protocol, a->id);
        }
        fake.status = 0;
        fake.ret = 0;
        for (fake.shorter = 1; fake.shorter <= a->rx; fake.shorter++) {
            gives("a short answer of the firmware", a->protocol, a->id, a->in,
                  GENERIC, W());
        }
        fake.shorter = 0;
    }
}

static bool is_map(const char *text)
{
    static ScmiDomains d;
    ScmiError error = {};
    bool good = scmi_domains_parse(&d, text, strlen(text), &error);

    check(good == !error.text[0], "a fault without words in %s", text);
    return good;
}

#define MAP "bpmp-virt-scmi 1\n"

static void maps(void)
{
    static const char *const good[] = {
        MAP "agent a\n",
        MAP "agent a\n# comment\nclock 0 0 own x\nclock 1 1 ancestor y\n",
        MAP "agent name-of-more-than-fifteen-letters\nreset 0 16777215 own r\n",
    };
    static const char *const bad[] = {
        "", "agent a\n", "bpmp-virt-scmi 2\nagent a\n", MAP,
        MAP "agent a", MAP "agent a\nagent b\n", MAP "agent a\n\n",
        MAP "agent a\nclock 1 0 own x\n", MAP "agent a\nclock 0 1 x\n",
        MAP "agent a\nclock 0 1 mine x\n", MAP "agent a\nclock 0 1 own x y\n",
        MAP "agent a\nclock 0 2 own x\nclock 1 1 own y\n",
        MAP "agent a\nclock 0 2 own x\nclock 1 2 own y\n",
        MAP "agent a\nclock 0 16777216 own x\n",
        MAP "agent a\nclock 0 -1 own x\n", MAP "agent a\nclock 00 1 own x\n",
        MAP "agent a\nclock  0 1 own x\n", MAP "agent a\nclock 0 1 own x \n",
        MAP "agent a\nclock 0 1 own\tx\n", MAP "agent a\nreset 0 1 shared x\n",
        MAP "agent a\npower 0 1 ancestor x\n", MAP "agent a\nvoltage 0 1 own x\n",
        MAP "agent a\nclock 0 1 own "
            "a-name-of-sixty-four-letters-is-longer-than-what-SCMI-can-carry-x\n",
    };

    for (unsigned i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        check(is_map(good[i]), "refuses %s", good[i]);
    }
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        check(!is_map(bad[i]), "takes %s", bad[i]);
    }
}

/* A machine without domains has no such protocol. */
static void no_domains(void)
{
    static const char map[] = MAP "agent a\nclock 0 155 own uarta\n";
    ScmiError error;

    scmi_domains_parse(&domains, map, strlen(map), &error);
    gives("one protocol", BASE, 0x1, W(), OK, W(1 << 8 | 1));
    gives("the clocks'", BASE, 0x6, W(0), OK, W(1, 0x14));
    gives("no power domains", POWER, 0x0, W(), NOT_SUPPORTED, W());
    gives("no resets", RESET, 0x0, W(), NOT_SUPPORTED, W());
    fake_domains(&domains, &fake);
}

/* A firmware out of reach, and one that speaks nonsense */
static void firmware(void)
{
    const ScmiFirmware fw = fake_firmware(&fake);
    ScmiError error;

    scmi_domains_parse(&domains, fake_map, strlen(fake_map), &error);
    fake.status = -ETIMEDOUT;
    check(scmi_domains_complete(&domains, &fw) == -ETIMEDOUT, "silent");
    fake.status = 0;
    scmi_domains_parse(&domains, fake_map, strlen(fake_map), &error);
    fake.ret = -22;
    check(scmi_domains_complete(&domains, &fw) == 0, "knows nothing");
    fake.ret = 0;
    gives("a clock that it does not know", CLOCK, 0x6, W(FAKE_UARTA),
          NOT_FOUND, W());
    fake_domains(&domains, &fake);
}

int main(void)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {
        { "base", base },
        { "power domains", power },
        { "resets", reset },
        { "clocks: attributes, permissions, parents", clock_attributes },
        { "clocks: rates, states, parents", clock_changes },
        { "every number of a command", unknown_commands },
        { "every length", lengths },
        { "ids that are not there", unknown_domains },
        { "headers and rooms", shapes },
        { "every end of a transfer", ends },
        { "maps", maps },
        { "protocols without domains", no_domains },
        { "firmware without answers", firmware },
    };

    fake_domains(&domains, &fake);
    for (unsigned i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        int before = failures;

        tests[i].run();
        if (failures == before) {
            printf("ok %s\n", tests[i].name);
        }
    }
    return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
