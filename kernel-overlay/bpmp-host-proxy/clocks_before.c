// SPDX-License-Identifier: GPL-2.0-only
/*
 * How the clocks were before a virtual machine changed them, which is more than
 * the policy knows: a change of one switches those that feed it, and some of
 * them the boot loader left on without anybody of the host counting them. All
 * of it in sections.
 */
#include <linux/clk.h>
#include <linux/device.h>
#include <soc/tegra/bpmp.h>

#include "host.h"

/* Note of a clock whether the firmware has it on, and whether nobody asked it to. */
static int look_at(struct bpmp_host *host, u32 id)
{
	struct bpmp_host_before *before = &host->before;
	struct bpmp_share *share = host->share;
	bool on = false;
	int err;

	if (id >= BPMP_POLICY_IDS || bpmp_idset_has(&before->seen, id))
		return 0;

	err = bpmp_fw_clk_state(host, id, &on);
	if (err)
		return err;

	if (!share->noted[id]++ && on && !bpmp_clk_prepared(host, id))
		bpmp_idset_add(&share->left_on, id);
	if (on)
		bpmp_idset_add(&before->clk_on, id);
	bpmp_idset_add(&before->seen, id);
	before->order[before->count++] = id;

	return 0;
}

/* What feeds a clock as far as the framework knows. */
static u32 framework_parent(struct bpmp_host *host, u32 id)
{
	const struct bpmp_node *node = &host->share->tree[id];
	struct clk *clk = bpmp_clk(host, id);
	struct clk *parent, *candidate;
	unsigned int i;

	/* A clock that the framework does not have, it does not switch. */
	parent = clk ? clk_get_parent(clk) : NULL;
	if (!parent)
		return BPMP_NO_CLOCK;

	for (i = 0; i < node->num_parents; i++) {
		candidate = bpmp_clk(host, node->parents[i]);
		if (candidate && clk_is_match(candidate, parent))
			return node->parents[i];
	}

	return BPMP_NO_CLOCK;
}

/*
 * Note what feeds a clock, in the firmware and as the framework has it. The two
 * differ where the firmware picked another parent for a rate: the first is on
 * with the clock, the second is what preparing and unpreparing the clock reach.
 */
static int look_above(struct bpmp_host *host, u32 id)
{
	u32 parent = BPMP_NO_CLOCK;
	int err;

	err = bpmp_fw_clk_parent(host, id, &parent);
	/* A root has none, which is not an error. */
	if (err && err != -EINVAL)
		return err;
	err = look_at(host, parent);

	return err ?: look_at(host, framework_parent(host, id));
}

/**
 * bpmp_host_clk_remember() - note how a clock and all that feeds it are
 * @host: the machine
 * @id: a clock that a change is about to reach
 *
 * What could not be noted whole is forgotten, so that the next try starts anew.
 *
 * Return: 0 or a negative errno.
 */
int bpmp_host_clk_remember(struct bpmp_host *host, u32 id)
{
	struct bpmp_host_before *before = &host->before;
	unsigned int first = before->count;
	unsigned int i;
	int err;

	err = look_at(host, id);
	for (i = first; !err && i < before->count; i++)
		err = look_above(host, before->order[i]);
	if (!err)
		return 0;

	while (before->count > first) {
		id = before->order[--before->count];
		bpmp_idset_del(&before->seen, id);
		bpmp_idset_del(&before->clk_on, id);
		bpmp_host_clk_forget(host, id);
	}

	return err;
}

static int rate_and_parent(struct bpmp_host *host, u32 id, s64 *rate,
			   u32 *parent)
{
	int err;

	*rate = 0;
	*parent = BPMP_NO_CLOCK;
	err = bpmp_fw_clk_rate(host, id, rate);
	if (err && err != -EINVAL)
		return err;
	err = bpmp_fw_clk_parent(host, id, parent);

	return err == -EINVAL ? 0 : err;
}

