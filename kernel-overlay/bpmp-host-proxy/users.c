// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who uses a clock. Those of a BPMP run from when they are prepared, so the
 * count that matters is that of prepares: an enabled clock is prepared too, and
 * one that feeds a prepared clock is prepared by the framework.
 *
 * The framework tells its counts in debugfs alone, where each is a file that
 * has its address. They change under the prepare lock, which is held here.
 */
#include <linux/clk.h>
#include <linux/dcache.h>
#include <linux/debugfs.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/of.h>
#include <soc/tegra/bpmp.h>

#include "host.h"

/* Deeper than any chain of clocks; beyond it what cannot be seen is used. */
#define DEPTH_MAX	16

static const u32 *prepare_count(struct bpmp_host *host, struct clk *clk)
{
	static const char * const names[] = { "clk", NULL, "clk_prepare_count" };
	struct dentry *dentry = NULL, *next;
	const u32 *count = NULL;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		next = debugfs_lookup(names[i] ?: __clk_get_name(clk), dentry);
		dput(dentry);
		dentry = next;
		if (!dentry)
			break;
	}
	if (dentry && d_is_reg(dentry))
		count = d_inode(dentry)->i_private;
	dput(dentry);
	if (!count)
		dev_warn_once(host->dev, "debugfs shows no clk_prepare_count of %s: nobody can tell who uses a clock, so no rate or parent is changed\n",
			      __clk_get_name(clk));

	return count;
}

static int get(struct bpmp_host *host, u32 id)
{
	struct of_phandle_args spec = {
		.np = host->bpmp->dev->of_node,
		.args_count = 1,
		.args = { id },
	};
	struct bpmp_clk *entry = &host->share->clks[id];
	struct clk *clk;

	if (!entry->clk) {
		clk = of_clk_get_from_provider(&spec);
		/* NULL: how clk-bpmp says that there is no such clock. */
		if (IS_ERR_OR_NULL(clk))
			return PTR_ERR_OR_ZERO(clk);
		entry->clk = clk;
	}
	if (!entry->prepared)
		entry->prepared = prepare_count(host, entry->clk);

	return 0;
}

/**
 * bpmp_clks_get() - have all that a machine sees at hand
 * @host: the machine; bpmp_share.changing is held, the prepare lock is not
 *
 * Return: 0 or a negative errno.
 */
int bpmp_clks_get(struct bpmp_host *host)
{
	u32 id;
	int err;

	for (id = 0; id < BPMP_POLICY_IDS; id++) {
		const struct bpmp_clk *entry = &host->share->clks[id];

		if ((entry->clk && entry->prepared) ||
		    !bpmp_policy_clk_visible(&host->policy, id))
			continue;
		err = get(host, id);
		if (err)
			return err;
	}

	return 0;
}

/**
 * bpmp_clk() - a clock of the host's framework
 * @host: the machine
 * @id: firmware's number, below BPMP_POLICY_IDS
 *
 * Return: the clock, or NULL where the framework has none.
 */
struct clk *bpmp_clk(const struct bpmp_host *host, u32 id)
{
	return id < BPMP_POLICY_IDS ? host->share->clks[id].clk : NULL;
}

static u32 prepares(const struct bpmp_share *share, u32 id)
{
	const u32 *count = share->clks[id].prepared;

	return count ? READ_ONCE(*count) : 0;
}

/**
 * bpmp_clk_prepared() - whether anybody of the host or of a machine uses it
 * @host: the machine
 * @id: a clock it sees
 *
 * Return: the same, and true where the kernel does not tell.
 */
bool bpmp_clk_prepared(const struct bpmp_host *host, u32 id)
{
	const struct bpmp_clk *entry = &host->share->clks[id];

	return entry->clk && (!entry->prepared || READ_ONCE(*entry->prepared));
}

/* Whether the framework has one clock hang under another. */
static bool hangs_under(const struct bpmp_share *share, u32 id, u32 parent)
{
	struct clk *above;

	if (!bpmp_feeds(share, parent, id))
		return false;
	above = clk_get_parent(share->clks[id].clk);

	return above && clk_is_match(above, share->clks[parent].clk);
}

/*
 * Whether a clock has users beyond those known: @host's, or all machines' where
 * that is NULL. A clock is prepared once by each machine that has it on, and
 * once by each prepared clock that it feeds.
 */
static bool used_beyond(const struct bpmp_share *share,
			const struct bpmp_host *host, u32 id, u32 depth)
{
	u32 known, child;

	if (!share->clks[id].clk)
		return false;
	if (!share->clks[id].prepared || depth > DEPTH_MAX)
		return true;

	known = host ? bpmp_idset_has(&host->vm.clk_on, id) : share->direct[id];
	for (child = 0; child < BPMP_POLICY_IDS; child++) {
		if (!(host ? bpmp_idset_has(&host->before.seen, child) :
			     share->noted[child]) ||
		    !prepares(share, child) || !hangs_under(share, child, id))
			continue;
		if (used_beyond(share, host, child, depth + 1))
			return true;
		known++;
	}

	return prepares(share, id) != known;
}

static bool used_by_others(const struct bpmp_host *host, u32 id, u32 depth)
{
	const struct bpmp_idset *own = &host->policy.clk[BPMP_CLK_OWN];
	u32 child;

	if (depth > DEPTH_MAX)
		return true;

	for (child = 0; child < BPMP_POLICY_IDS; child++)
		if (bpmp_idset_has(own, child) &&
		    bpmp_feeds(host->share, id, child) &&
		    used_by_others(host, child, depth + 1))
			return true;

	return used_beyond(host->share, host, id, 0);
}

/**
 * bpmp_clk_used_by_others() - whether somebody else uses a clock of the machine
 * @host: the machine
 * @id: an own clock
 *
 * Others are drivers of the host and other machines. What they use below it
 * counts, also where the framework has that hang elsewhere at present: the
 * firmware may know better.
 *
 * Return: the same, and true where the kernel does not tell.
 */
bool bpmp_clk_used_by_others(const struct bpmp_host *host, u32 id)
{
	return used_by_others(host, id, 0);
}

/** bpmp_clk_used_by_host() - whether any driver of the host uses a clock */
bool bpmp_clk_used_by_host(const struct bpmp_host *host, u32 id)
{
	return used_beyond(host->share, NULL, id, 0);
}
