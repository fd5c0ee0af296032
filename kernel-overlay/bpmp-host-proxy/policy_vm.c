// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a virtual machine has done so far, and in which order it is put back.
 */

#include <linux/string.h>

#include "policy.h"

void bpmp_vm_init(struct bpmp_vm *vm)
{
	u32 id;

	memset(vm, 0, sizeof(*vm));
	for (id = 0; id < BPMP_POLICY_IDS; id++)
		vm->parent[id] = BPMP_NO_CLOCK;
}

void bpmp_vm_record_clock(struct bpmp_vm *vm, u32 id, s64 rate, u32 parent)
{
	if (id >= BPMP_POLICY_IDS)
		return;

	vm->rate[id] = rate;
	vm->parent[id] = parent;
}

static void vm_clk_on(struct bpmp_vm *vm, u32 id)
{
	if (id >= BPMP_POLICY_IDS || bpmp_idset_has(&vm->clk_on, id) ||
	    vm->clk_count >= BPMP_POLICY_IDS)
		return;

	bpmp_idset_add(&vm->clk_on, id);
	vm->clk_order[vm->clk_count++] = id;
}

static void vm_clk_off(struct bpmp_vm *vm, u32 id)
{
	u32 from, to = 0;

	bpmp_idset_del(&vm->clk_on, id);
	for (from = 0; from < vm->clk_count; from++)
		if (vm->clk_order[from] != id)
			vm->clk_order[to++] = vm->clk_order[from];
	vm->clk_count = to;
}

/*
 * A new parent brings another rate, and for a new rate the firmware may pick
 * another parent: both go back, as far as they are known.
 */
static void vm_clk_moved(struct bpmp_vm *vm, u32 id)
{
	if (vm->parent[id] != BPMP_NO_CLOCK)
		bpmp_idset_add(&vm->clk_parent_changed, id);
	if (vm->rate[id] > 0)
		bpmp_idset_add(&vm->clk_rate_changed, id);
}

static void vm_clk_changed(const struct bpmp_policy *policy, struct bpmp_vm *vm,
			   u32 id)
{
	u32 other;

	if (id >= BPMP_POLICY_IDS)
		return;

	vm_clk_moved(vm, id);
	for (other = 0; other < BPMP_POLICY_IDS; other++)
		if (policy->rank[other] < policy->rank[id])
			vm_clk_moved(vm, other);
}

void bpmp_vm_apply(const struct bpmp_policy *policy, struct bpmp_vm *vm,
		   const struct bpmp_op *op, bool ok)
{
	switch (op->kind) {
	case BPMP_OP_CLK_ENABLE:
		if (ok)
			vm_clk_on(vm, op->id);
		break;

	case BPMP_OP_CLK_DISABLE:
		if (ok)
			vm_clk_off(vm, op->id);
		break;

	case BPMP_OP_CLK_SET_RATE:
	case BPMP_OP_CLK_SET_PARENT:
		vm_clk_changed(policy, vm, op->id);
		break;

	case BPMP_OP_RESET_ASSERT:
		/* That is where the undo would take it. */
		if (ok)
			bpmp_idset_del(&vm->reset_deasserted, op->id);
		break;

	case BPMP_OP_RESET_DEASSERT:
	case BPMP_OP_RESET_MODULE:
		bpmp_idset_add(&vm->reset_deasserted, op->id);
		break;

	case BPMP_OP_PG_ON:
		if (ok)
			bpmp_idset_add(&vm->pg_on, op->id);
		break;

	case BPMP_OP_PG_OFF:
		if (ok)
			bpmp_idset_del(&vm->pg_on, op->id);
		break;

	case BPMP_OP_NONE:
		break;
	}
}

/* Of the clocks in @set the one that feeds the most others. */
static u32 topmost(const struct bpmp_policy *policy,
		   const struct bpmp_idset *set)
{
	struct bpmp_idset left = *set;
	u32 best = bpmp_idset_first(&left);
	u32 id = best;

	while (id < BPMP_POLICY_IDS) {
		if (policy->rank[id] > policy->rank[best])
			best = id;
		bpmp_idset_del(&left, id);
		id = bpmp_idset_first(&left);
	}

	return best;
}

bool bpmp_vm_undo_next(const struct bpmp_policy *policy,
		       const struct bpmp_vm *vm, struct bpmp_op *op)
{
	memset(op, 0, sizeof(*op));

	op->id = bpmp_idset_first(&vm->reset_deasserted);
	if (op->id < BPMP_POLICY_IDS) {
		op->kind = BPMP_OP_RESET_ASSERT;
		return true;
	}

	if (vm->clk_count > 0 && vm->clk_count <= BPMP_POLICY_IDS) {
		op->kind = BPMP_OP_CLK_DISABLE;
		op->id = vm->clk_order[vm->clk_count - 1];
		return true;
	}

	op->id = topmost(policy, &vm->clk_parent_changed);
	if (op->id < BPMP_POLICY_IDS) {
		op->kind = BPMP_OP_CLK_SET_PARENT;
		op->value = vm->parent[op->id];
		return true;
	}

	op->id = topmost(policy, &vm->clk_rate_changed);
	if (op->id < BPMP_POLICY_IDS) {
		op->kind = BPMP_OP_CLK_SET_RATE;
		op->value = vm->rate[op->id];
		return true;
	}

	op->id = bpmp_idset_first(&vm->pg_on);
	if (op->id < BPMP_POLICY_IDS) {
		op->kind = BPMP_OP_PG_OFF;
		return true;
	}

	return false;
}

void bpmp_vm_undone(struct bpmp_vm *vm, const struct bpmp_op *op)
{
	switch (op->kind) {
	case BPMP_OP_RESET_ASSERT:
		bpmp_idset_del(&vm->reset_deasserted, op->id);
		break;
	case BPMP_OP_CLK_SET_PARENT:
		bpmp_idset_del(&vm->clk_parent_changed, op->id);
		break;
	case BPMP_OP_CLK_SET_RATE:
		bpmp_idset_del(&vm->clk_rate_changed, op->id);
		break;
	case BPMP_OP_CLK_DISABLE:
		vm_clk_off(vm, op->id);
		break;
	case BPMP_OP_PG_OFF:
		bpmp_idset_del(&vm->pg_on, op->id);
		break;
	default:
		break;
	}
}
