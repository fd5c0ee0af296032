// SPDX-License-Identifier: GPL-2.0-only
/*
 * The clocks of a virtual machine at its end. Each step asks first, in the same
 * section as it is done: a clock that anybody else uses, has set or has claimed
 * by then stays as they have it.
 */
#include <linux/device.h>

#include "host.h"

/*
 * The machine has nothing on any more, so whoever uses a clock is somebody
 * else; and so is who has moved it since the machine's last change. What a step
 * before this one has moved is known.
 */
static int ask_first(struct bpmp_host *host, u32 id, s64 *rate, u32 *parent)
{
	const struct bpmp_host_before *before = &host->before;
	int err;

	if (!bpmp_clk(host, id) || bpmp_idset_has(&host->left, id))
		return -EBUSY;
	if (!bpmp_claimed(host, BPMP_CLAIM_CLK, id) ||
	    bpmp_clk_used_by_others(host, id))
		return -EBUSY;

	*rate = 0;
	*parent = BPMP_NO_CLOCK;
	err = bpmp_fw_clk_rate(host, id, rate);
	if (err && err != -EINVAL)
		return err;
	err = bpmp_fw_clk_parent(host, id, parent);
	if (err && err != -EINVAL)
		return err;

	return *rate == before->rate[id] && *parent == before->parent[id] ?
	       0 : -EBUSY;
}

/* Setting a rate may have the firmware pick another parent: look once more. */
static int set_back(struct bpmp_host *host, u32 id, s64 rate, u32 parent)
{
	s64 now = rate;
	int err = 0;

	if (rate > 0)
		err = bpmp_host_clk_set_rate(host, id, &now);
	if (!err && parent != BPMP_NO_CLOCK)
		err = bpmp_host_clk_set_parent(host, id, parent);
	if (!err && rate > 0)
		err = bpmp_fw_clk_rate(host, id, &now);
	if (!err && now != rate) {
		now = rate;
		err = bpmp_host_clk_set_rate(host, id, &now);
	}

	return err;
}

static int step(struct bpmp_host *host, const struct bpmp_op *op)
{
	s64 rate;
	u32 parent;
	int err;

	err = ask_first(host, op->id, &rate, &parent);
	if (err)
		return err;

	if (op->kind == BPMP_OP_CLK_SET_PARENT) {
		if (parent != op->value)
			err = bpmp_host_clk_set_parent(host, op->id, op->value);
	} else if (rate != op->value || parent != host->vm.parent[op->id]) {
		err = set_back(host, op->id, op->value,
			       host->vm.parent[op->id]);
	}
	bpmp_host_clk_moved(host, op->id);

	return err;
}

static int undo(struct bpmp_host *host, void *data)
{
	const struct bpmp_op *op = data;
	bool done = false;
	int err;

	err = bpmp_host_left_on_check(host);
	if (err)
		return err;

	if (op->kind == BPMP_OP_CLK_DISABLE)
		err = bpmp_host_clk_off(host, op->id, &done);
	else
		err = step(host, op);
	bpmp_host_left_on_restore(host);

	return err;
}

/**
 * bpmp_host_clk_undo() - do a step of an undo
 * @host: the machine
 * @op: from bpmp_vm_undo_next()
 *
 * Return: 0, -EBUSY where the clock is somebody else's by now, or another
 * negative errno.
 */
int bpmp_host_clk_undo(struct bpmp_host *host, const struct bpmp_op *op)
{
	return bpmp_section(host, undo, (void *)op, false);
}

/*
 * An own clock that is on with nobody using it, and was not before: the
 * firmware did not do what unpreparing asked for, which has no way to say so.
 */
static int settle(struct bpmp_host *host, void *data)
{
	const u32 *id = data;
	bool on = false;
	int err;

	err = bpmp_fw_clk_state(host, *id, &on);
	if (err)
		return err;
	if (!on || bpmp_clk_prepared(host, *id) ||
	    bpmp_idset_has(&host->before.clk_on, *id) ||
	    bpmp_policy_clk_class(&host->policy, *id) != BPMP_CLK_OWN)
		return 0;

	err = bpmp_fw_clk_switch(host, *id, false);
	if (!err)
		err = bpmp_fw_clk_state(host, *id, &on);

	return err ?: on ? -EIO : 0;
}

/**
 * bpmp_host_clk_settle() - be done with a clock, at the undo's end
 * @host: the machine, which by now has nothing on
 * @id: a clock of @before
 *
 * Return: 0 or a negative errno.
 */
int bpmp_host_clk_settle(struct bpmp_host *host, u32 id)
{
	int err;

	err = bpmp_section(host, settle, &id, false);
	mutex_lock(&host->share->changing);
	bpmp_host_clk_forget(host, id);
	mutex_unlock(&host->share->changing);

	return err;
}
