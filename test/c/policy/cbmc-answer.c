// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proof, with CBMC, of what a VM reads: for every answer of the firmware, of
 * every status and length, and for every policy (cbmc-lists.c).
 */
#include "cbmc.h"

/* A policy is asked nothing but classes: any pointer will do. */
static const struct bpmp_policy *const policy;

/* An answer that the firmware gave in the frame, of any status and length. */
static void filter(struct bpmp_decision *d, const u8 *rx, size_t len)
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

/* A request whose answer is handed on as it is; the longest is a name. */
static void any_plain(struct bpmp_decision *d)
{
	__CPROVER_assume(d->mrq != MRQ_CLK || d->cmd != CMD_CLK_GET_ALL_INFO);
	__CPROVER_assume(d->rx_size <= MRQ_PG_NAME_MAXLEN);
}

/* Each byte of the VM's answer is one that the firmware wrote, or zero. */
void prove_filter(void)
{
	struct bpmp_decision d;
	size_t len = nondet_size();
	u8 rx[BPMP_PAYLOAD_MAX];
	u32 i;

	any_plain(&d);
	__CPROVER_assume(len <= BPMP_PAYLOAD_MAX);
	filter(&d, rx, len);

	for (i = 0; i < MRQ_PG_NAME_MAXLEN; i++)
		__CPROVER_assert(d.answer.rx[i] == 0 ||
				 (i < len && d.answer.rx[i] == rx[i]),
				 "answered bytes only");
	for (i = 1; i < MRQ_PG_NAME_MAXLEN; i++)
		__CPROVER_assert(d.mrq != MRQ_PG || d.answer.rx[i] == 0 ||
				 d.answer.rx[i - 1] != 0,
				 "nothing behind a name");
	if (d.mrq == MRQ_CLK && d.cmd == CMD_CLK_GET_PARENT &&
	    d.answer.rx_size >= 4)
		__CPROVER_assert(bpmp_policy_clk_visible(policy,
							 word(d.answer.rx, 0)),
				 "the parent is visible");
}

/* No byte past the answer is read: here memory ends where the answer does. */
void prove_filter_end(void)
{
	struct bpmp_decision d;
	size_t len = nondet_size();
	u8 frame[BPMP_PAYLOAD_MAX];

	any_plain(&d);
	__CPROVER_assume(len <= BPMP_PAYLOAD_MAX);
	bpmp_policy_filter(policy, &d, nondet_int(), nondet_int(),
			   frame + BPMP_PAYLOAD_MAX - len, len);
}

void prove_all_info(void)
{
	struct cmd_clk_get_all_info_response info;
	enum bpmp_clk_class class;
	struct bpmp_decision d;
	size_t len = nondet_size();
	u8 rx[BPMP_PAYLOAD_MAX];
	u32 k;

	d.mrq = MRQ_CLK;
	d.cmd = CMD_CLK_GET_ALL_INFO;
	d.rx_size = sizeof(info);
	__CPROVER_assume(len <= BPMP_PAYLOAD_MAX);

	filter(&d, rx, len);
	if (d.answer.rx_size < sizeof(info))
		return;

	memcpy(&info, d.answer.rx, sizeof(info));
	__CPROVER_assert(info.num_parents <= MRQ_CLK_MAX_PARENTS, "16 parents");
	for (k = 0; k < MRQ_CLK_MAX_PARENTS; k++)
		__CPROVER_assert(k < info.num_parents ?
				 bpmp_policy_clk_visible(policy, info.parents[k]) :
				 info.parents[k] == 0, "all parents are visible");
	__CPROVER_assert(info.parent == 0 ||
			 bpmp_policy_clk_visible(policy, info.parent),
			 "the parent is visible");

	for (k = 0; k < MRQ_CLK_NAME_MAXLEN; k++) {
		size_t at = offsetof(struct cmd_clk_get_all_info_response, name) + k;

		__CPROVER_assert(info.name[k] == 0 ||
				 (at < len && info.name[k] == rx[at]),
				 "answered bytes of the name only");
	}
	__CPROVER_assert(info.name[MRQ_CLK_NAME_MAXLEN - 1] == 0, "the name ends");

	class = bpmp_policy_clk_class(policy, d.id);
	__CPROVER_assert(class == BPMP_CLK_OWN || (info.flags >> 30 & 1),
			 "rate and parent denied");
	__CPROVER_assert(class == BPMP_CLK_OWN || class == BPMP_CLK_SHARED ||
			 info.flags >> 30 == 3, "state denied");
}

void prove_finish(void)
{
	struct bpmp_decision d;
	int err = nondet_int();
	s64 value;
	u32 i;

	d.verdict = BPMP_CHANGE;
	d.op.kind = nondet_u32() % (BPMP_OP_PG_OFF + 1);
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
