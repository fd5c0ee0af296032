/*
 * The map of a bundle, and what the firmware adds to it
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "domains.h"

#define FORMAT "bpmp-virt-scmi 1"
/* Ids of the BPMP ABI have 24 bits. */
#define BPMP_ID_MAX 0xffffff

/* A line of the map, cut at its single spaces */
#define WORDS_MAX 5
#define WORD_MAX 63

typedef struct Line {
    unsigned number;
    unsigned n_words;
    char words[WORDS_MAX][WORD_MAX + 1];
} Line;

static bool __attribute__((format(printf, 3, 4)))
refuse(ScmiError *error, const Line *line, const char *why, ...)
{
    va_list args;
    int at = snprintf(error->text, sizeof(error->text), "line %u: ",
                      line->number);

    va_start(args, why);
    vsnprintf(error->text + at, sizeof(error->text) - at, why, args);
    va_end(args);
    return false;
}

static bool is_printable(char c)
{
    return c > ' ' && c < 0x7f;
}

/* Cut the line at @text; false where it is longer than any that is written. */
static bool cut(Line *line, const char *text, size_t size)
{
    size_t length = 0;

    line->n_words = 0;
    memset(line->words, 0, sizeof(line->words));
    for (size_t i = 0; i <= size; i++) {
        if (i < size && is_printable(text[i])) {
            if (line->n_words == WORDS_MAX || length == WORD_MAX) {
                return false;
            }
            line->words[line->n_words][length++] = text[i];
        } else if (length == 0 || (i < size && text[i] != ' ')) {
            return false;
        } else {
            line->n_words++;
            length = 0;
        }
    }
    return true;
}

static bool number(const char *word, uint32_t max, uint32_t *value)
{
    uint64_t n = 0;

    if (!word[0] || (word[0] == '0' && word[1])) {
        return false;
    }
    for (; *word; word++) {
        if (*word < '0' || *word > '9') {
            return false;
        }
        n = n * 10 + (*word - '0');
        if (n > max) {
            return false;
        }
    }
    *value = n;
    return true;
}

static bool class_of(const char *word, ScmiClass *class)
{
    static const char *const names[] = {
        [SCMI_OWN] = "own",
        [SCMI_SHARED] = "shared",
        [SCMI_ANCESTOR] = "ancestor",
    };

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (!strcmp(word, names[i])) {
            *class = i;
            return true;
        }
    }
    return false;
}

/* Both numbers of a line: the SCMI id is the next, the BPMP's is higher. */
static bool ids(const Line *line, unsigned next, unsigned max,
                const uint32_t *before, uint32_t *bpmp, ScmiError *error)
{
    uint32_t scmi;

    if (line->n_words != 5) {
        return refuse(error, line, "has %u words, not 5", line->n_words);
    }
    if (!number(line->words[1], UINT32_MAX, &scmi) || scmi != next) {
        return refuse(error, line, "SCMI id %s: %u is the next", line->words[1],
                      next);
    }
    if (next >= max) {
        return refuse(error, line, "there are at most %u of these", max);
    }
    if (!number(line->words[2], BPMP_ID_MAX, bpmp) ||
        (before && *bpmp <= *before)) {
        return refuse(error, line, "BPMP id %s is none, or not in order",
                      line->words[2]);
    }
    return true;
}

static bool add_clock(ScmiDomains *d, const Line *line, ScmiError *error)
{
    unsigned n = d->n_clocks;
    ScmiClock clock = {};

    if (!ids(line, n, SCMI_CLOCKS_MAX, n ? &d->clocks[n - 1].bpmp : NULL,
             &clock.bpmp, error)) {
        return false;
    }
    if (!class_of(line->words[3], &clock.class)) {
        return refuse(error, line, "%s is not a class of clocks", line->words[3]);
    }
    memcpy(clock.name, line->words[4], sizeof(clock.name));
    d->clocks[d->n_clocks++] = clock;
    return true;
}

