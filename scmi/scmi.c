/*
 * SCMI: header, commands that every protocol has, status
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <errno.h>

#include "message.h"

#define TYPE_COMMAND 0

/* Commands of every protocol */
enum {
    PROTOCOL_VERSION = 0x0,
    PROTOCOL_ATTRIBUTES = 0x1,
    PROTOCOL_MESSAGE_ATTRIBUTES = 0x2,
    NEGOTIATE_PROTOCOL_VERSION = 0x10,
};

const ScmiProtocol *const scmi_protocols[SCMI_PROTOCOLS] = {
    &scmi_base, &scmi_power, &scmi_clock, &scmi_reset,
};

/* include/soc/tegra/bpmp-abi.h of Linux; they are not all those of errno.h. */
enum {
    BPMP_EIO = 5,
    BPMP_EBADCMD = 6,
    BPMP_EAGAIN = 11,
    BPMP_EACCES = 13,
    BPMP_EFAULT = 14,
    BPMP_EBUSY = 16,
    BPMP_ERANGE = 34,
    BPMP_ENOSYS = 38,
};

int32_t scmi_status(int status, int32_t ret)
{
    switch (status) {
    case 0:
        break;
    case -EACCES:
    case -EPERM:
        return SCMI_DENIED;
    case -EBUSY:
    case -EAGAIN:
        return SCMI_BUSY;
    case -EINVAL:
        return SCMI_INVALID_PARAMETERS;
    case -ETIMEDOUT:
    case -EIO:
    case -ENODEV:
    case -EPIPE:
        return SCMI_COMMS_ERROR;
    default:
        return SCMI_GENERIC_ERROR;
    }

    switch (ret) {
    case 0:
        return SCMI_SUCCESS;
    case -BPMP_EACCES:
        return SCMI_DENIED;
    case -BPMP_EBUSY:
    case -BPMP_EAGAIN:
        return SCMI_BUSY;
    case -BPMP_EIO:
    case -BPMP_EFAULT:
        return SCMI_HARDWARE_ERROR;
    case -BPMP_ERANGE:
        return SCMI_OUT_OF_RANGE;
    case -BPMP_EBADCMD:
    case -BPMP_ENOSYS:
        return SCMI_NOT_SUPPORTED;
    default:
        return SCMI_GENERIC_ERROR;
    }
}

int32_t scmi_ask(const ScmiMessage *m, uint32_t mrq, const uint32_t *tx,
                 unsigned n, uint8_t *rx, uint32_t rx_size)
{
    BpmpCall call = { .mrq = mrq, .tx_size = 4 * n, .rx_size = rx_size };
    int32_t status;
    int error;

    for (unsigned i = 0; i < n; i++) {
        put_le32(call.tx + 4 * i, tx[i]);
    }
    error = m->fw->transfer(m->fw->opaque, &call);
    status = scmi_status(error, call.ret);
    if (status) {
        return status;
    }
    if (call.rx_size < rx_size) {
        return SCMI_GENERIC_ERROR;
    }
    if (rx_size) {
        memcpy(rx, call.rx, rx_size);
    }
    return SCMI_SUCCESS;
}

void scmi_out_name(ScmiMessage *m, const char *name, size_t size)
{
    memset(m->out + m->out_size, 0, size);
    for (size_t i = 0; i < size - 1 && name[i]; i++) {
        m->out[m->out_size + i] = name[i];
    }
    m->out_size += size;
}

static const ScmiCommand *find_command(const ScmiProtocol *p, uint32_t id)
{
    for (unsigned i = 0; i < p->n_commands; i++) {
        if (p->commands[i].id == id) {
            return &p->commands[i];
        }
    }
    return NULL;
}

static int32_t message_attributes(ScmiMessage *m, const ScmiProtocol *p)
{
    uint32_t id = scmi_in(m, 0);

    if (id > PROTOCOL_MESSAGE_ATTRIBUTES && id != NEGOTIATE_PROTOCOL_VERSION &&
        !find_command(p, id)) {
        return SCMI_NOT_FOUND;
    }
    scmi_out(m, 0);
    return SCMI_SUCCESS;
}

static int32_t run(ScmiMessage *m, const ScmiProtocol *p, uint32_t id)
{
    const ScmiCommand *command;

    switch (id) {
    case PROTOCOL_VERSION:
        if (m->in_size != 0) {
            return SCMI_PROTOCOL_ERROR;
        }
        scmi_out(m, p->version);
        return SCMI_SUCCESS;
    case PROTOCOL_ATTRIBUTES:
        return m->in_size ? SCMI_PROTOCOL_ERROR : p->attributes(m);
    case PROTOCOL_MESSAGE_ATTRIBUTES:
        return m->in_size != 4 ? SCMI_PROTOCOL_ERROR : message_attributes(m, p);
    case NEGOTIATE_PROTOCOL_VERSION:
        if (m->in_size != 4) {
            return SCMI_PROTOCOL_ERROR;
        }
        return scmi_in(m, 0) == p->version ? SCMI_SUCCESS : SCMI_NOT_SUPPORTED;
    }

    command = find_command(p, id);
    if (!command) {
        return SCMI_NOT_SUPPORTED;
    }
    if (m->in_size != command->in_size &&
        (!command->in_size_before || m->in_size != command->in_size_before)) {
        return SCMI_PROTOCOL_ERROR;
    }
    return command->run(m);
}

static int32_t dispatch(ScmiMessage *m, uint32_t header)
{
    uint32_t type = header >> 8 & 3;
    uint32_t protocol = header >> 10 & 0xff;

    if (type != TYPE_COMMAND || m->in_size > SCMI_PAYLOAD) {
        return SCMI_PROTOCOL_ERROR;
    }
    for (unsigned i = 0; i < SCMI_PROTOCOLS; i++) {
        const ScmiProtocol *p = scmi_protocols[i];

        if (p->id == protocol && p->is_there(m->d)) {
            return run(m, p, header & 0xff);
        }
    }
    return SCMI_NOT_SUPPORTED;
}

size_t scmi_error_answer(const uint8_t *request, size_t size, int32_t status,
                         uint8_t *answer, size_t room)
{
    if (size < SCMI_HEADER || room < SCMI_HEADER + 4) {
        return 0;
    }
    memcpy(answer, request, SCMI_HEADER);
    put_le32(answer + SCMI_HEADER, status);
    return SCMI_HEADER + 4;
}

size_t scmi_answer(const ScmiDomains *d, const ScmiFirmware *fw,
                   const uint8_t *request, size_t size,
                   uint8_t *answer, size_t room)
{
    ScmiMessage m = {
        .d = d,
        .fw = fw,
        .in = request + SCMI_HEADER,
        .in_size = size - SCMI_HEADER,
    };
    int32_t status;
    size_t head;

    if (size < SCMI_HEADER || room < SCMI_HEADER + 4) {
        return 0;
    }
    status = dispatch(&m, get_le32(request));
    head = scmi_error_answer(request, size, status, answer, room);
    if (status != SCMI_SUCCESS) {
        return head;
    }
    if (m.out_size > room - head) {
        return scmi_error_answer(request, size, SCMI_PROTOCOL_ERROR, answer,
                                 room);
    }
    memcpy(answer + head, m.out, m.out_size);
    return head + m.out_size;
}
