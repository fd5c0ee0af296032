/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small BPMP firmware, and the host driver around the policy in a few lines:
 * what the fuzzer and the model checker run the policy against.
 *
 * The firmware keeps the state of every clock, reset and domain there is, not
 * only of those the VM may see, so that a change of a foreign one shows. It
 * writes answers of any length and leaves poison where it writes nothing.
 */
#ifndef POLICY_FIRMWARE_H
#define POLICY_FIRMWARE_H

#include "policy.h"

/* Number of clocks, resets and power domains of the modelled chip. */
#define FW_IDS		64

struct firmware {
	u8 on[FW_IDS];			/* clocks: 1 = enabled by this master */
	u32 div[FW_IDS];		/* of the parent's rate */
	u32 parent[FW_IDS];
	u8 deasserted[FW_IDS];		/* resets */
	u8 powered[FW_IDS];		/* power domains */
};

/* Parents that clock @id may have: up to four higher ids, and one odd one. */
u32 firmware_parents(u32 id, u32 parents[MRQ_CLK_MAX_PARENTS]);

/* Whether there is such a clock. */
int firmware_has(u32 id);

/* In Hz: each clock divides what feeds it. */
s64 firmware_rate(const struct firmware *fw, u32 id);

void firmware_init(struct firmware *fw);

/* For bpmp_policy_close(). */
int firmware_info(void *ctx, u32 id, struct cmd_clk_get_all_info_response *info);

/*
 * What a real one does with a request: changes included, with no regard to who
 * asks. Bytes of @rx that it does not write stay as they are. Returns the code.
 */
int firmware_request(struct firmware *fw, u32 mrq, const u8 *tx, u8 *rx);

/* A change as the host's frameworks carry it out. Returns 0 or -EINVAL. */
int firmware_change(struct firmware *fw, const struct bpmp_op *op);

#endif