static bool add_domain(ScmiDomain *domains, unsigned *n, unsigned max,
                       const Line *line, ScmiError *error)
{
    ScmiDomain domain = {};

    if (!ids(line, *n, max, *n ? &domains[*n - 1].bpmp : NULL, &domain.bpmp,
             error)) {
        return false;
    }
    if (strcmp(line->words[3], "own")) {
        return refuse(error, line, "%s: a machine has only its own",
                      line->words[3]);
    }
    memcpy(domain.name, line->words[4], sizeof(domain.name));
    domains[(*n)++] = domain;
    return true;
}

static bool take(ScmiDomains *d, const Line *line, ScmiError *error)
{
    const char *kind = line->words[0];

    if (!strcmp(kind, "agent") && line->n_words == 2 && !d->agent[0]) {
        memcpy(d->agent, line->words[1], sizeof(d->agent) - 1);
        return true;
    }
    if (!strcmp(kind, "clock")) {
        return add_clock(d, line, error);
    }
    if (!strcmp(kind, "reset")) {
        return add_domain(d->resets, &d->n_resets, SCMI_RESETS_MAX, line,
                          error);
    }
    if (!strcmp(kind, "power")) {
        return add_domain(d->powers, &d->n_powers, SCMI_POWERS_MAX, line,
                          error);
    }
    return refuse(error, line, "%s is not known here", kind);
}

bool scmi_domains_parse(ScmiDomains *d, const char *text, size_t size,
                        ScmiError *error)
{
    const char *end = text + size;
    Line line = {};

    memset(d, 0, sizeof(*d));
    while (text < end) {
        const char *stop = memchr(text, '\n', end - text);
        size_t length = (stop ? stop : end) - text;

        line.number++;
        if (line.number == 1) {
            if (length != strlen(FORMAT) || memcmp(text, FORMAT, length)) {
                return refuse(error, &line, "must be %s", FORMAT);
            }
        } else if (text[0] != '#') {
            if (!stop || !cut(&line, text, length)) {
                return refuse(error, &line, "is not made of words");
            }
            if (!take(d, &line, error)) {
                return false;
            }
        }
        text += length + (stop ? 1 : 0);
    }
    if (!d->agent[0]) {
        return refuse(error, &line, "the map names no agent");
    }
    return true;
}

/* struct cmd_clk_get_all_info_response: offsets and size */
#define INFO_PARENT 4
#define INFO_PARENTS 8
#define INFO_NUM_PARENTS 72
#define INFO_NAME 73
#define INFO_NAME_SIZE 40
#define INFO_SIZE 113

typedef struct Info {
    bool known;
    /* Ids of the BPMP */
    unsigned n_parents;
    uint32_t parents[SCMI_PARENTS_MAX];
    /* One of these, where there are any */
    uint32_t parent;
    char name[INFO_NAME_SIZE];
} Info;

static int ask_info(const ScmiFirmware *fw, uint32_t bpmp, Info *info)
{
    BpmpCall call = {
        .mrq = BPMP_MRQ_CLK,
        .tx_size = 4,
        .rx_size = INFO_SIZE,
    };
    int status;

    memset(info, 0, sizeof(*info));
    put_le32(call.tx, (uint32_t)BPMP_CLK_GET_ALL_INFO << 24 | bpmp);
    status = fw->transfer(fw->opaque, &call);
    if (status < 0) {
        return status;
    }
    /* A name is how the firmware says that it knows the clock. */
    if (call.ret < 0 || call.rx_size < INFO_SIZE || !call.rx[INFO_NAME]) {
        return 0;
    }
    info->known = true;
    memcpy(info->name, call.rx + INFO_NAME, sizeof(info->name) - 1);
    info->parent = get_le32(call.rx + INFO_PARENT);
    while (info->n_parents < call.rx[INFO_NUM_PARENTS] &&
           info->n_parents < SCMI_PARENTS_MAX) {
        info->parents[info->n_parents] =
            get_le32(call.rx + INFO_PARENTS + 4 * info->n_parents);
        info->n_parents++;
    }
    for (unsigned i = 0; i < info->n_parents; i++) {
        if (info->parents[i] == info->parent) {
            return 0;
        }
    }
    info->parent = info->n_parents ? info->parents[0] : 0;
    return 0;
}

