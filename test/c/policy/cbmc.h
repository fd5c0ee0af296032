/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the proofs of the policy have in common: values of which CBMC takes
 * every one into account, and the bytes of a message.
 */
#ifndef CBMC_H
#define CBMC_H

#include <errno.h>
#include <string.h>

#include "policy.h"

u32 nondet_u32(void);
int nondet_int(void);
size_t nondet_size(void);

static inline u32 word(const u8 *at, u32 from)
{
	return at[from] | (u32)at[from + 1] << 8 | (u32)at[from + 2] << 16 |
	       (u32)at[from + 3] << 24;
}

#endif
