// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a virtual machine may ask of the BPMP: see policy.h for the interface
 * and docs/policy.md for the reasons.
 *
 * This file decides. policy_ids.c knows which ids the machine sees, policy_vm.c
 * what it has done and how that is undone, policy_answer.c what of an answer it
 * may read.
 *
 * Every request is decoded with the full width of its fields, checked for its
 * minimum length first, and then looked up. What is not named here is refused.
 * The ABI structs are used as they are: the BPMP driver depends on
 * !CPU_BIG_ENDIAN.
 */

#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/nospec.h>
#include <linux/string.h>

#include "policy.h"

/* struct mrq_clk_request, cmd_and_id */
#define CLK_CMD			GENMASK(31, 24)
#define CLK_ID			GENMASK(23, 0)

/* To the VM this policy is the firmware; the real one's version stays hidden. */
#define FIRMWARE_TAG		"bpmp-virt"

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
			end = max(end, bpmp_idset_end(&policy->clk[class]));
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
		if (!bpmp_policy_clk_visible(policy, parent))
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
	rule = &clk_rules[array_index_nospec(d->cmd, ARRAY_SIZE(clk_rules))];
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
		end = bpmp_idset_end(&policy->reset);
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
		end = bpmp_idset_end(&policy->pg);
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
