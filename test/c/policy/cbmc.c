// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proof of the policy with CBMC: for every message, every length and every
 * policy there can be.
 *
 * Nothing is bounded by hand: message, lengths and room are free, the policy
 * is a struct of free bits for all BPMP_POLICY_IDS ids (so classes may even
 * overlap, which bpmp_policy_add_clock() excludes), the state of the VM is free
 * too, and the loops of the code under proof run over a fixed number of words,
 * parents or bytes: cbmc.sh unwinds them wholly and has CBMC assert that. The
 * rules are written here in terms of the raw bytes, not of the decoded fields.
 *
 * CBMC checks array and pointer bounds, overflow, shifts and conversions on
 * the way; cbmc.sh turns these on.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy.h"

/*
 * In place of CBMC's own, which for a length that is not constant fall back on
 * its theory of unbounded arrays: a hundred times slower.
 */
void *memcpy(void *to, const void *from, size_t n)
{
	size_t room = __CPROVER_OBJECT_SIZE(to) - __CPROVER_POINTER_OFFSET(to);

	__CPROVER_assert(n <= room, "memcpy: room");
	for (size_t i = 0; i < n && i < room; i++)
		((u8 *)to)[i] = ((const u8 *)from)[i];

	return to;
}

size_t strnlen(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n && s[i])
		i++;

	return i;
}

u32 nondet_u32(void);
int nondet_int(void);
size_t nondet_size(void);

/* Not initialised: CBMC takes every value into account. */
static struct bpmp_policy any_policy(void)
{
	struct bpmp_policy policy;

	return policy;
}

/* Only the sets: decisions read no other part of the state. */
static void any_vm(struct bpmp_vm *vm)
{
	struct bpmp_idset clk_on, pg_on;

	vm->clk_on = clk_on;
	vm->pg_on = pg_on;
}

static int in_class(const struct bpmp_policy *p, enum bpmp_clk_class class,
		    u32 id)
{
	return id < BPMP_POLICY_IDS &&
	       (p->clk[class].words[id / 64] >> (id % 64) & 1);
}

static int in_set(const struct bpmp_idset *set, u32 id)
{
	return id < BPMP_POLICY_IDS && (set->words[id / 64] >> (id % 64) & 1);
}

static int visible(const struct bpmp_policy *p, u32 id)
{
	return in_class(p, BPMP_CLK_OWN, id) ||
	       in_class(p, BPMP_CLK_SHARED, id) ||
	       in_class(p, BPMP_CLK_ANCESTOR, id);
}

static u32 word(const u8 *tx, u32 at)
{
	return tx[at] | (u32)tx[at + 1] << 8 | (u32)tx[at + 2] << 16 |
	       (u32)tx[at + 3] << 24;
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
					 visible(p, word(tx, 4)),
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
		__CPROVER_assert(in_set(&p->reset, id), "reset: own");
		__CPROVER_assert((cmd == 1 && d->op.kind == BPMP_OP_RESET_ASSERT) ||
				 (cmd == 2 && d->op.kind == BPMP_OP_RESET_DEASSERT) ||
				 (cmd == 3 && d->op.kind == BPMP_OP_RESET_MODULE),
				 "reset: command");
		return;
	}

	__CPROVER_assert(mrq == MRQ_PG, "change: clock, reset or domain");
	__CPROVER_assert(len >= 12, "domain: length");
	__CPROVER_assert(cmd == 1 && in_set(&p->pg, id), "domain: own");
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
		__CPROVER_assert(in_set(&p->pg, word(d->tx, 4)), "forward: own domain");
		__CPROVER_assert(word(d->tx, 4) == word(tx, 4), "forward: as decided");
		return;
	}

	__CPROVER_assert(mrq == MRQ_CLK, "forward: clock or domain");
	cmd = word(d->tx, 0) >> 24;
	id = word(d->tx, 0) & 0xffffff;
	__CPROVER_assert(id == d->id && id == (word(tx, 0) & 0xffffff),
			 "forward: as decided");
	__CPROVER_assert(visible(p, id), "forward: visible clock");
	__CPROVER_assert(cmd == 1 || cmd == 3 || cmd == 4 || cmd == 14 || cmd == 16,
			 "forward: a question");
	__CPROVER_assert(cmd == word(tx, 0) >> 24 ||
			 (cmd == 1 && word(tx, 0) >> 24 == 3),
			 "forward: the question asked");
}

