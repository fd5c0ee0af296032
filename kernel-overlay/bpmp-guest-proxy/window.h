/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Registers of the window through which a virtual machine reaches the BPMP of
 * its host; docs/abi.md describes them. Everything is little-endian.
 */
#ifndef BPMP_WINDOW_H
#define BPMP_WINDOW_H

#include <linux/bits.h>
#include <linux/types.h>

#define BPMP_WINDOW_SIZE	0x1000

/* Version 1: a request in the window itself, which a write of MRQ runs. */
#define BPMP_WINDOW_TX		0x000	/* request payload */
#define BPMP_WINDOW_RX		0x200	/* answer payload */
#define BPMP_WINDOW_TX_SIZE	0x400	/* u64, bytes of request */
#define BPMP_WINDOW_RX_SIZE	0x408	/* u64, room, then bytes of answer */
#define BPMP_WINDOW_RET		0x410	/* s32, result */
#define BPMP_WINDOW_MRQ		0x500	/* u32, a write runs the transfer */

/* Version 2: a request block in RAM, which a write of its address runs. */
#define BPMP_WINDOW_DOORBELL	0x5f0	/* u64, guest-physical address */
#define BPMP_WINDOW_ID		0x5f8	/* u64, read-only */
#define BPMP_WINDOW_ID_MAGIC	GENMASK_ULL(31, 0)
#define BPMP_WINDOW_ID_VERSION	GENMASK_ULL(63, 32)
#define BPMP_WINDOW_MAGIC	0x504d5042	/* "BPMP" */

/**
 * struct bpmp_window_block - request block of version 2
 * @mrq: number of the request
 * @flags: 0
 * @tx_size: bytes of request
 * @rx_size: room, then bytes of answer
 * @status: 0 where the firmware answered, else a negative errno
 * @ret: the firmware's own code, valid where @status is 0
 * @reserved: 0
 * @tx: request payload
 * @rx: answer payload
 *
 * It must not cross a page. The device reads it once and writes back
 * @rx_size, @status, @ret and @rx.
 */
struct bpmp_window_block {
	__le32 mrq;
	__le32 flags;
	__le32 tx_size;
	__le32 rx_size;
	__le32 status;
	__le32 ret;
	__le64 reserved;
	u8 tx[128];
	u8 rx[128];
};

#endif
