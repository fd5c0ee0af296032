// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proof, with CBMC, of what the policy decides: for every message of every
 * length, every state of the VM and every policy.
 *
 * Nothing is bounded by hand: message, lengths and room are free, lists and
 * state are unknown functions (cbmc-lists.c), and the loops run over a fixed
 * number of bytes: cbmc.sh unwinds them wholly and has CBMC assert that. The
 * rules are written here in terms of the raw bytes, not of the decoded fields.
 *
 * CBMC checks array and pointer bounds, overflow, shifts and conversions on
 * the way; cbmc.sh turns these on.
 */
#include "cbmc.h"

static bool in_class(const struct bpmp_policy *p, enum bpmp_clk_class class,
		     u32 id)
{
	return bpmp_policy_clk_class(p, id) == class;
}

/* A change is one that the message asked for, on an id that allows it. */
static void check_change(const struct bpmp_policy *p, u32 mrq, const u8 *tx,
			 size_t len, const struct bpmp_decision *d)
{
	u32 cmd, id;
	s64 rate;

	if (mrq == MRQ_CLK) {
		__CPROVER_assert(len >= 4, "clock change: length");
		cmd = word(tx, 0) >> 24;
		id = word(tx, 0) & 0xffffff;
		__CPROVER_assert(d->op.id == id, "clock change: all bits of the id");

		switch (d->op.kind) {
		case BPMP_OP_CLK_ENABLE:
		case BPMP_OP_CLK_DISABLE:
			__CPROVER_assert(cmd == (d->op.kind == BPMP_OP_CLK_ENABLE ?
						 7 : 8), "switch: command");
			__CPROVER_assert(in_class(p, BPMP_CLK_OWN, id) ||
					 in_class(p, BPMP_CLK_SHARED, id),
					 "switch: own or shared");
			break;
		case BPMP_OP_CLK_SET_RATE:
			__CPROVER_assert(cmd == 2, "rate: command");
			__CPROVER_assert(len >= 16, "rate: length");
			__CPROVER_assert(in_class(p, BPMP_CLK_OWN, id), "rate: own");
			memcpy(&rate, tx + 8, sizeof(rate));
			__CPROVER_assert(d->op.value == rate && rate >= 0,
					 "rate: as asked");
			break;
		case BPMP_OP_CLK_SET_PARENT:
			__CPROVER_assert(cmd == 5, "parent: command");
			__CPROVER_assert(len >= 8, "parent: length");
			__CPROVER_assert(in_class(p, BPMP_CLK_OWN, id),
					 "parent: own");
			__CPROVER_assert(d->op.value == word(tx, 4) &&
					 bpmp_policy_clk_visible(p, word(tx, 4)),
					 "parent: visible");
			break;
		default:
			__CPROVER_assert(0, "clock change: kind");
		}
		return;
	}

	cmd = word(tx, 0);
	id = word(tx, 4);
	__CPROVER_assert(d->op.id == id, "change: all bits of the id");

	if (mrq == MRQ_RESET) {
		__CPROVER_assert(len >= 8, "reset: length");
		__CPROVER_assert(bpmp_idset_has(&p->reset, id), "reset: own");
		__CPROVER_assert((cmd == 1 && d->op.kind == BPMP_OP_RESET_ASSERT) ||
				 (cmd == 2 && d->op.kind == BPMP_OP_RESET_DEASSERT) ||
				 (cmd == 3 && d->op.kind == BPMP_OP_RESET_MODULE),
				 "reset: command");
		return;
	}

	__CPROVER_assert(mrq == MRQ_PG, "change: clock, reset or domain");
	__CPROVER_assert(len >= 12, "domain: length");
	__CPROVER_assert(cmd == 1 && bpmp_idset_has(&p->pg, id), "domain: own");
	__CPROVER_assert((word(tx, 8) == 0 && d->op.kind == BPMP_OP_PG_OFF) ||
			 (word(tx, 8) == 1 && d->op.kind == BPMP_OP_PG_ON),
			 "domain: state");
}