/**
 * bpmp_host_clk_record() - note rates and parents of clocks about to change
 * @host: the machine, which has claimed a clock and all that it feeds
 *
 * All that are claimed, since a change of one moves those that it feeds; and no
 * others, which another machine may have changed for a while.
 *
 * Return: 0 or a negative errno.
 */
int bpmp_host_clk_record(struct bpmp_host *host)
{
	struct bpmp_host_before *before = &host->before;
	u32 id;
	int err;

	for (id = 0; id < BPMP_POLICY_IDS; id++) {
		if (!bpmp_claimed(host, BPMP_CLAIM_CLK, id) ||
		    bpmp_idset_has(&before->recorded, id))
			continue;
		err = rate_and_parent(host, id, &before->rate[id],
				      &before->parent[id]);
		if (err)
			return err;
		bpmp_vm_record_clock(&host->vm, id, before->rate[id],
				     before->parent[id]);
		bpmp_idset_add(&before->recorded, id);
	}

	return 0;
}

static bool feeds(struct bpmp_host *host, u32 above, u32 id, u32 depth)
{
	u32 child;

	if (above == id || bpmp_feeds(host->share, above, id))
		return true;
	for (child = 0; depth && child < BPMP_POLICY_IDS; child++)
		if (bpmp_feeds(host->share, above, child) &&
		    feeds(host, child, id, depth - 1))
			return true;

	return false;
}

/**
 * bpmp_host_clk_moved() - note how the machine's change has left its clocks
 * @host: the machine
 * @id: the clock that it changed
 *
 * What differs from that at the machine's end is somebody else's doing. Where
 * the firmware does not answer any more, nothing is known, and what is found
 * then counts as such.
 */
void bpmp_host_clk_moved(struct bpmp_host *host, u32 id)
{
	struct bpmp_host_before *before = &host->before;
	u32 own;

	for (own = 0; own < BPMP_POLICY_IDS; own++)
		if (bpmp_idset_has(&before->recorded, own) &&
		    feeds(host, id, own, 16) &&
		    rate_and_parent(host, own, &before->rate[own],
				    &before->parent[own]))
			return;
}

/**
 * bpmp_host_left_on_check() - see what the boot loader's clocks have come to
 * @host: the machine, before it changes anything
 *
 * One that a driver of the host uses is the framework's from now on, and so is
 * one that is off with nobody using it: a driver has had it and let it go.
 *
 * Return: 0 or a negative errno.
 */
int bpmp_host_left_on_check(struct bpmp_host *host)
{
	struct bpmp_idset *left_on = &host->share->left_on;
	bool on;
	u32 id;
	int err;

	for (id = 0; id < BPMP_POLICY_IDS; id++) {
		if (!bpmp_idset_has(left_on, id))
			continue;
		on = true;
		if (!bpmp_clk_prepared(host, id)) {
			err = bpmp_fw_clk_state(host, id, &on);
			if (err)
				return err;
		}
		if (!on || bpmp_clk_used_by_host(host, id))
			bpmp_idset_del(left_on, id);
	}

	return 0;
}

/**
 * bpmp_host_left_on_restore() - switch on what went off with its last user
 * @host: the machine, after its change, in the same section as the check
 */
void bpmp_host_left_on_restore(struct bpmp_host *host)
{
	bool on;
	u32 id;
	int err;

	for (id = 0; id < BPMP_POLICY_IDS; id++) {
		if (!bpmp_idset_has(&host->share->left_on, id) ||
		    bpmp_clk_prepared(host, id))
			continue;
		on = false;
		err = bpmp_fw_clk_state(host, id, &on);
		if (!err && !on)
			err = bpmp_fw_clk_switch(host, id, true);
		if (err)
			dev_err(host->dev, "clock %u was on and could not be switched on again: %d\n",
				id, err);
	}
}

/** bpmp_host_clk_forget() - the machine has nothing to do with a clock any more */
void bpmp_host_clk_forget(struct bpmp_host *host, u32 id)
{
	if (!--host->share->noted[id])
		bpmp_idset_del(&host->share->left_on, id);
}
