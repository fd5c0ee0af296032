// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which ids a virtual machine sees, and as what: sets of ids, the lists of a
 * policy, and their closure over all possible parents.
 */

#include <linux/bitops.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/nospec.h>
#include <linux/string.h>

#include "policy.h"

/* Deeper clock trees than this are loops; real ones have about ten levels. */
#define RANK_MAX		63

bool bpmp_idset_has(const struct bpmp_idset *set, u32 id)
{
	if (id >= BPMP_POLICY_IDS)
		return false;
	/* The id may come from a VM. */
	id = array_index_nospec(id, BPMP_POLICY_IDS);

	return set->words[id / 64] >> (id % 64) & 1;
}

void bpmp_idset_add(struct bpmp_idset *set, u32 id)
{
	if (id < BPMP_POLICY_IDS)
		set->words[id / 64] |= 1ULL << (id % 64);
}

void bpmp_idset_del(struct bpmp_idset *set, u32 id)
{
	if (id < BPMP_POLICY_IDS)
		set->words[id / 64] &= ~(1ULL << (id % 64));
}

u32 bpmp_idset_count(const struct bpmp_idset *set)
{
	u32 i, n = 0;

	for (i = 0; i < ARRAY_SIZE(set->words); i++)
		n += hweight64(set->words[i]);

	return n;
}

u32 bpmp_idset_end(const struct bpmp_idset *set)
{
	u32 i = ARRAY_SIZE(set->words);

	while (i--)
		if (set->words[i])
			return i * 64 + fls64(set->words[i]);

	return 0;
}

u32 bpmp_idset_first(const struct bpmp_idset *set)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(set->words); i++)
		if (set->words[i])
			return i * 64 + __ffs64(set->words[i]);

	return BPMP_POLICY_IDS;
}

enum bpmp_clk_class bpmp_policy_clk_class(const struct bpmp_policy *policy,
					  u32 id)
{
	if (bpmp_idset_has(&policy->clk[BPMP_CLK_OWN], id))
		return BPMP_CLK_OWN;
	if (bpmp_idset_has(&policy->clk[BPMP_CLK_SHARED], id))
		return BPMP_CLK_SHARED;
	if (bpmp_idset_has(&policy->clk[BPMP_CLK_ANCESTOR], id))
		return BPMP_CLK_ANCESTOR;

	return BPMP_CLK_FOREIGN;
}

bool bpmp_policy_clk_visible(const struct bpmp_policy *policy, u32 id)
{
	return bpmp_policy_clk_class(policy, id) != BPMP_CLK_FOREIGN;
}

int bpmp_policy_add_clock(struct bpmp_policy *policy, u32 id,
			  enum bpmp_clk_class class)
{
	if (id >= BPMP_POLICY_IDS)
		return -ERANGE;
	if (bpmp_policy_clk_visible(policy, id))
		return -EEXIST;

	bpmp_idset_add(&policy->clk[class], id);

	return 0;
}

int bpmp_policy_add_reset(struct bpmp_policy *policy, u32 id)
{
	if (id >= BPMP_POLICY_IDS)
		return -ERANGE;

	bpmp_idset_add(&policy->reset, id);

	return 0;
}

int bpmp_policy_add_pg(struct bpmp_policy *policy, u32 id)
{
	if (id >= BPMP_POLICY_IDS)
		return -ERANGE;

	bpmp_idset_add(&policy->pg, id);

	return 0;
}

/*
 * Make the parents of clock @id visible and rank them above it. Whatever is
 * new or has risen is queued, to carry the change further up.
 */
static void close_parents(struct bpmp_policy *policy,
			  struct bpmp_idset *queue, u32 id,
			  const struct cmd_clk_get_all_info_response *info)
{
	u32 count = min_t(u32, info->num_parents, MRQ_CLK_MAX_PARENTS);
	u8 rank = min_t(u8, policy->rank[id] + 1, RANK_MAX);
	u32 i;

	for (i = 0; i < count; i++) {
		u32 parent = info->parents[i];

		if (parent >= BPMP_POLICY_IDS)
			continue;

		if (!bpmp_policy_clk_visible(policy, parent))
			bpmp_idset_add(&policy->clk[BPMP_CLK_ANCESTOR], parent);
		else if (policy->rank[parent] >= rank)
			continue;

		policy->rank[parent] = rank;
		bpmp_idset_add(queue, parent);
	}
}

