/*
 * A request that is being answered, as the protocols see it
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef SCMI_MESSAGE_H
#define SCMI_MESSAGE_H

#include <stdbool.h>

#include "bytes.h"
#include "scmi.h"

/* Names in attributes, with the final zero */
#define SCMI_SHORT_NAME 16

typedef struct ScmiMessage {
    const ScmiDomains *d;
    const ScmiFirmware *fw;
    /* Parameters; their number is that of the command */
    const uint8_t *in;
    size_t in_size;
    /* What comes behind the status; of an error nothing of it is sent */
    size_t out_size;
    uint8_t out[SCMI_PAYLOAD - 4];
} ScmiMessage;

/* Returns a status. */
typedef int32_t ScmiHandler(ScmiMessage *m);

typedef struct ScmiCommand {
    uint8_t id;
    /* Bytes of parameters */
    uint8_t in_size;
    /* Also this number, where it is not 0 */
    uint8_t in_size_before;
    ScmiHandler *run;
} ScmiCommand;

typedef struct ScmiProtocol {
    uint8_t id;
    uint32_t version;
    /* Writes PROTOCOL_ATTRIBUTES. */
    ScmiHandler *attributes;
    /* Is there anything of it for this machine? */
    bool (*is_there)(const ScmiDomains *d);
    unsigned n_commands;
    const ScmiCommand *commands;
} ScmiProtocol;

extern const ScmiProtocol scmi_base;
extern const ScmiProtocol scmi_power;
extern const ScmiProtocol scmi_clock;
extern const ScmiProtocol scmi_reset;

/* All of them, in ascending order; base first */
#define SCMI_PROTOCOLS 4
extern const ScmiProtocol *const scmi_protocols[SCMI_PROTOCOLS];

static inline uint32_t scmi_in(const ScmiMessage *m, unsigned word)
{
    return get_le32(m->in + 4 * word);
}

static inline void scmi_out(ScmiMessage *m, uint32_t word)
{
    put_le32(m->out + m->out_size, word);
    m->out_size += 4;
}

static inline void scmi_out64(ScmiMessage *m, uint64_t value)
{
    scmi_out(m, value);
    scmi_out(m, value >> 32);
}

/* @name, which has SCMI_NAME_MAX bytes, in a field of @size bytes */
void scmi_out_name(ScmiMessage *m, const char *name, size_t size);

static inline bool scmi_is_long(const char *name)
{
    return name[SCMI_SHORT_NAME - 1] != '\0';
}

/**
 * scmi_ask: a transfer of @n words @tx
 * @rx: gets the answer, @rx_size bytes of it: a shorter one is an error
 *
 * Returns a status.
 */
int32_t scmi_ask(const ScmiMessage *m, uint32_t mrq, const uint32_t *tx,
                 unsigned n, uint8_t *rx, uint32_t rx_size);

#endif /* SCMI_MESSAGE_H */
