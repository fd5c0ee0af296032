/*
 * What message handling asks of the BPMP
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef SCMI_FIRMWARE_H
#define SCMI_FIRMWARE_H

#include <stdint.h>

/* MSG_DATA_MIN_SZ of the BPMP ABI */
#define BPMP_PAYLOAD 120

/* Request numbers of the BPMP ABI: include/soc/tegra/bpmp-abi.h of Linux */
#define BPMP_MRQ_PING 0
#define BPMP_MRQ_RESET 20
#define BPMP_MRQ_CLK 22
#define BPMP_MRQ_PG 66

enum {
    BPMP_CLK_GET_RATE = 1,
    BPMP_CLK_SET_RATE = 2,
    BPMP_CLK_ROUND_RATE = 3,
    BPMP_CLK_GET_PARENT = 4,
    BPMP_CLK_SET_PARENT = 5,
    BPMP_CLK_IS_ENABLED = 6,
    BPMP_CLK_ENABLE = 7,
    BPMP_CLK_DISABLE = 8,
    BPMP_CLK_GET_ALL_INFO = 14,
};

enum {
    BPMP_RESET_ASSERT = 1,
    BPMP_RESET_DEASSERT = 2,
    BPMP_RESET_MODULE = 3,
};

enum {
    BPMP_PG_SET_STATE = 1,
    BPMP_PG_GET_STATE = 2,
};

/* One transfer */
typedef struct BpmpCall {
    uint32_t mrq;
    uint32_t tx_size;
    /* In: room; out: bytes of answer */
    uint32_t rx_size;
    /* Out: the firmware's own code, 0 or negative */
    int32_t ret;
    uint8_t tx[BPMP_PAYLOAD];
    uint8_t rx[BPMP_PAYLOAD];
} BpmpCall;

typedef struct ScmiFirmware {
    /* Returns 0 when the firmware answered, else a negative errno. May wait. */
    int (*transfer)(void *opaque, BpmpCall *call);
    void *opaque;
} ScmiFirmware;

#endif /* SCMI_FIRMWARE_H */
