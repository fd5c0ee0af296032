// SPDX-License-Identifier: GPL-2.0-only
/*
 * Resets of a virtual machine. An id that the node's standard "resets" property
 * names as well goes through the reset API, which keeps the host's drivers off
 * it while the machine has it; another goes to the firmware.
 *
 * The reset core tells nobody who holds a reset, and warns with a backtrace
 * where one is asked for that is held otherwise: a virtual machine must not be
 * able to cause that. So neither is done where a device of the tree that refers
 * to the reset has a driver of the host: whether it holds it, it may.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/of.h>
#include <linux/of_platform.h>
#include <linux/platform_device.h>
#include <linux/reset.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <soc/tegra/bpmp.h>

#include "host.h"

/* Drivers of this name hand a device to a machine, and touch no reset. */
#define PASSED	"vfio"

/**
 * struct bpmp_reset_user - a node that refers to an own reset
 * @node: in the list of all
 * @np: which
 * @id: the reset
 */
struct bpmp_reset_user {
	struct list_head node;
	struct device_node *np;
	u32 id;
};

static int add_user(struct bpmp_host *host, struct device_node *np, u32 id)
{
	struct bpmp_reset_user *user;

	user = kzalloc(sizeof(*user), GFP_KERNEL);
	if (!user)
		return -ENOMEM;

	user->np = of_node_get(np);
	user->id = id;
	list_add(&user->node, &host->reset_users);

	return 0;
}

/* What of a node's resets is the machine's. */
static int parse_node(struct bpmp_host *host, struct device_node *np)
{
	bool self = np == host->dev->of_node;
	struct of_phandle_args args;
	int err = 0;
	u32 id, i;

	for (i = 0; !err; i++) {
		if (of_parse_phandle_with_args(np, "resets", "#reset-cells", i,
					       &args))
			break;
		of_node_put(args.np);
		if (args.np != host->bpmp->dev->of_node || !args.args_count)
			continue;
		id = args.args[0];
		if (!bpmp_idset_has(&host->policy.reset, id))
			continue;
		if (self)
			err = xa_err(xa_store(&host->reset_index, id,
					      xa_mk_value(i + 1), GFP_KERNEL));
		else
			err = add_user(host, np, id);
	}

	return err;
}

/**
 * bpmp_host_parse_resets() - find who refers to the machine's resets
 * @host: has its lists
 *
 * Return: 0 or a negative errno.
 */
int bpmp_host_parse_resets(struct bpmp_host *host)
{
	struct device_node *np;
	int err;

	for_each_node_with_property(np, "resets") {
		err = parse_node(host, np);
		if (err) {
			of_node_put(np);
			return err;
		}
	}

	return 0;
}

/** bpmp_host_free_resets() - the reverse, also after half of it */
void bpmp_host_free_resets(struct bpmp_host *host)
{
	struct bpmp_reset_user *user, *next;

	list_for_each_entry_safe(user, next, &host->reset_users, node) {
		of_node_put(user->np);
		list_del(&user->node);
		kfree(user);
	}
}

static bool has_driver(struct device_node *np)
{
	struct platform_device *pdev = of_find_device_by_node(np);
	bool has;

	if (!pdev)
		return false;

	has = READ_ONCE(pdev->dev.driver) &&
	      !strstarts(dev_driver_string(&pdev->dev), PASSED);
	put_device(&pdev->dev);

	return has;
}

static bool host_may_hold(struct bpmp_host *host, u32 id)
{
	struct bpmp_reset_user *user;

	list_for_each_entry(user, &host->reset_users, node)
		if (user->id == id && has_driver(user->np))
			return true;

	return false;
}

/*
 * Asking for a held reset exclusively at once makes the reset core warn with a
 * backtrace, which a virtual machine must not be able to cause. So it is first
 * taken as released, then acquired.
 */
static struct reset_control *get_released(struct device_node *np, int index)
{
	return __fwnode_reset_control_get(of_fwnode_handle(np), NULL, index,
					  RESET_CONTROL_EXCLUSIVE_RELEASED);
}

static struct reset_control *reset_new(struct bpmp_host *host, u32 id)
{
	int index = xa_to_value(xa_load(&host->reset_index, id)) - 1;
	struct reset_control *reset;
	int err;

	reset = get_released(host->dev->of_node, index);
	if (IS_ERR(reset))
		return reset;

	err = reset_control_acquire(reset);
	if (!err)
		err = xa_err(xa_store(&host->resets, id, reset, GFP_KERNEL));
	if (err) {
		reset_control_put(reset);
		return ERR_PTR(err);
	}

	return reset;
}

static struct reset_control *reset_of(struct bpmp_host *host, u32 id)
{
	return xa_load(&host->resets, id) ?: reset_new(host, id);
}

static int change_by_api(struct bpmp_host *host, struct bpmp_change *change)
{
	const struct bpmp_op *op = change->op;
	struct reset_control *reset;

	/* -EBUSY where a driver of the host has it. */
	reset = reset_of(host, op->id);
	if (IS_ERR(reset))
		return PTR_ERR(reset);

	change->done = true;
	switch (op->kind) {
	case BPMP_OP_RESET_ASSERT:
		return reset_control_assert(reset);
	case BPMP_OP_RESET_DEASSERT:
		return reset_control_deassert(reset);
	case BPMP_OP_RESET_MODULE:
		return reset_control_reset(reset);
	default:
		return -EOPNOTSUPP;
	}
}

static int change_by_firmware(struct bpmp_host *host,
			      struct bpmp_change *change)
{
	const struct bpmp_op *op = change->op;

	change->done = true;
	switch (op->kind) {
	case BPMP_OP_RESET_ASSERT:
		return bpmp_fw_reset(host, CMD_RESET_ASSERT, op->id);
	case BPMP_OP_RESET_DEASSERT:
		return bpmp_fw_reset(host, CMD_RESET_DEASSERT, op->id);
	case BPMP_OP_RESET_MODULE:
		return bpmp_fw_reset(host, CMD_RESET_MODULE, op->id);
	default:
		return -EOPNOTSUPP;
	}
}

/**
 * bpmp_host_reset_change() - do a change that the policy allows, or undo it
 * @host: the machine
 * @change: of a reset
 *
 * Return: 0 or a negative errno, see host.h.
 */
int bpmp_host_reset_change(struct bpmp_host *host, struct bpmp_change *change)
{
	const struct bpmp_op *op = change->op;
	int err;

	err = bpmp_claim(host, BPMP_CLAIM_RESET, op->id);
	if (err)
		return err;
	if (host_may_hold(host, op->id))
		return -EBUSY;

	err = bpmp_turn_begin(host, !change->undo);
	if (err)
		return err;

	if (xa_load(&host->reset_index, op->id))
		err = change_by_api(host, change);
	else
		err = change_by_firmware(host, change);
	bpmp_turn_end(host);

	return err;
}

/** bpmp_host_reset_release() - let the host's drivers have them again */
void bpmp_host_reset_release(struct bpmp_host *host)
{
	struct reset_control *reset;
	unsigned long id;

	xa_for_each(&host->resets, id, reset)
		reset_control_put(reset);
	xa_destroy(&host->resets);
}
