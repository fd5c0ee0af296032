// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proof, with CBMC, of the lookups that all decisions rest on: for every id of
 * 32 bits and every content of the sets, all BPMP_POLICY_IDS bits of them.
 */
#include "cbmc.h"

/* The bit that policy.h says an id has. */
static bool bit(const struct bpmp_idset *set, u32 id)
{
	return id < BPMP_POLICY_IDS && (set->words[id / 64] >> id % 64 & 1);
}

static enum bpmp_clk_class listed(const struct bpmp_policy *policy, u32 id)
{
	if (bit(&policy->clk[BPMP_CLK_OWN], id))
		return BPMP_CLK_OWN;
	if (bit(&policy->clk[BPMP_CLK_SHARED], id))
		return BPMP_CLK_SHARED;
	if (bit(&policy->clk[BPMP_CLK_ANCESTOR], id))
		return BPMP_CLK_ANCESTOR;

	return BPMP_CLK_FOREIGN;
}

void prove_lookup(void)
{
	struct bpmp_policy policy;
	struct bpmp_idset set;
	u32 id = nondet_u32();

	__CPROVER_assert(bpmp_idset_has(&set, id) == bit(&set, id), "has");
	__CPROVER_assert(bpmp_policy_clk_class(&policy, id) ==
			 listed(&policy, id), "class");
	__CPROVER_assert(bpmp_policy_clk_visible(&policy, id) ==
			 (listed(&policy, id) != BPMP_CLK_FOREIGN), "visible");
}

void prove_end(void)
{
	struct bpmp_idset set;
	u32 id = nondet_u32(), end = bpmp_idset_end(&set);

	__CPROVER_assert(end <= BPMP_POLICY_IDS, "end: in range");
	__CPROVER_assert(id < end || !bit(&set, id), "end: none after it");
	__CPROVER_assert(!end || bit(&set, end - 1), "end: the last one");
}

void prove_change(void)
{
	struct bpmp_idset set;
	u32 id = nondet_u32(), other = nondet_u32();
	bool before = bit(&set, other);

	bpmp_idset_add(&set, id);
	__CPROVER_assert(bit(&set, id) == (id < BPMP_POLICY_IDS), "add");
	__CPROVER_assert(other == id || bit(&set, other) == before,
			 "add: that one only");
	bpmp_idset_del(&set, id);
	__CPROVER_assert(!bit(&set, id), "delete");
	__CPROVER_assert(other == id || bit(&set, other) == before,
			 "delete: that one only");
}

/* A list takes an id of its range once, in one class, and nothing else. */
void prove_add(void)
{
	struct bpmp_policy policy;
	enum bpmp_clk_class class = 1 + nondet_u32() % (BPMP_CLK_CLASSES - 1);
	u32 id = nondet_u32(), other = nondet_u32();
	enum bpmp_clk_class before = listed(&policy, id);
	enum bpmp_clk_class others = listed(&policy, other);
	int err = bpmp_policy_add_clock(&policy, id, class);

	__CPROVER_assert((err == -ERANGE) == (id >= BPMP_POLICY_IDS), "range");
	__CPROVER_assert((err == -EEXIST) == (before != BPMP_CLK_FOREIGN), "once");
	__CPROVER_assert(err || listed(&policy, id) == class, "listed");
	__CPROVER_assert(other == id || listed(&policy, other) == others,
			 "that one only");
}
