// SPDX-License-Identifier: GPL-2.0-only
/*
 * Clocks of a virtual machine, through the clk API: so they are counted with
 * those of the host's drivers and of other machines, and nobody can switch off
 * what another one uses. All of it in sections: what is looked at stays so
 * until the change is done.
 *
 * The clk API keeps failures of the firmware to itself where it sets a rate and
 * where it switches a clock off. So the firmware is asked afterwards. It is
 * asked before, too: where it does not answer that, nothing is begun that would
 * lose one channel after the other.
 */
#include <linux/clk.h>
#include <linux/device.h>
#include <linux/err.h>

#include "host.h"

static int clk_on(struct bpmp_host *host, u32 id, bool *done)
{
	bool on;
	int err;

	err = bpmp_host_clk_remember(host, id);
	if (!err)
		err = bpmp_fw_clk_state(host, id, &on);
	if (!err)
		err = clk_prepare_enable(bpmp_clk(host, id));
	if (err)
		return err;

	host->share->direct[id]++;
	*done = true;

	return 0;
}

/**
 * bpmp_host_clk_off() - drop what a machine has on
 * @host: the machine
 * @id: a clock that it has on
 * @done: set where it has it on no more
 *
 * Return: 0, or a negative errno where the firmware did not do it.
 */
int bpmp_host_clk_off(struct bpmp_host *host, u32 id, bool *done)
{
	bool on = false;
	int err;

	err = bpmp_fw_clk_state(host, id, &on);
	if (err)
		return err;

	clk_disable_unprepare(bpmp_clk(host, id));
	host->share->direct[id]--;
	*done = true;
	if (bpmp_clk_prepared(host, id))
		return 0;

	err = bpmp_fw_clk_state(host, id, &on);
	if (!err && on)
		err = bpmp_fw_clk_switch(host, id, false);

	return err;
}

/* Where the firmware changed a parent by itself the framework sees nothing. */
static int force_parent(struct bpmp_host *host, u32 id, u32 want)
{
	u32 now = BPMP_NO_CLOCK;
	int err;

	err = bpmp_fw_clk_parent(host, id, &now);
	if (err == -EINVAL && want == BPMP_NO_CLOCK)
		return 0;
	if (err || now == want)
		return err;

	return bpmp_fw_clk_set_parent(host, id, want);
}

/**
 * bpmp_host_clk_set_parent() - have a clock fed by another
 * @host: the machine
 * @id: a clock that nobody else uses
 * @parent: the other
 *
 * Return: 0 or a negative errno.
 */
int bpmp_host_clk_set_parent(struct bpmp_host *host, u32 id, u32 parent)
{
	struct clk *above = bpmp_clk(host, parent);
	u32 now;
	int err;

	if (!above)
		return -EINVAL;

	err = bpmp_fw_clk_parent(host, id, &now);
	if (err && err != -EINVAL)
		return err;

	err = clk_set_parent(bpmp_clk(host, id), above);

	return err ?: force_parent(host, id, parent);
}

/**
 * bpmp_host_clk_set_rate() - set a clock's rate
 * @host: the machine
 * @id: a clock that nobody else uses
 * @rate: in Hz; what it is then
 *
 * Where the rate is not the one that the firmware said it would be, it may be
 * that it refused. Told directly it says so.
 *
 * Return: 0 or a negative errno.
 */
int bpmp_host_clk_set_rate(struct bpmp_host *host, u32 id, s64 *rate)
{
	s64 want = *rate, now = 0;
	int err;

	err = bpmp_fw_clk_round(host, id, &want);
	if (!err)
		err = clk_set_rate(bpmp_clk(host, id), *rate);
	if (!err)
		err = bpmp_fw_clk_rate(host, id, &now);
	if (!err && now != want) {
		err = bpmp_fw_clk_set_rate(host, id, *rate);
		/* Once more, so that the framework knows of it. */
		if (!err)
			err = clk_set_rate(bpmp_clk(host, id), *rate);
		if (!err)
			err = bpmp_fw_clk_rate(host, id, &now);
	}
	*rate = now;

	return err;
}

/* A change of a clock moves those that it feeds: they have to be ours, too. */
static int claim_below(struct bpmp_host *host, u32 id, u32 depth)
{
	u32 child;
	int err;

	err = bpmp_claim(host, BPMP_CLAIM_CLK, id);
	for (child = 0; !err && child < BPMP_POLICY_IDS; child++)
		if (bpmp_feeds(host->share, id, child))
			err = depth ? claim_below(host, child, depth - 1) :
				      -EBUSY;

	return err;
}

static int clk_set(struct bpmp_host *host, struct bpmp_change *change)
{
	const struct bpmp_op *op = change->op;
	int err;

	err = claim_below(host, op->id, 16);
	if (err)
		return err;
	if (bpmp_clk_used_by_others(host, op->id))
		return -EBUSY;

	err = bpmp_host_clk_record(host);
	if (err)
		return err;

	change->done = true;
	change->value = op->value;
	if (op->kind == BPMP_OP_CLK_SET_RATE) {
		err = bpmp_host_clk_set_rate(host, op->id, &change->value);
	} else {
		/* Where the clock is on the new parent goes on with it. */
		err = bpmp_host_clk_remember(host, op->id);
		if (!err)
			err = bpmp_host_clk_remember(host, op->value);
		if (!err)
			err = bpmp_host_clk_set_parent(host, op->id, op->value);
	}
	bpmp_host_clk_moved(host, op->id);

	return err;
}

static int clk_change(struct bpmp_host *host, void *data)
{
	struct bpmp_change *change = data;
	const struct bpmp_op *op = change->op;
	int err;

	if (!bpmp_clk(host, op->id))
		return -ENODEV;

	err = bpmp_host_left_on_check(host);
	if (err)
		return err;

	if (bpmp_policy_clk_class(&host->policy, op->id) == BPMP_CLK_OWN) {
		err = bpmp_claim(host, BPMP_CLAIM_CLK, op->id);
		if (err)
			return err;
	}

	switch (op->kind) {
	case BPMP_OP_CLK_ENABLE:
		err = clk_on(host, op->id, &change->done);
		break;
	case BPMP_OP_CLK_DISABLE:
		err = bpmp_host_clk_off(host, op->id, &change->done);
		break;
	case BPMP_OP_CLK_SET_RATE:
	case BPMP_OP_CLK_SET_PARENT:
		err = clk_set(host, change);
		break;
	default:
		return -EOPNOTSUPP;
	}
	bpmp_host_left_on_restore(host);

	return err;
}

/**
 * bpmp_host_clk_change() - do a change that the policy allows
 * @host: the machine
 * @change: of a clock
 *
 * Return: 0 or a negative errno, see host.h.
 */
int bpmp_host_clk_change(struct bpmp_host *host, struct bpmp_change *change)
{
	return bpmp_section(host, clk_change, change, true);
}