static void decide(u32 mrq)
{
	struct bpmp_policy policy = any_policy();
	struct bpmp_decision d;
	static struct bpmp_vm vm;
	u32 i;
	size_t len = nondet_size(), room = nondet_size();
	u8 frame[BPMP_PAYLOAD_MAX];
	const u8 *tx;

	any_vm(&vm);

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

/* An answer that the firmware gave in the frame, of any status and length. */
static void filter(const struct bpmp_policy *policy, struct bpmp_decision *d,
		   const u8 *rx, size_t len)
{
	int status = nondet_int(), ret = nondet_int();
	u32 i;

	d->verdict = BPMP_FORWARD;
	__CPROVER_assume(d->rx_room <= BPMP_PAYLOAD_MAX);
	bpmp_policy_filter(policy, d, status, ret, rx, len);

	__CPROVER_assert(d->answer.status <= 0 && d->answer.ret <= 0, "codes");
	__CPROVER_assert((status >= 0 && ret >= 0) || d->answer.rx_size == 0,
			 "an error carries no payload");
	__CPROVER_assert(d->answer.rx_size <= d->rx_room &&
			 d->answer.rx_size <= d->rx_size, "cut to size and room");
	__CPROVER_assume(i < BPMP_PAYLOAD_MAX);
	__CPROVER_assert(i < d->answer.rx_size || d->answer.rx[i] == 0,
			 "zero past the answer");
}

/* Each byte of the VM's answer is one that the firmware wrote, or zero. */
static void filter_plain(u32 mrq, u32 cmd, u32 rx_size)
{
	struct bpmp_policy policy = any_policy();
	struct bpmp_decision d;
	size_t len = nondet_size();
	u8 frame[BPMP_PAYLOAD_MAX];
	const u8 *rx;
	u32 i, parent;

	/* What decide() promises of a FORWARD: proven above. */
	d.mrq = mrq;
	d.cmd = cmd;
	d.rx_size = rx_size;
	__CPROVER_assume(len <= BPMP_PAYLOAD_MAX);
	rx = frame + BPMP_PAYLOAD_MAX - len;

	filter(&policy, &d, rx, len);

	__CPROVER_assume(i < BPMP_PAYLOAD_MAX);
	__CPROVER_assert(d.answer.rx[i] == 0 ||
			 (i < len && d.answer.rx[i] == rx[i]),
			 "answered bytes only");
	if (mrq == MRQ_CLK && cmd == CMD_CLK_GET_PARENT &&
	    d.answer.rx_size >= 4) {
		memcpy(&parent, d.answer.rx, 4);
		__CPROVER_assert(visible(&policy, parent),
				 "the parent is visible");
	}
}

void prove_filter(void)
{
	filter_plain(MRQ_CLK, CMD_CLK_GET_RATE, 8);
	filter_plain(MRQ_CLK, CMD_CLK_ROUND_RATE, 8);
	filter_plain(MRQ_CLK, CMD_CLK_GET_PARENT, 4);
	filter_plain(MRQ_CLK, CMD_CLK_GET_FMAX_AT_VMIN, 8);
	filter_plain(MRQ_PG, CMD_PG_GET_NAME, MRQ_PG_NAME_MAXLEN);
}

void prove_all_info(void)
{
	struct bpmp_policy policy = any_policy();
	struct cmd_clk_get_all_info_response info;
	struct bpmp_decision d;
	size_t len = nondet_size();
	u8 rx[BPMP_PAYLOAD_MAX];
	u32 k;

	d.mrq = MRQ_CLK;
	d.cmd = CMD_CLK_GET_ALL_INFO;
	d.rx_size = sizeof(info);
	__CPROVER_assume(len <= BPMP_PAYLOAD_MAX);

	filter(&policy, &d, rx, len);
	if (d.answer.rx_size < sizeof(info))
		return;

	memcpy(&info, d.answer.rx, sizeof(info));
	__CPROVER_assert(info.num_parents <= MRQ_CLK_MAX_PARENTS, "16 parents");
	__CPROVER_assume(k < MRQ_CLK_MAX_PARENTS);
	__CPROVER_assert(k < info.num_parents ? visible(&policy, info.parents[k]) :
			 info.parents[k] == 0, "all parents are visible");
	__CPROVER_assert(info.parent == 0 || visible(&policy, info.parent),
			 "the parent is visible");
	for (k = 0; k < MRQ_CLK_NAME_MAXLEN; k++)
		__CPROVER_assert(info.name[k] == 0 ||
				 (69 + k < len && info.name[k] == rx[69 + k]),
				 "answered bytes of the name only");
	__CPROVER_assert(info.name[MRQ_CLK_NAME_MAXLEN - 1] == 0, "the name ends");
	__CPROVER_assert(in_class(&policy, BPMP_CLK_OWN, d.id) ||
			 (info.flags >> 30 & 1), "rate and parent denied");
	__CPROVER_assert(in_class(&policy, BPMP_CLK_OWN, d.id) ||
			 in_class(&policy, BPMP_CLK_SHARED, d.id) ||
			 info.flags >> 30 == 3, "state denied");
}

void prove_finish(void)
{
	struct bpmp_decision d;
	int err = nondet_int();
	s64 value;
	u32 i;

	d.verdict = BPMP_CHANGE;
	__CPROVER_assume(d.op.kind <= BPMP_OP_PG_OFF);
	__CPROVER_assume(d.rx_room <= BPMP_PAYLOAD_MAX);
	bpmp_policy_finish(&d, err, value);

	__CPROVER_assert(d.answer.rx_size <= d.rx_room && d.answer.rx_size <= 8,
			 "cut to size and room");
	__CPROVER_assert(err >= 0 || d.answer.status < 0 || d.answer.ret < 0,
			 "a failure is one");
	__CPROVER_assume(i < BPMP_PAYLOAD_MAX);
	__CPROVER_assert(i < d.answer.rx_size || d.answer.rx[i] == 0,
			 "zero past the answer");
}
