// SPDX-License-Identifier: GPL-2.0-only
/*
 * Resets of a virtual machine. An id that the node's standard "resets" property
 * names as well goes through the reset API, which keeps the host's drivers off
 * it; another goes to the firmware, and only machines are kept apart.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/reset.h>
#include <soc/tegra/bpmp.h>

#include "host.h"

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
	if (IS_ERR(reset)) {
		/*
		 * A driver of the host holds it as shared, of which the core
		 * has warned: once is enough.
		 */
		if (reset == ERR_PTR(-EBUSY))
			bpmp_idset_add(&host->policy.reset_busy, id);
		return reset;
	}

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

static int change_by_api(struct bpmp_host *host, const struct bpmp_op *op)
{
	struct reset_control *reset;

	/* -EBUSY where a driver of the host has it. */
	reset = reset_of(host, op->id);
	if (IS_ERR(reset))
		return PTR_ERR(reset);

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

static int change_by_firmware(struct bpmp_host *host, const struct bpmp_op *op)
{
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
 * bpmp_host_reset_change() - do a change that the policy allows
 * @host: the machine
 * @op: BPMP_OP_RESET_*
 *
 * Return: 0 or a negative errno, see host.h.
 */
int bpmp_host_reset_change(struct bpmp_host *host, const struct bpmp_op *op)
{
	int err;

	err = bpmp_claim(host, BPMP_CLAIM_RESET, op->id);
	if (err)
		return err;

	if (xa_load(&host->reset_index, op->id))
		return change_by_api(host, op);

	return change_by_firmware(host, op);
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