/* What reaches the firmware is a question, on an id that the VM sees. */
static void check_forward(const struct bpmp_policy *p, u32 mrq, const u8 *tx,
			  const struct bpmp_decision *d)
{
	u32 cmd, id, i;

	__CPROVER_assert(d->mrq == mrq, "forward: the same MRQ");
	__CPROVER_assert(d->tx_size == BPMP_PAYLOAD_MAX, "forward: padded");
	__CPROVER_assume(i >= 16 && i < BPMP_PAYLOAD_MAX);
	__CPROVER_assert(d->tx[i] == 0, "forward: padded with zeroes");

	if (mrq == MRQ_PG) {
		__CPROVER_assert(word(d->tx, 0) == 3, "forward: GET_NAME only");
		__CPROVER_assert(bpmp_idset_has(&p->pg, word(d->tx, 4)), "forward: own domain");
		__CPROVER_assert(word(d->tx, 4) == word(tx, 4), "forward: as decided");
		return;
	}

	__CPROVER_assert(mrq == MRQ_CLK, "forward: clock or domain");
	cmd = word(d->tx, 0) >> 24;
	id = word(d->tx, 0) & 0xffffff;
	__CPROVER_assert(id == d->id && id == (word(tx, 0) & 0xffffff),
			 "forward: as decided");
	__CPROVER_assert(bpmp_policy_clk_visible(p, id), "forward: visible clock");
	__CPROVER_assert(cmd == 1 || cmd == 3 || cmd == 4 || cmd == 14 || cmd == 16,
			 "forward: a question");
	__CPROVER_assert(cmd == word(tx, 0) >> 24 ||
			 (cmd == 1 && word(tx, 0) >> 24 == 3),
			 "forward: the question asked");
}

static void decide(u32 mrq)
{
	static struct bpmp_policy policy;
	static struct bpmp_vm vm;
	struct bpmp_decision d;
	u32 i;
	size_t len = nondet_size(), room = nondet_size();
	u8 frame[BPMP_PAYLOAD_MAX];
	const u8 *tx;

	/* Memory ends where the message does, so that reading past it shows. */
	tx = len <= BPMP_PAYLOAD_MAX ? frame + BPMP_PAYLOAD_MAX - len : frame;

	bpmp_policy_decide(&policy, &vm, mrq, tx, len, room, &d);

	__CPROVER_assert((len <= BPMP_PAYLOAD_MAX && room <= BPMP_PAYLOAD_MAX) ||
			 (d.verdict == BPMP_REFUSE && d.answer.status == -EINVAL),
			 "too long is refused");

	if (d.verdict == BPMP_CHANGE)
		check_change(&policy, mrq, tx, len, &d);
	else
		__CPROVER_assert(d.op.kind == BPMP_OP_NONE, "no change");

	if (d.verdict == BPMP_FORWARD)
		check_forward(&policy, mrq, tx, &d);
	else
		__CPROVER_assert(d.tx_size == 0, "nothing to send");

	__CPROVER_assert(d.answer.status <= 0 && d.answer.ret <= 0, "codes");
	__CPROVER_assert(d.verdict != BPMP_REFUSE || d.answer.status < 0,
			 "a refusal says so");
	__CPROVER_assert(d.answer.rx_size == 0 || d.answer.rx_size <= room,
			 "the answer fits");
	__CPROVER_assume(i < BPMP_PAYLOAD_MAX);
	__CPROVER_assert(i < d.answer.rx_size || d.answer.rx[i] == 0,
			 "zero past the answer");
	__CPROVER_assert(d.answer.rx_size == 0 || d.verdict == BPMP_ANSWER,
			 "no answer before there is one");
}

/* One proof an MRQ is much faster than one of all. */
void prove_clk(void)
{
	decide(MRQ_CLK);
}

void prove_reset(void)
{
	decide(MRQ_RESET);
}

void prove_pg(void)
{
	decide(MRQ_PG);
}

void prove_others(void)
{
	u32 mrq = nondet_u32();

	/*
	 * Not one of the three, which are proven above: without their code
	 * (cbmc.sh takes it out) nothing is left that could send or change.
	 */
	__CPROVER_assume(mrq != MRQ_CLK && mrq != MRQ_RESET && mrq != MRQ_PG);
	decide(mrq);
}
