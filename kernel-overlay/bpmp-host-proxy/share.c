// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the virtual machines of one BPMP have in common: who holds which id, who
 * keeps which clock on, what the boot loader left on, and the clock tree.
 *
 * Claims: an id that several machines list as their own belongs to the first
 * that changes it, until everything of that machine is put back.
 *
 * Left on: the frameworks count users. What the boot loader left on has none, so
 * it would go off with the first machine that used it and left. It is switched
 * on again at once, until a driver of the host has been seen to use it: from
 * then on it is the framework's to switch.
 *
 * It lives as long as the module: what is lost of the BPMP stays lost, whatever
 * driver is bound.
 */
#include <linux/clk.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <soc/tegra/bpmp.h>

#include "host.h"

static DEFINE_MUTEX(shares_lock);
static LIST_HEAD(shares);

static struct bpmp_share *share_find(struct tegra_bpmp *bpmp)
{
	struct bpmp_share *share;

	list_for_each_entry(share, &shares, node)
		if (share->bpmp == bpmp)
			return share;

	return NULL;
}

static struct bpmp_share *share_new(struct tegra_bpmp *bpmp)
{
	struct bpmp_share *share;

	share = kvzalloc(sizeof(*share), GFP_KERNEL);
	if (!share)
		return NULL;

	share->bpmp = bpmp;
	mutex_init(&share->changing);
	spin_lock_init(&share->owners);
	bpmp_turns_init(share);
	list_add(&share->node, &shares);

	return share;
}

/**
 * bpmp_share_get() - find or make what the machines of a BPMP share
 * @bpmp: the BPMP, which cannot be unbound
 *
 * Return: it, valid until the module goes, or NULL without memory.
 */
struct bpmp_share *bpmp_share_get(struct tegra_bpmp *bpmp)
{
	struct bpmp_share *share;

	mutex_lock(&shares_lock);
	share = share_find(bpmp) ?: share_new(bpmp);
	mutex_unlock(&shares_lock);

	return share;
}

/** bpmp_shares_free() - at the module's end, when no machine is left */
void bpmp_shares_free(void)
{
	struct bpmp_share *share, *next;
	unsigned int id;

	list_for_each_entry_safe(share, next, &shares, node) {
		bpmp_turns_exit(share);
		for (id = 0; id < BPMP_POLICY_IDS; id++)
			if (share->clks[id].clk)
				clk_put(share->clks[id].clk);
		list_del(&share->node);
		kvfree(share);
	}
}

/**
 * bpmp_claim() - make an id this machine's
 * @host: the machine
 * @kind: of what
 * @id: which, below BPMP_POLICY_IDS
 *
 * Return: 0, also where it holds the id already, or -EBUSY.
 */
int bpmp_claim(struct bpmp_host *host, enum bpmp_claim kind, u32 id)
{
	struct bpmp_share *share = host->share;
	int err = 0;

	spin_lock(&share->owners);
	if (!share->owner[kind][id])
		share->owner[kind][id] = host;
	else if (share->owner[kind][id] != host)
		err = -EBUSY;
	spin_unlock(&share->owners);

	return err;
}

/** bpmp_claimed() - whether an id is this machine's */
bool bpmp_claimed(const struct bpmp_host *host, enum bpmp_claim kind, u32 id)
{
	return READ_ONCE(host->share->owner[kind][id]) == host;
}

/**
 * bpmp_claims_release() - let go of a machine's ids
 * @host: the machine
 * @all: also of those in doubt, which otherwise stay out of everybody's reach
 */
void bpmp_claims_release(struct bpmp_host *host, bool all)
{
	const struct bpmp_idset *doubt[BPMP_CLAIMS] = {
		[BPMP_CLAIM_CLK] = &host->policy.clk_busy,
		[BPMP_CLAIM_RESET] = &host->policy.reset_busy,
		[BPMP_CLAIM_PG] = &host->policy.pg_busy,
	};
	struct bpmp_share *share = host->share;
	unsigned int kind, id;

	spin_lock(&share->owners);
	for (kind = 0; kind < BPMP_CLAIMS; kind++)
		for (id = 0; id < BPMP_POLICY_IDS; id++)
			if (share->owner[kind][id] == host &&
			    (all || !bpmp_idset_has(doubt[kind], id)))
				share->owner[kind][id] = NULL;
	spin_unlock(&share->owners);
}
