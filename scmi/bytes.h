/*
 * Little-endian words in buffers, all of which are aligned to nothing
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef SCMI_BYTES_H
#define SCMI_BYTES_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

static inline uint32_t get_le32(const uint8_t *from)
{
    uint32_t value;

    memcpy(&value, from, sizeof(value));
    return le32toh(value);
}

static inline uint64_t get_le64(const uint8_t *from)
{
    return get_le32(from) | (uint64_t)get_le32(from + 4) << 32;
}

static inline void put_le32(uint8_t *to, uint32_t value)
{
    value = htole32(value);
    memcpy(to, &value, sizeof(value));
}

static inline void put_le64(uint8_t *to, uint64_t value)
{
    put_le32(to, value);
    put_le32(to + 4, value >> 32);
}

#endif /* SCMI_BYTES_H */
