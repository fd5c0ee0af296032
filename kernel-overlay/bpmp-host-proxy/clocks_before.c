// SPDX-License-Identifier: GPL-2.0-only
/*
 * How the clocks were before a virtual machine changed them, which is more than
 * the policy knows: a change of one switches those that feed it, and some of
 * them the boot loader left on without anybody of the host counting them.
 */
#include <linux/clk.h>
#include <linux/clk-provider.h>
#include <linux/err.h>
#include <soc/tegra/bpmp.h>

#include "host.h"

/* Note of a clock whether the firmware has it on, and whether nobody asked it to. */
static int look_at(struct bpmp_host *host, u32 id)
{
	struct bpmp_host_before *before = &host->before;
	bool on = false, used;
	struct clk *clk;
	int err;

	if (id >= BPMP_POLICY_IDS || bpmp_idset_has(&before->seen, id))
		return 0;

	clk = bpmp_host_clk(host, id);
	bpmp_claims_lock(host->share);
	used = !IS_ERR(clk) && __clk_is_enabled(clk);
	err = bpmp_fw_clk_state(host, id, &on);
	if (!err)
		bpmp_note(host->share, id, on && !used);
	bpmp_claims_unlock(host->share);
	if (err)
		return err;

	if (on)
		bpmp_idset_add(&before->clk_on, id);
	bpmp_idset_add(&before->seen, id);
	before->order[before->count++] = id;

	return 0;
}

/* What feeds a clock as far as the framework knows. */
static int framework_parent(struct bpmp_host *host, u32 id, u32 *found)
{
	struct cmd_clk_get_all_info_response info;
	struct clk *clk = bpmp_host_clk(host, id);
	struct clk *parent, *candidate;
	unsigned int i;
	int err;

	*found = BPMP_NO_CLOCK;
	/* A clock that the framework does not have, it does not switch. */
	parent = IS_ERR(clk) ? NULL : clk_get_parent(clk);
	if (!parent)
		return 0;

	err = bpmp_fw_clk_info(host, id, &info);
	if (err)
		return err;

	for (i = 0; i < info.num_parents && i < ARRAY_SIZE(info.parents); i++) {
		candidate = bpmp_host_clk(host, info.parents[i]);
		if (!IS_ERR(candidate) && clk_is_match(candidate, parent)) {
			*found = info.parents[i];
			break;
		}
	}

	return 0;
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
	if (err)
		return err;

	err = framework_parent(host, id, &parent);

	return err ?: look_at(host, parent);
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

/**
 * bpmp_host_clk_record() - note the rate and the parent of an own clock
 * @host: the machine
 * @id: a clock whose rate or parent is about to change
 *
 * Return: 0 or a negative errno.
 */
int bpmp_host_clk_record(struct bpmp_host *host, u32 id)
{
	u32 parent = BPMP_NO_CLOCK;
	s64 rate = 0;
	int err;

	if (bpmp_idset_has(&host->before.recorded, id))
		return 0;

	err = bpmp_fw_clk_rate(host, id, &rate);
	if (err && err != -EINVAL)
		return err;
	err = bpmp_fw_clk_parent(host, id, &parent);
	if (err && err != -EINVAL)
		return err;

	bpmp_vm_record_clock(&host->vm, id, rate, parent);
	bpmp_idset_add(&host->before.recorded, id);

	return 0;
}

/**
 * bpmp_host_clk_settle() - compare a clock with how it was, at the undo's end
 * @host: the machine, which by now has nothing enabled
 * @id: a clock of @before
 * @stuck: set where an own clock is still on and nobody uses it: the firmware
 *	did not do what unpreparing asked for, which has no way to say so
 *
 * A clock that was on without a user is switched on again.
 *
 * Return: 0 or a negative errno.
 */
int bpmp_host_clk_settle(struct bpmp_host *host, u32 id, bool *stuck)
{
	struct clk *clk = xa_load(&host->clks, id);
	bool on = false;
	int err;

	bpmp_claims_lock(host->share);
	err = bpmp_fw_clk_state(host, id, &on);
	if (!err && !on && bpmp_left_on(host->share, id))
		err = bpmp_fw_clk_enable(host, id);
	bpmp_claims_unlock(host->share);
	if (err)
		return err;

	*stuck = on && !bpmp_idset_has(&host->before.clk_on, id) &&
		 clk && !__clk_is_enabled(clk) &&
		 bpmp_policy_clk_class(&host->policy, id) == BPMP_CLK_OWN;

	return 0;
}

/** bpmp_host_clk_forget() - the machine has nothing to do with a clock any more */
void bpmp_host_clk_forget(struct bpmp_host *host, u32 id)
{
	bpmp_claims_lock(host->share);
	bpmp_unnote(host->share, id);
	bpmp_claims_unlock(host->share);
}