/* The caller may try again after a failure: nothing of that one stays. */
static void reopen(struct bpmp_policy *policy)
{
	struct bpmp_idset *own = &policy->clk[BPMP_CLK_OWN];
	struct bpmp_idset *shared = &policy->clk[BPMP_CLK_SHARED];
	u32 i;

	for (i = 0; i < ARRAY_SIZE(own->words); i++) {
		own->words[i] |= policy->demoted.words[i];
		shared->words[i] &= ~policy->demoted.words[i];
	}
	memset(&policy->demoted, 0, sizeof(policy->demoted));
	memset(&policy->unknown, 0, sizeof(policy->unknown));
	memset(&policy->clk[BPMP_CLK_ANCESTOR], 0, sizeof(*own));
	memset(policy->rank, 0, sizeof(policy->rank));
}

/* Make shared each own clock that can feed @id; says whether there was one. */
static bool demote_parents(struct bpmp_policy *policy,
			   const struct cmd_clk_get_all_info_response *info)
{
	u32 count = min_t(u32, info->num_parents, MRQ_CLK_MAX_PARENTS);
	bool found = false;
	u32 i;

	for (i = 0; i < count; i++) {
		u32 parent = info->parents[i];

		if (!bpmp_idset_has(&policy->clk[BPMP_CLK_OWN], parent))
			continue;
		bpmp_idset_del(&policy->clk[BPMP_CLK_OWN], parent);
		bpmp_idset_add(&policy->clk[BPMP_CLK_SHARED], parent);
		bpmp_idset_add(&policy->demoted, parent);
		found = true;
	}

	return found;
}

/* What is demoted is not an own clock any more: what feeds it may follow. */
static int demote(struct bpmp_policy *policy, bpmp_clk_info_fn get_info,
		  void *ctx)
{
	struct cmd_clk_get_all_info_response info;
	bool again = true;
	u32 id;
	int err;

	while (again && bpmp_idset_count(&policy->clk[BPMP_CLK_OWN])) {
		again = false;
		for (id = 0; id < BPMP_POLICY_IDS; id++) {
			if (bpmp_idset_has(&policy->clk[BPMP_CLK_OWN], id))
				continue;
			memset(&info, 0, sizeof(info));
			err = get_info(ctx, id, &info);
			if (err < 0)
				return err;
			if (info.name[0])
				again |= demote_parents(policy, &info);
		}
	}

	return 0;
}

int bpmp_policy_close(struct bpmp_policy *policy, bpmp_clk_info_fn get_info,
		      void *ctx)
{
	struct cmd_clk_get_all_info_response info;
	struct bpmp_idset *gone = &policy->unknown;
	struct bpmp_idset queue;
	u32 class, id, i;
	int err;

	reopen(policy);
	err = demote(policy, get_info, ctx);
	if (err)
		return err;

	for (i = 0; i < ARRAY_SIZE(queue.words); i++)
		queue.words[i] = policy->clk[BPMP_CLK_OWN].words[i] |
				 policy->clk[BPMP_CLK_SHARED].words[i];

	while ((id = bpmp_idset_first(&queue)) < BPMP_POLICY_IDS) {
		bpmp_idset_del(&queue, id);

		memset(&info, 0, sizeof(info));
		err = get_info(ctx, id, &info);
		if (err < 0)
			return err;

		if (info.name[0])
			close_parents(policy, &queue, id, &info);
		else
			bpmp_idset_add(gone, id);
	}

	/* Only now: a clock taken out at once would be found again and again. */
	for (i = 0; i < ARRAY_SIZE(gone->words); i++) {
		u64 listed = policy->clk[BPMP_CLK_OWN].words[i] |
			     policy->clk[BPMP_CLK_SHARED].words[i];

		for (class = 0; class < BPMP_CLK_CLASSES; class++)
			policy->clk[class].words[i] &= ~gone->words[i];
		gone->words[i] &= listed;
	}

	return 0;
}
