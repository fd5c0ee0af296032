// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lists of a policy and the sets of a VM's state, as the proofs of
 * decisions and answers see them: functions of which nothing is known but that
 * they give the same for the same id. So what is proven holds for whatever
 * lists and states there can be. That the real ones are such functions, and
 * which, is proven in cbmc-ids.c.
 */
#include "cbmc.h"

bool __CPROVER_uninterpreted_has(const struct bpmp_idset *set, u32 id);
u8 __CPROVER_uninterpreted_class(u32 id);

bool bpmp_idset_has(const struct bpmp_idset *set, u32 id)
{
	return __CPROVER_uninterpreted_has(set, id);
}

u32 bpmp_idset_end(const struct bpmp_idset *set)
{
	u32 end = nondet_u32();

	__CPROVER_assume(end <= BPMP_POLICY_IDS);

	return end;
}

enum bpmp_clk_class bpmp_policy_clk_class(const struct bpmp_policy *policy,
					  u32 id)
{
	return __CPROVER_uninterpreted_class(id) % BPMP_CLK_CLASSES;
}

bool bpmp_policy_clk_visible(const struct bpmp_policy *policy, u32 id)
{
	return bpmp_policy_clk_class(policy, id) != BPMP_CLK_FOREIGN;
}
