// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a virtual machine may ask of the BPMP: see policy.h for the interface
 * and docs/policy.md for the reasons.
 *
 * Every request is decoded with the full width of its fields, checked for its
 * minimum length first, and then looked up. What is not named here is refused.
 * The ABI structs are used as they are: the BPMP driver depends on
 * !CPU_BIG_ENDIAN.
 */

#include <linux/bitfield.h>
#include <linux/bitops.h>
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "policy.h"

/* struct mrq_clk_request, cmd_and_id */
#define CLK_CMD			GENMASK(31, 24)
#define CLK_ID			GENMASK(23, 0)

/* To the VM this policy is the firmware; the real one's version stays hidden. */
#define FIRMWARE_TAG		"bpmp-virt"

/* Deeper clock trees than this are loops; real ones have about ten levels. */
#define RANK_MAX		63

bool bpmp_idset_has(const struct bpmp_idset *set, u32 id)
{
	return id < BPMP_POLICY_IDS && (set->words[id / 64] >> (id % 64) & 1);
}

void bpmp_idset_add(struct bpmp_idset *set, u32 id)
{
	if (id < BPMP_POLICY_IDS)
		set->words[id / 64] |= 1ULL << (id % 64);
}

void bpmp_idset_del(struct bpmp_idset *set, u32 id)
{
	if (id < BPMP_POLICY_IDS)
		set->words[id / 64] &= ~(1ULL << (id % 64));
}

u32 bpmp_idset_count(const struct bpmp_idset *set)
{
	u32 i, n = 0;

	for (i = 0; i < ARRAY_SIZE(set->words); i++)
		n += hweight64(set->words[i]);

	return n;
}

/* One more than the highest id of the set, 0 where it is empty. */
static u32 idset_end(const struct bpmp_idset *set)
{
	u32 i = ARRAY_SIZE(set->words);

	while (i--)
		if (set->words[i])
			return i * 64 + fls64(set->words[i]);

	return 0;
}

/* The lowest id of the set, or BPMP_POLICY_IDS where it is empty. */
static u32 idset_first(const struct bpmp_idset *set)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(set->words); i++)
		if (set->words[i])
			return i * 64 + __ffs64(set->words[i]);

	return BPMP_POLICY_IDS;
}

enum bpmp_clk_class bpmp_policy_clk_class(const struct bpmp_policy *policy,
					  u32 id)
{
	if (bpmp_idset_has(&policy->clk[BPMP_CLK_OWN], id))
		return BPMP_CLK_OWN;
	if (bpmp_idset_has(&policy->clk[BPMP_CLK_SHARED], id))
		return BPMP_CLK_SHARED;
	if (bpmp_idset_has(&policy->clk[BPMP_CLK_ANCESTOR], id))
		return BPMP_CLK_ANCESTOR;

	return BPMP_CLK_FOREIGN;
}

static bool clk_visible(const struct bpmp_policy *policy, u32 id)
{
	return bpmp_policy_clk_class(policy, id) != BPMP_CLK_FOREIGN;
}

int bpmp_policy_add_clock(struct bpmp_policy *policy, u32 id,
			  enum bpmp_clk_class class)
{
	if (id >= BPMP_POLICY_IDS)
		return -ERANGE;
	if (clk_visible(policy, id))
		return -EEXIST;

	bpmp_idset_add(&policy->clk[class], id);

	return 0;
}

int bpmp_policy_add_reset(struct bpmp_policy *policy, u32 id)
{
	if (id >= BPMP_POLICY_IDS)
		return -ERANGE;

	bpmp_idset_add(&policy->reset, id);

	return 0;
}

int bpmp_policy_add_pg(struct bpmp_policy *policy, u32 id)
{
	if (id >= BPMP_POLICY_IDS)
		return -ERANGE;

	bpmp_idset_add(&policy->pg, id);

	return 0;
}

/*
 * Make the parents of clock @id visible and rank them above it. Whatever is
 * new or has risen is queued, to carry the change further up.
 */