static bool find_clock(const ScmiDomains *d, uint32_t bpmp, uint32_t *id)
{
    for (*id = 0; *id < d->n_clocks; (*id)++) {
        if (d->clocks[*id].bpmp == bpmp) {
            return true;
        }
    }
    return false;
}

/* A clock that the map has not, in the order of the BPMP's ids among these */
static void append_ancestor(ScmiDomains *d, unsigned first, uint32_t bpmp,
                            const Info *info)
{
    ScmiClock clock = { .bpmp = bpmp, .class = SCMI_ANCESTOR };
    unsigned at = d->n_clocks;

    if (d->n_clocks == SCMI_CLOCKS_MAX) {
        return;
    }
    for (unsigned i = 0; i < sizeof(info->name) - 1 && info->name[i]; i++) {
        clock.name[i] = is_printable(info->name[i]) ? info->name[i] : '_';
    }
    clock.known = true;
    while (at > first && d->clocks[at - 1].bpmp > bpmp) {
        d->clocks[at] = d->clocks[at - 1];
        at--;
    }
    d->clocks[at] = clock;
    d->n_clocks++;
}

/* Is @id above itself by present parents? A firmware that says so is wrong. */
static bool is_loop(const ScmiDomains *d, uint32_t id)
{
    uint32_t at = id;

    for (unsigned steps = 0; steps < d->n_clocks; steps++) {
        const ScmiClock *clock = &d->clocks[at];

        if (clock->class == SCMI_OWN || !clock->n_parents) {
            return false;
        }
        at = clock->parents[0];
        if (at == id) {
            return true;
        }
    }
    return true;
}

static int name_parents(ScmiDomains *d, const ScmiFirmware *fw, uint32_t id)
{
    ScmiClock *clock = &d->clocks[id];
    uint32_t parent;
    Info info;
    int status = ask_info(fw, clock->bpmp, &info);

    if (status < 0) {
        return status;
    }
    clock->known = info.known;
    for (unsigned i = 0; i < info.n_parents; i++) {
        /*
         * Linux takes the only parent of a list for the present one, and does
         * not ask: of a clock that is not the machine's to re-parent the list
         * is the present one.
         */
        if (clock->class != SCMI_OWN && info.parents[i] != info.parent) {
            continue;
        }
        if (find_clock(d, info.parents[i], &parent) && parent != id) {
            clock->parents[clock->n_parents++] = parent;
        }
    }
    if (clock->class != SCMI_OWN && is_loop(d, id)) {
        clock->n_parents = 0;
    }
    return 0;
}

int scmi_domains_complete(ScmiDomains *d, const ScmiFirmware *fw)
{
    unsigned mapped = d->n_clocks;
    uint32_t id;
    Info info;
    Info parent;
    int status;

    for (unsigned i = 0; i < mapped; i++) {
        if (d->clocks[i].class != SCMI_OWN) {
            continue;
        }
        status = ask_info(fw, d->clocks[i].bpmp, &info);
        if (status < 0) {
            return status;
        }
        if (!info.n_parents || find_clock(d, info.parent, &id)) {
            continue;
        }
        status = ask_info(fw, info.parent, &parent);
        if (status < 0) {
            return status;
        }
        if (parent.known) {
            append_ancestor(d, mapped, info.parent, &parent);
        }
    }
    for (unsigned i = 0; i < d->n_clocks; i++) {
        status = name_parents(d, fw, i);
        if (status < 0) {
            return status;
        }
    }
    return 0;
}
