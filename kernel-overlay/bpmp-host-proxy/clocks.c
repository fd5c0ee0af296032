// SPDX-License-Identifier: GPL-2.0-only
/*
 * Clocks of a virtual machine, through the clk API: so they are counted with
 * those of the host's drivers and of other machines, and nobody can switch off
 * what another one uses.
 */
#include <linux/clk.h>
#include <linux/clk-provider.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/of.h>
#include <soc/tegra/bpmp.h>

#include "host.h"

/**
 * bpmp_host_clk() - a clock of the host's framework
 * @host: the machine; holds the clock from the first call to unbind
 * @id: firmware's number
 *
 * Return: the clock or an ERR_PTR(), -ENODEV where the firmware has none.
 */
struct clk *bpmp_host_clk(struct bpmp_host *host, u32 id)
{
	struct of_phandle_args spec = {
		.np = host->bpmp->dev->of_node,
		.args_count = 1,
		.args = { id },
	};
	struct clk *clk;
	int err;

	clk = xa_load(&host->clks, id);
	if (clk)
		return clk;

	clk = of_clk_get_from_provider(&spec);
	if (IS_ERR(clk))
		return clk;
	/* How clk-bpmp says that there is no such clock. */
	if (!clk)
		return ERR_PTR(-ENODEV);

	err = xa_err(xa_store(&host->clks, id, clk, GFP_KERNEL));
	if (err) {
		clk_put(clk);
		return ERR_PTR(err);
	}

	return clk;
}

static struct clk *enabled_clk(struct bpmp_host *host, unsigned int i)
{
	return xa_load(&host->clks, host->vm.clk_order[i]);
}

/*
 * Whether anybody else has this clock, or one that it feeds, enabled: a driver
 * of the host or another machine. The clk API tells only whether the count of
 * enables is zero, so this machine's own are dropped for the look. That reaches
 * no hardware: the BPMP's clocks are switched when they are prepared, which
 * they stay, and enabling them is a bare count. What the boot loader left on
 * and nobody has claimed counts as free, and so does a clock whose driver is
 * unbound, for example since vfio has the device.
 */
static bool held_by_others(struct bpmp_host *host, struct clk *clk)
{
	unsigned int i;
	bool held;

	bpmp_claims_lock(host->share);
	for (i = 0; i < host->vm.clk_count; i++)
		clk_disable(enabled_clk(host, i));

	held = __clk_is_enabled(clk);

	/* Cannot fail: they are prepared, and there is no hardware to ask. */
	for (i = 0; i < host->vm.clk_count; i++)
		if (clk_enable(enabled_clk(host, i)))
			dev_err_once(host->dev, "clock %u lost its count\n",
				     host->vm.clk_order[i]);
	bpmp_claims_unlock(host->share);

	return held;
}

static int clk_on(struct bpmp_host *host, u32 id, struct clk *clk)
{
	int err;

	err = bpmp_host_clk_remember(host, id);
	if (err)
		return err;

	return clk_prepare_enable(clk);
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

static int set_parent(struct bpmp_host *host, u32 id, struct clk *clk, u32 want)
{
	struct clk *parent = bpmp_host_clk(host, want);
	int err;

	if (IS_ERR(parent))
		return PTR_ERR(parent);

	err = clk_set_parent(clk, parent);

	return err ?: force_parent(host, id, want);
}

static int clk_set(struct bpmp_host *host, const struct bpmp_op *op,
		   struct clk *clk, s64 *value)
{
	int err;

	if (held_by_others(host, clk))
		return -EBUSY;

	err = bpmp_host_clk_record(host, op->id);
	if (err)
		return err;

	if (op->kind == BPMP_OP_CLK_SET_PARENT) {
		/* Where the clock is on the new parent goes on with it. */
		err = bpmp_host_clk_remember(host, op->value);
		if (err)
			return err;
		*value = op->value;
		return set_parent(host, op->id, clk, op->value);
	}

	err = clk_set_rate(clk, op->value);
	*value = clk_get_rate(clk);

	return err;
}

/**
 * bpmp_host_clk_change() - do a change that the policy allows
 * @host: the machine
 * @op: BPMP_OP_CLK_*
 * @value: rate or parent that is in force then, where the change is of one
 *
 * Return: 0 or a negative errno, see host.h.
 */
int bpmp_host_clk_change(struct bpmp_host *host, const struct bpmp_op *op,
			 s64 *value)
{
	bool own = bpmp_policy_clk_class(&host->policy, op->id) == BPMP_CLK_OWN;
	struct clk *clk;
	int err;

	clk = bpmp_host_clk(host, op->id);
	if (IS_ERR(clk))
		return PTR_ERR(clk);

	if (own) {
		err = bpmp_claim(host, BPMP_CLAIM_CLK, op->id);
		if (err)
			return err;
	}

	switch (op->kind) {
	case BPMP_OP_CLK_ENABLE:
		return clk_on(host, op->id, clk);
	case BPMP_OP_CLK_DISABLE:
		clk_disable_unprepare(clk);
		return 0;
	case BPMP_OP_CLK_SET_RATE:
	case BPMP_OP_CLK_SET_PARENT:
		return clk_set(host, op, clk, value);
	default:
		return -EOPNOTSUPP;
	}
}

static int restore_parent(struct bpmp_host *host, u32 id, u32 want)
{
	struct clk *clk = bpmp_host_clk(host, id);

	if (IS_ERR(clk))
		return PTR_ERR(clk);

	return set_parent(host, id, clk, want);
}

/*
 * Setting the rate of a clock sets those of all below it once more, to what
 * they are, and the firmware may pick their parents anew for that. So the
 * parent, which was restored before, is looked at again.
 */
static int restore_rate(struct bpmp_host *host, u32 id, s64 want)
{
	struct clk *clk = bpmp_host_clk(host, id);
	s64 now = 0;
	int err;

	if (IS_ERR(clk))
		return PTR_ERR(clk);

	err = clk_set_rate(clk, want);
	if (err)
		return err;

	err = force_parent(host, id, host->vm.parent[id]);
	if (err)
		return err;

	err = bpmp_fw_clk_rate(host, id, &now);
	if (!err && now != want)
		err = bpmp_fw_clk_set_rate(host, id, want);

	return err;
}

/**
 * bpmp_host_clk_restore() - do a step of an undo
 * @host: the machine
 * @op: from bpmp_vm_undo_next()
 *
 * Return: 0 or a negative errno.
 */
int bpmp_host_clk_restore(struct bpmp_host *host, const struct bpmp_op *op)
{
	switch (op->kind) {
	case BPMP_OP_CLK_DISABLE:
		clk_disable_unprepare(xa_load(&host->clks, op->id));
		return 0;
	case BPMP_OP_CLK_SET_PARENT:
		return restore_parent(host, op->id, op->value);
	case BPMP_OP_CLK_SET_RATE:
		return restore_rate(host, op->id, op->value);
	default:
		return -EOPNOTSUPP;
	}
}

/** bpmp_host_clk_free() - give the clocks back, at unbind */
void bpmp_host_clk_free(struct bpmp_host *host)
{
	unsigned long id;
	struct clk *clk;

	xa_for_each(&host->clks, id, clk)
		clk_put(clk);
	xa_destroy(&host->clks);
}