static void close_parents(struct bpmp_policy *policy,
			  struct bpmp_idset *queue, u32 id,
			  const struct cmd_clk_get_all_info_response *info)
{
	u32 count = min_t(u32, info->num_parents, MRQ_CLK_MAX_PARENTS);
	u8 rank = min_t(u8, policy->rank[id] + 1, RANK_MAX);
	u32 i;

	for (i = 0; i < count; i++) {
		u32 parent = info->parents[i];

		if (parent >= BPMP_POLICY_IDS)
			continue;

		if (!clk_visible(policy, parent))
			bpmp_idset_add(&policy->clk[BPMP_CLK_ANCESTOR], parent);
		else if (policy->rank[parent] >= rank)
			continue;

		policy->rank[parent] = rank;
		bpmp_idset_add(queue, parent);
	}
}

int bpmp_policy_close(struct bpmp_policy *policy, bpmp_clk_info_fn get_info,
		      void *ctx)
{
	struct cmd_clk_get_all_info_response info;
	struct bpmp_idset gone = {}, queue;
	u32 class, id, i;
	int err;

	/* The caller may try again after a failure: nothing of that one stays. */
	memset(&policy->clk[BPMP_CLK_ANCESTOR], 0, sizeof(queue));
	memset(policy->rank, 0, sizeof(policy->rank));

	for (i = 0; i < ARRAY_SIZE(queue.words); i++)
		queue.words[i] = policy->clk[BPMP_CLK_OWN].words[i] |
				 policy->clk[BPMP_CLK_SHARED].words[i];

	while ((id = idset_first(&queue)) < BPMP_POLICY_IDS) {
		bpmp_idset_del(&queue, id);

		memset(&info, 0, sizeof(info));
		err = get_info(ctx, id, &info);
		if (err < 0)
			return err;

		if (info.name[0])
			close_parents(policy, &queue, id, &info);
		else
			bpmp_idset_add(&gone, id);
	}

	/* Only now: a clock taken out at once would be found again and again. */
	for (class = 0; class < BPMP_CLK_CLASSES; class++)
		for (i = 0; i < ARRAY_SIZE(gone.words); i++)
			policy->clk[class].words[i] &= ~gone.words[i];

	return 0;
}

/* ---- State of a VM, and its undo ---- */

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
static void vm_clk_changed(struct bpmp_vm *vm, u32 id)
{
	if (id >= BPMP_POLICY_IDS)
		return;

	if (vm->parent[id] != BPMP_NO_CLOCK)
		bpmp_idset_add(&vm->clk_parent_changed, id);
	if (vm->rate[id] > 0)
		bpmp_idset_add(&vm->clk_rate_changed, id);
}

void bpmp_vm_apply(struct bpmp_vm *vm, const struct bpmp_op *op, bool ok)
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
		vm_clk_changed(vm, op->id);
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
	u32 best = idset_first(&left);
	u32 id = best;

	while (id < BPMP_POLICY_IDS) {
		if (policy->rank[id] > policy->rank[best])
			best = id;
		bpmp_idset_del(&left, id);
		id = idset_first(&left);
	}

	return best;
}

