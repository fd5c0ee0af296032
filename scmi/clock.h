/*
 * Time that only goes forward
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef SCMI_CLOCK_H
#define SCMI_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

#endif /* SCMI_CLOCK_H */
