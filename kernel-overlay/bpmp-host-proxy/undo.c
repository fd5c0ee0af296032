// SPDX-License-Identifier: GPL-2.0-only
/*
 * Putting back all that a virtual machine did: when its file is closed (also
 * since QEMU was killed), when it is reset, when the driver is unbound, when the
 * host goes down.
 */
#include <linux/device.h>
#include <linux/string.h>

#include "host.h"
#include "trace.h"

static const char *kind_name(enum bpmp_op_kind kind)
{
	switch (kind) {
	case BPMP_OP_RESET_ASSERT:
	case BPMP_OP_RESET_DEASSERT:
	case BPMP_OP_RESET_MODULE:
		return "reset";
	case BPMP_OP_PG_ON:
	case BPMP_OP_PG_OFF:
		return "power domain";
	default:
		return "clock";
	}
}

/**
 * bpmp_host_quarantine() - take an id out of every machine's reach
 * @host: the machine, in its undo
 * @kind: a change of the kind of id
 * @id: which
 * @err: why it could not be put back
 *
 * Until an administrator has looked and unbinds and binds the driver: what
 * state it is in is not known.
 */
void bpmp_host_quarantine(struct bpmp_host *host, enum bpmp_op_kind kind,
			  u32 id, int err)
{
	struct bpmp_idset *busy;

	switch (kind) {
	case BPMP_OP_RESET_ASSERT:
	case BPMP_OP_RESET_DEASSERT:
	case BPMP_OP_RESET_MODULE:
		busy = &host->policy.reset_busy;
		break;
	case BPMP_OP_PG_ON:
	case BPMP_OP_PG_OFF:
		busy = &host->policy.pg_busy;
		break;
	default:
		busy = &host->policy.clk_busy;
		break;
	}

	atomic64_inc(&host->stats.undo_failed);
	/* Not limited, so that refusals cannot hide it: once an id is little. */
	if (!bpmp_idset_has(busy, id))
		dev_err(host->dev, "%s %u could not be put back (%d) and stays shut: unbind and bind this driver to open it\n",
			kind_name(kind), id, err);
	bpmp_idset_add(busy, id);
}

static int undo_op(struct bpmp_host *host, const struct bpmp_op *op)
{
	struct bpmp_change change = { .op = op, .undo = true };

	switch (op->kind) {
	case BPMP_OP_RESET_ASSERT:
		return bpmp_host_reset_change(host, &change);
	case BPMP_OP_PG_OFF:
		return bpmp_host_pg_change(host, &change);
	default:
		return bpmp_host_clk_undo(host, op);
	}
}

/* Of a clock both rate and parent are left, and that is said once. */
static void leave(struct bpmp_host *host, const struct bpmp_op *op)
{
	bool clk = op->kind == BPMP_OP_CLK_SET_RATE ||
		   op->kind == BPMP_OP_CLK_SET_PARENT;

	if (clk && bpmp_idset_has(&host->left, op->id))
		return;

	atomic64_inc(&host->stats.undo_left);
	dev_notice(host->dev, "%s %u is left as it is: somebody else uses it by now\n",
		   kind_name(op->kind), op->id);
	if (clk)
		bpmp_idset_add(&host->left, op->id);
}

/* What the machine asked for, in the order that the policy knows. */
static void undo_changes(struct bpmp_host *host)
{
	struct bpmp_op op;
	int err;

	while (bpmp_vm_undo_next(&host->policy, &host->vm, &op)) {
		err = undo_op(host, &op);
		trace_bpmp_undo(host->name, &op, err);
		if (err == -EBUSY)
			leave(host, &op);
		else if (err)
			bpmp_host_quarantine(host, op.kind, op.id, err);
		else
			atomic64_inc(&host->stats.undone);
		bpmp_vm_undone(&host->vm, &op);
	}
}

/**
 * bpmp_host_undo() - put everything back
 * @host: the machine; @calls is held for writing, so that no call is under way
 */
void bpmp_host_undo(struct bpmp_host *host)
{
	struct bpmp_host_before *before = &host->before;
	unsigned int i;
	u32 id;
	int err;

	mutex_lock(&host->lock);

	memset(&host->left, 0, sizeof(host->left));
	undo_changes(host);
	for (i = before->count; i > 0; i--) {
		id = before->order[i - 1];
		err = bpmp_host_clk_settle(host, id);
		if (err)
			bpmp_host_quarantine(host, BPMP_OP_CLK_DISABLE, id,
					     err);
	}
	bpmp_host_pg_leave(host);

	bpmp_host_reset_release(host);
	bpmp_claims_release(host, false);
	bpmp_vm_init(&host->vm);
	memset(before, 0, sizeof(*before));

	mutex_unlock(&host->lock);
}