bool bpmp_vm_undo_next(const struct bpmp_policy *policy,
		       const struct bpmp_vm *vm, struct bpmp_op *op)
{
	memset(op, 0, sizeof(*op));

	op->id = idset_first(&vm->reset_deasserted);
	if (op->id < BPMP_POLICY_IDS) {
		op->kind = BPMP_OP_RESET_ASSERT;
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

	if (vm->clk_count > 0 && vm->clk_count <= BPMP_POLICY_IDS) {
		op->kind = BPMP_OP_CLK_DISABLE;
		op->id = vm->clk_order[vm->clk_count - 1];
		return true;
	}

	op->id = idset_first(&vm->pg_on);
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

/* ---- Decisions ---- */

static enum bpmp_verdict refuse(struct bpmp_decision *d, int err)
{
	d->verdict = BPMP_REFUSE;
	d->answer.status = err;

	return d->verdict;
}

/* Answer in the firmware's place, with a code and no payload. */
static enum bpmp_verdict answer(struct bpmp_decision *d, int ret)
{
	d->verdict = BPMP_ANSWER;
	d->answer.ret = ret;

	return d->verdict;
}

static enum bpmp_verdict answer_with(struct bpmp_decision *d, const void *rx,
				     size_t rx_len)
{
	d->answer.rx_size = min_t(u32, rx_len, d->rx_room);
	memcpy(d->answer.rx, rx, d->answer.rx_size);

	return answer(d, 0);
}

static enum bpmp_verdict answer_u32(struct bpmp_decision *d, u32 value)
{
	return answer_with(d, &value, sizeof(value));
}

/* An id that is not there: a struct of zeroes, so without a name. */
static enum bpmp_verdict answer_hole(struct bpmp_decision *d, u32 size)
{
	d->answer.rx_size = min(size, d->rx_room);

	return answer(d, 0);
}

static enum bpmp_verdict forward(struct bpmp_decision *d, const void *tx,
				 size_t tx_len, size_t rx_size)
{
	d->verdict = BPMP_FORWARD;
	memcpy(d->tx, tx, tx_len);
	d->tx_size = sizeof(d->tx);
	d->rx_size = rx_size;

	return d->verdict;
}

static enum bpmp_verdict change(struct bpmp_decision *d,
				const struct bpmp_idset *busy,
				enum bpmp_op_kind kind, s64 value)
{
	if (bpmp_idset_has(busy, d->id))
		return refuse(d, -EBUSY);

	d->verdict = BPMP_CHANGE;
	d->op.kind = kind;
	d->op.id = d->id;
	d->op.value = value;

	return d->verdict;
}

/* Decode into a struct of the ABI; what the VM did not send reads as zero. */
static void decode(void *req, size_t size, const void *tx, size_t tx_len)
{
	memset(req, 0, size);
	if (tx_len)
		memcpy(req, tx, min(size, tx_len));
}

/* What happens to a command of MRQ_CLK on a clock of some class. */
enum clk_action {
	DENY,		/* refuse: also what every row and column left out says */
	NO_SUCH,	/* answer as the firmware does for an unknown clock */
	ACCEPT,		/* success, and nothing done */
	LOCAL,		/* answered from policy and state */
	ASK,		/* forward */
	ASK_RATE,	/* forward as GET_RATE: it has the only rate it can have */
	CHANGE,		/* change the state */
};

/* @action is indexed by enum bpmp_clk_class. */
struct clk_rule {
	u8 tx_min;
	u8 rx_size;
	u8 action[BPMP_CLK_CLASSES];
};

#define ALL_INFO	sizeof(struct cmd_clk_get_all_info_response)

/*
 * Minimum lengths: include/soc/tegra/bpmp-abi.h, struct mrq_request.
 * Columns:	bytes of request and answer, { foreign, ancestor, shared, own }
 */
static const struct clk_rule clk_rules[CMD_CLK_MAX] = {
	[CMD_CLK_GET_RATE] = {
		4, 8, { NO_SUCH, ASK, ASK, ASK }
	},
	[CMD_CLK_SET_RATE] = {
		16, 8, { DENY, DENY, DENY, CHANGE }
	},
	[CMD_CLK_ROUND_RATE] = {
		16, 8, { NO_SUCH, DENY, ASK_RATE, ASK }
	},
	[CMD_CLK_GET_PARENT] = {
		4, 4, { NO_SUCH, ASK, ASK, ASK }
	},
	[CMD_CLK_SET_PARENT] = {
		8, 4, { DENY, DENY, DENY, CHANGE }
	},
	[CMD_CLK_IS_ENABLED] = {
		4, 4, { NO_SUCH, LOCAL, LOCAL, LOCAL }
	},
	[CMD_CLK_ENABLE] = {
		4, 0, { DENY, ACCEPT, CHANGE, CHANGE }
	},
	[CMD_CLK_DISABLE] = {
		4, 0, { DENY, ACCEPT, CHANGE, CHANGE }
	},
	[CMD_CLK_GET_ALL_INFO] = {
		4, ALL_INFO, { LOCAL, ASK, ASK, ASK }
	},
	[CMD_CLK_GET_MAX_CLK_ID] = {
		4, 4, { LOCAL, LOCAL, LOCAL, LOCAL }
	},
	[CMD_CLK_GET_FMAX_AT_VMIN] = {
		4, 8, { DENY, DENY, ASK, ASK }
	},
};

/* Answers of MRQ_CLK that need no firmware. */
static enum bpmp_verdict clk_local(const struct bpmp_policy *policy,
				   const struct bpmp_vm *vm,
				   struct bpmp_decision *d)
{
	u32 class, end = 0;

	switch (d->cmd) {
	case CMD_CLK_IS_ENABLED:
		/* Never the physical state: Linux would switch off what is on. */
		return answer_u32(d, bpmp_idset_has(&vm->clk_on, d->id));

	case CMD_CLK_GET_MAX_CLK_ID:
		for (class = 0; class < BPMP_CLK_CLASSES; class++)
			end = max(end, idset_end(&policy->clk[class]));
		return answer_u32(d, end ? end - 1 : 0);

	case CMD_CLK_GET_ALL_INFO:
		return answer_hole(d, ALL_INFO);
	}

	return refuse(d, -EACCES);
}

static enum bpmp_verdict clk_ask(struct bpmp_decision *d, u32 cmd, s64 rate,
				 const struct clk_rule *rule)
{
	struct mrq_clk_request req;

	memset(&req, 0, sizeof(req));
	req.cmd_and_id = FIELD_PREP(CLK_CMD, cmd) | FIELD_PREP(CLK_ID, d->id);
	if (cmd == CMD_CLK_ROUND_RATE)
		req.clk_round_rate.rate = rate;

	return forward(d, &req, sizeof(req), rule->rx_size);
}

static enum bpmp_verdict clk_change(const struct bpmp_policy *policy,
				    const struct bpmp_vm *vm,
				    const struct mrq_clk_request *req,
				    struct bpmp_decision *d)
{
	const struct bpmp_idset *busy = &policy->clk_busy;
	bool on = bpmp_idset_has(&vm->clk_on, d->id);
	u32 parent;

	switch (d->cmd) {
	case CMD_CLK_ENABLE:
		if (on)
			return answer(d, 0);
		return change(d, busy, BPMP_OP_CLK_ENABLE, 0);

	case CMD_CLK_DISABLE:
		if (!on)
			return answer(d, 0);
		return change(d, busy, BPMP_OP_CLK_DISABLE, 0);

	case CMD_CLK_SET_RATE:
		return change(d, busy, BPMP_OP_CLK_SET_RATE,
			      req->clk_set_rate.rate);

	case CMD_CLK_SET_PARENT:
		parent = req->clk_set_parent.parent_id;
		if (!clk_visible(policy, parent))
			return refuse(d, -EACCES);
		return change(d, busy, BPMP_OP_CLK_SET_PARENT, parent);
	}

	return refuse(d, -EACCES);
}

static enum bpmp_verdict decide_clk(const struct bpmp_policy *policy,
				    const struct bpmp_vm *vm, const void *tx,
				    size_t tx_len, struct bpmp_decision *d)
{
	const struct clk_rule *rule;
	struct mrq_clk_request req;
	s64 rate = 0;

	if (tx_len < sizeof(req.cmd_and_id))
		return refuse(d, -EINVAL);

	decode(&req, sizeof(req), tx, tx_len);
	d->cmd = FIELD_GET(CLK_CMD, req.cmd_and_id);
	d->id = FIELD_GET(CLK_ID, req.cmd_and_id);

	if (d->cmd >= ARRAY_SIZE(clk_rules))
		return refuse(d, -EACCES);
	rule = &clk_rules[d->cmd];
	if (!rule->tx_min)
		return refuse(d, -EACCES);
	if (tx_len < rule->tx_min)
		return refuse(d, -EINVAL);

	if (d->cmd == CMD_CLK_SET_RATE || d->cmd == CMD_CLK_ROUND_RATE)
		rate = req.clk_set_rate.rate;

	switch (rule->action[bpmp_policy_clk_class(policy, d->id)]) {
	case NO_SUCH:
		return answer(d, -BPMP_EINVAL);
	case ACCEPT:
		return answer(d, 0);
	case LOCAL:
		return clk_local(policy, vm, d);
	case ASK_RATE:
		return clk_ask(d, CMD_CLK_GET_RATE, 0, rule);
	case ASK:
		if (rate < 0)
			return answer(d, -BPMP_EINVAL);
		return clk_ask(d, d->cmd, rate, rule);
	case CHANGE:
		if (rate < 0)
			return answer(d, -BPMP_EINVAL);
		return clk_change(policy, vm, &req, d);
	}

	return refuse(d, -EACCES);
}

static enum bpmp_verdict decide_reset(const struct bpmp_policy *policy,
				      const void *tx, size_t tx_len,
				      struct bpmp_decision *d)
{
	struct mrq_reset_request req;
	enum bpmp_op_kind kind;
	u32 end;

	if (tx_len < sizeof(req))
		return refuse(d, -EINVAL);

	decode(&req, sizeof(req), tx, tx_len);
	d->cmd = req.cmd;
	d->id = req.reset_id;

	switch (d->cmd) {
	case CMD_RESET_ASSERT:
		kind = BPMP_OP_RESET_ASSERT;
		break;
	case CMD_RESET_DEASSERT:
		kind = BPMP_OP_RESET_DEASSERT;
		break;
	case CMD_RESET_MODULE:
		kind = BPMP_OP_RESET_MODULE;
		break;
	case CMD_RESET_GET_MAX_ID:
		end = idset_end(&policy->reset);
		if (!end)
			return answer(d, -BPMP_ENODEV);
		return answer_u32(d, end - 1);
	default:
		return refuse(d, -EACCES);
	}

	if (!bpmp_idset_has(&policy->reset, d->id))
		return refuse(d, -EACCES);

	return change(d, &policy->reset_busy, kind, 0);
}

static enum bpmp_verdict pg_set_state(const struct bpmp_policy *policy,
				      const struct bpmp_vm *vm, u32 state,
				      struct bpmp_decision *d)
{
	bool on = bpmp_idset_has(&vm->pg_on, d->id);

	if (!bpmp_idset_has(&policy->pg, d->id))
		return refuse(d, -EACCES);

	switch (state) {
	case PG_STATE_OFF:
		if (!on)
			return answer(d, 0);
		return change(d, &policy->pg_busy, BPMP_OP_PG_OFF, 0);
	case PG_STATE_ON:
		if (on)
			return answer(d, 0);
		return change(d, &policy->pg_busy, BPMP_OP_PG_ON, 0);
	default:
		/* PG_STATE_RUNNING is of T186 only, and moves clocks too. */
		return answer(d, -BPMP_EINVAL);
	}
}

static enum bpmp_verdict decide_pg(const struct bpmp_policy *policy,
				   const struct bpmp_vm *vm, const void *tx,
				   size_t tx_len, struct bpmp_decision *d)
{
	struct mrq_pg_request req;
	bool own;
	u32 end;

	if (tx_len < offsetof(struct mrq_pg_request, query_abi))
		return refuse(d, -EINVAL);

	decode(&req, sizeof(req), tx, tx_len);
	d->cmd = req.cmd;
	d->id = req.id;
	own = bpmp_idset_has(&policy->pg, d->id);

	switch (d->cmd) {
	case CMD_PG_QUERY_ABI:
		if (tx_len < sizeof(req))
			return refuse(d, -EINVAL);
		return answer(d, req.query_abi.type <= CMD_PG_GET_MAX_ID ?
			      0 : -BPMP_ENODEV);

	case CMD_PG_SET_STATE:
		if (tx_len < sizeof(req))
			return refuse(d, -EINVAL);
		return pg_set_state(policy, vm, req.set_state.state, d);

	case CMD_PG_GET_STATE:
		if (!own)
			return answer(d, -BPMP_EINVAL);
		return answer_u32(d, bpmp_idset_has(&vm->pg_on, d->id));

	case CMD_PG_GET_NAME:
		if (!own)
			return answer_hole(d, MRQ_PG_NAME_MAXLEN);
		memset(&req, 0, sizeof(req));
		req.cmd = CMD_PG_GET_NAME;
		req.id = d->id;
		return forward(d, &req, sizeof(req), MRQ_PG_NAME_MAXLEN);

	case CMD_PG_GET_MAX_ID:
		end = idset_end(&policy->pg);
		return answer_u32(d, end ? end - 1 : 0);
	}

	return refuse(d, -EACCES);
}

static enum bpmp_verdict decide_ping(const void *tx, size_t tx_len,
				     struct bpmp_decision *d)
{
	struct mrq_ping_request req;

	if (tx_len < sizeof(req))
		return refuse(d, -EINVAL);

	decode(&req, sizeof(req), tx, tx_len);

	return answer_u32(d, req.challenge << 1);
}

static enum bpmp_verdict decide_query_abi(const void *tx, size_t tx_len,
					  struct bpmp_decision *d)
{
	struct mrq_query_abi_request req;

	if (tx_len < sizeof(req))
		return refuse(d, -EINVAL);

	decode(&req, sizeof(req), tx, tx_len);

	switch (req.mrq) {
	case MRQ_PING:
	case MRQ_THREADED_PING:
	case MRQ_RESET:
	case MRQ_CLK:
	case MRQ_QUERY_ABI:
	case MRQ_PG:
	case MRQ_QUERY_FW_TAG:
		return answer_u32(d, 0);
	}

	return answer_u32(d, -BPMP_ENODEV);
}

enum bpmp_verdict bpmp_policy_decide(const struct bpmp_policy *policy,
				     const struct bpmp_vm *vm, u32 mrq,
				     const void *tx, size_t tx_len,
				     size_t rx_room, struct bpmp_decision *d)
{
	static const struct mrq_query_fw_tag_response tag = {
		.tag = FIRMWARE_TAG
	};

	*d = (struct bpmp_decision){ .mrq = mrq };

	if (tx_len > BPMP_PAYLOAD_MAX || rx_room > BPMP_PAYLOAD_MAX)
		return refuse(d, -EINVAL);
	d->rx_room = rx_room;

	switch (mrq) {
	case MRQ_PING:
	case MRQ_THREADED_PING:
		return decide_ping(tx, tx_len, d);
	case MRQ_QUERY_ABI:
		return decide_query_abi(tx, tx_len, d);
	case MRQ_QUERY_FW_TAG:
		return answer_with(d, &tag, sizeof(tag));
	case MRQ_CLK:
		return decide_clk(policy, vm, tx, tx_len, d);
	case MRQ_RESET:
		return decide_reset(policy, tx, tx_len, d);
	case MRQ_PG:
		return decide_pg(policy, vm, tx, tx_len, d);
	}

	/*
	 * MRQ_DEBUG and DEBUGFS write what the lists forbid, QUERY_TAG and
	 * CPU_VHINT carry addresses that the firmware writes to, I2C reaches
	 * the PMIC, STRAP, EMC, BWMGR, ISO and the rest act on the whole chip.
	 */
	return refuse(d, -EACCES);
}

/* ---- Answers ---- */

/*
 * Nothing in it may name a clock that the VM cannot see, and nothing past its
 * fields' ends may be handed on.
 */
static void filter_all_info(const struct bpmp_policy *policy, u32 id,
			    struct cmd_clk_get_all_info_response *info)
{
	u32 count = min_t(u32, info->num_parents, MRQ_CLK_MAX_PARENTS);
	u32 from, to = 0;
	size_t len;

	for (from = 0; from < count; from++)
		if (clk_visible(policy, info->parents[from]))
			info->parents[to++] = info->parents[from];
	info->num_parents = to;
	for (; to < MRQ_CLK_MAX_PARENTS; to++)
		info->parents[to] = 0;

	if (!clk_visible(policy, info->parent))
		info->parent = 0;

	len = strnlen((const char *)info->name, sizeof(info->name) - 1);
	memset(info->name + len, 0, sizeof(info->name) - len);

	switch (bpmp_policy_clk_class(policy, id)) {
	case BPMP_CLK_OWN:
		/* Linux warns where only the second of the two is set. */
		if (info->flags & BPMP_CLK_STATE_CHANGE_DENIED)
			info->flags |= BPMP_CLK_RATE_PARENT_CHANGE_DENIED;
		break;
	case BPMP_CLK_SHARED:
		info->flags |= BPMP_CLK_RATE_PARENT_CHANGE_DENIED;
		break;
	default:
		info->flags |= BPMP_CLK_RATE_PARENT_CHANGE_DENIED |
			       BPMP_CLK_STATE_CHANGE_DENIED;
		break;
	}
}

void bpmp_policy_filter(const struct bpmp_policy *policy,
			struct bpmp_decision *d, int status, int ret,
			const void *rx, size_t rx_len)
{
	struct cmd_clk_get_all_info_response info;
	u8 raw[BPMP_PAYLOAD_MAX] = {};
	u32 parent;

	d->answer = (struct bpmp_answer){};
	d->answer.status = min(status, 0);
	if (status < 0)
		return;

	d->answer.ret = min(ret, 0);
	if (ret < 0 || d->rx_size > sizeof(raw))
		return;

	if (rx_len)
		memcpy(raw, rx, min_t(size_t, rx_len, d->rx_size));

	if (d->mrq == MRQ_CLK && d->cmd == CMD_CLK_GET_ALL_INFO) {
		memcpy(&info, raw, sizeof(info));
		filter_all_info(policy, d->id, &info);
		memcpy(raw, &info, sizeof(info));
	}

	if (d->mrq == MRQ_CLK && d->cmd == CMD_CLK_GET_PARENT) {
		memcpy(&parent, raw, sizeof(parent));
		if (!clk_visible(policy, parent)) {
			d->answer.ret = -BPMP_EINVAL;
			return;
		}
	}

	d->answer.rx_size = min(d->rx_size, d->rx_room);
	memcpy(d->answer.rx, raw, d->answer.rx_size);
}

void bpmp_policy_finish(struct bpmp_decision *d, int err, s64 value)
{
	u8 rx[sizeof(value)] = {};
	u32 size = 0, parent = value;

	d->answer = (struct bpmp_answer){};
	if (err == -EINVAL) {
		d->answer.ret = -BPMP_EINVAL;
		return;
	}
	d->answer.status = min(err, 0);
	if (err < 0)
		return;

	if (d->op.kind == BPMP_OP_CLK_SET_RATE) {
		size = sizeof(struct cmd_clk_set_rate_response);
		memcpy(rx, &value, sizeof(value));
	} else if (d->op.kind == BPMP_OP_CLK_SET_PARENT) {
		size = sizeof(struct cmd_clk_set_parent_response);
		memcpy(rx, &parent, sizeof(parent));
	}

	d->answer.rx_size = min(size, d->rx_room);
	memcpy(d->answer.rx, rx, d->answer.rx_size);
}
