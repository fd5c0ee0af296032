// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hostile VM against policy, answer filter and undo.
 *
 * An input is a policy and a list of requests. After each request, and after
 * the undo, the rules of docs/policy.md are checked against the state of a
 * small firmware (firmware.c), not against what the policy says of itself.
 */
#include <stdio.h>
#include <stdlib.h>

#include <errno.h>
#include <string.h>

#include "firmware.h"

/* What a frame holds before the firmware writes its answer. */
#define POISON	0xa5

#define require(cond) do {						\
	if (!(cond)) {							\
		fprintf(stderr, "broken rule, %s:%d: %s\n", __FILE__,	\
			__LINE__, #cond);				\
		abort();						\
	}								\
} while (0)

struct input {
	const u8 *at;
	const u8 *end;
};

static u8 take(struct input *in)
{
	return in->at < in->end ? *in->at++ : 0;
}

/* The lists as the administrator wrote them: what is checked against. */
struct lists {
	u8 own[FW_IDS];
	u8 shared[FW_IDS];
	u8 reset[FW_IDS];
	u8 pg[FW_IDS];
};

/* Large, and the same for each input: not on the stack. */
static struct bpmp_policy policy;
static struct bpmp_vm vm;

/* A clock that can feed one that is not own cannot be own: found anew here. */
static void demote(struct lists *lists)
{
	u32 parents[MRQ_CLK_MAX_PARENTS], id, n;

	/* What feeds a clock has a higher id: once upwards is enough. */
	for (id = 0; id < FW_IDS; id++) {
		if (lists->own[id] || !firmware_has(id))
			continue;
		n = firmware_parents(id, parents);
		while (n--)
			if (parents[n] < FW_IDS && lists->own[parents[n]]) {
				lists->own[parents[n]] = 0;
				lists->shared[parents[n]] = 1;
			}
	}
}

static void make_policy(struct input *in, struct lists *lists,
			struct firmware *fw)
{
	u32 i, id, n = take(in) % 8;

	memset(lists, 0, sizeof(*lists));
	memset(&policy, 0, sizeof(policy));
	bpmp_vm_init(&vm);

	for (i = 0; i < n; i++) {
		id = take(in) % FW_IDS;
		switch (take(in) % 4) {
		case 0:
			if (!bpmp_policy_add_clock(&policy, id, BPMP_CLK_OWN))
				lists->own[id] = 1;
			break;
		case 1:
			if (!bpmp_policy_add_clock(&policy, id, BPMP_CLK_SHARED))
				lists->shared[id] = 1;
			break;
		case 2:
			bpmp_policy_add_reset(&policy, id);
			lists->reset[id] = 1;
			break;
		case 3:
			bpmp_policy_add_pg(&policy, id);
			lists->pg[id] = 1;
			break;
		}
	}

	require(!bpmp_policy_close(&policy, firmware_info, fw));
	demote(lists);
	for (id = 0; id < FW_IDS; id++)
		if (lists->own[id])
			bpmp_vm_record_clock(&vm, id, firmware_rate(fw, id),
					     fw->parent[id]);
}

/* A request that is likely to get somewhere, with every byte open to change. */
static size_t make_request(struct input *in, u32 *mrq, u8 tx[])
{
	static const u8 mrqs[] = {
		MRQ_CLK, MRQ_CLK, MRQ_CLK, MRQ_RESET, MRQ_PG, MRQ_PING,
		MRQ_QUERY_ABI, MRQ_QUERY_FW_TAG
	};
	u8 shape = take(in), cmd = take(in);
	u32 id = take(in), i;
	size_t len;

	memset(tx, 0, BPMP_PAYLOAD_MAX);
	*mrq = shape & 0x80 ? take(in) : mrqs[shape % sizeof(mrqs)];
	if (shape & 0x40)
		id |= (u32)take(in) << 8 | (u32)take(in) << 16;

	if (*mrq == MRQ_CLK) {
		tx[0] = id;
		tx[1] = id >> 8;
		tx[2] = id >> 16;
		tx[3] = cmd;
		for (i = 4; i < 16; i++)
			tx[i] = take(in);
		if (cmd == CMD_CLK_SET_PARENT && !(shape & 0x20))
			memset(tx + 5, 0, 11);
	} else {
		tx[0] = cmd;
		memcpy(tx + 4, &id, 4);
		tx[8] = take(in);
	}

	len = shape & 0x10 ? take(in) % (BPMP_PAYLOAD_MAX + 8) : 16;
	for (i = 16; i < len && i < BPMP_PAYLOAD_MAX; i++)
		tx[i] = POISON ^ i;

	return len;
}

/* Nothing but what the lists allow may differ between two states. */
static void check_change(const struct lists *lists, const struct firmware *old,
			 const struct firmware *now)
{
	u32 id;

	for (id = 0; id < FW_IDS; id++) {
		require(old->on[id] == now->on[id] ||
			lists->own[id] || lists->shared[id]);
		require(firmware_rate(old, id) == firmware_rate(now, id) ||
			lists->own[id]);
		require(old->parent[id] == now->parent[id] || lists->own[id]);
		require(old->deasserted[id] == now->deasserted[id] ||
			lists->reset[id]);
		require(old->powered[id] == now->powered[id] || lists->pg[id]);
	}
}

/* A visible clock never names one that looks like a hole. */
static void check_all_info(const struct bpmp_answer *a)
{
	struct cmd_clk_get_all_info_response info;
	struct bpmp_decision d;
	u32 i, word;

	memcpy(&info, a->rx, sizeof(info));
	if (!info.name[0])
		return;

	require(info.num_parents <= MRQ_CLK_MAX_PARENTS);
	for (i = 0; i < info.num_parents; i++) {
		word = CMD_CLK_GET_ALL_INFO << 24 | info.parents[i];
		bpmp_policy_decide(&policy, &vm, MRQ_CLK, &word, sizeof(word),
				   BPMP_PAYLOAD_MAX, &d);
		require(info.parents[i] < 1U << 24 && d.verdict == BPMP_FORWARD);
	}
}

/* A change is the one asked for: whole request, every bit of its id. */
static void check_op(u32 mrq, const u8 *tx, size_t len, const struct bpmp_op *op)
{
	u32 word, id;

	memcpy(&word, tx, 4);
	memcpy(&id, tx + 4, 4);
	if (mrq == MRQ_CLK)
		id = word & 0xffffff;
	require(op->id == id);

	switch (op->kind) {
	case BPMP_OP_CLK_SET_RATE:
		require(len >= 16);
		break;
	case BPMP_OP_PG_ON:
	case BPMP_OP_PG_OFF:
		require(len >= 12);
		break;
	case BPMP_OP_CLK_ENABLE:
	case BPMP_OP_CLK_DISABLE:
		require(len >= 4);
		break;
	default:
		require(len >= 8);
	}
}

/* What the driver does with a request, plus the checks. */
static void one_request(struct input *in, const struct lists *lists,
			struct firmware *fw)
{
	u8 tx[BPMP_PAYLOAD_MAX], rx[BPMP_PAYLOAD_MAX];
	struct firmware before = *fw;
	struct bpmp_decision d;
	size_t len, room;
	u32 mrq, i;
	int err;

	len = make_request(in, &mrq, tx);
	room = take(in) % (BPMP_PAYLOAD_MAX + 8);

	bpmp_policy_decide(&policy, &vm, mrq, tx, len, room, &d);

	switch (d.verdict) {
	case BPMP_FORWARD:
		require(d.tx_size == BPMP_PAYLOAD_MAX);
		for (i = 16; i < BPMP_PAYLOAD_MAX; i++)
			require(d.tx[i] == 0);
		memset(rx, POISON, sizeof(rx));
		err = firmware_request(fw, d.mrq, d.tx, rx);
		/* A question changes nothing, on whatever clock. */
		require(!memcmp(fw, &before, sizeof(before)));
		/* The kernel hands over rx_size bytes of the frame. */
		bpmp_policy_filter(&policy, &d, 0, err, rx, d.rx_size);
		if (d.mrq == MRQ_CLK && d.cmd == CMD_CLK_GET_ALL_INFO &&
		    d.answer.rx_size == sizeof(struct cmd_clk_get_all_info_response))
			check_all_info(&d.answer);
		break;

	case BPMP_CHANGE:
		check_op(mrq, tx, len, &d.op);
		err = firmware_change(fw, &d.op);
		bpmp_vm_apply(&policy, &vm, &d.op, !err);
		bpmp_policy_finish(&d, err, d.op.value);
		break;

	case BPMP_ANSWER:
	case BPMP_REFUSE:
		break;
	}

	check_change(lists, &before, fw);

	require(len <= BPMP_PAYLOAD_MAX || d.verdict == BPMP_REFUSE);
	require(d.verdict != BPMP_REFUSE || d.answer.status < 0);
	require(d.answer.status <= 0 && d.answer.ret <= 0);
	require(d.answer.rx_size <= room || d.answer.rx_size == 0);
	require(!d.answer.rx_size || (!d.answer.status && !d.answer.ret));
	for (i = d.answer.rx_size; i < BPMP_PAYLOAD_MAX; i++)
		require(d.answer.rx[i] == 0);
	/* Names are shorter than their field: the frame's rest must be gone. */
	if (d.mrq == MRQ_CLK || d.mrq == MRQ_PG)
		for (i = 0; i < d.answer.rx_size; i++)
			require(d.answer.rx[i] != POISON ||
				(d.mrq == MRQ_CLK &&
				 (d.cmd == CMD_CLK_GET_RATE ||
				  d.cmd == CMD_CLK_ROUND_RATE ||
				  d.cmd == CMD_CLK_SET_RATE ||
				  d.cmd == CMD_CLK_GET_FMAX_AT_VMIN)));
}

static void undo(struct firmware *fw)
{
	struct bpmp_op op;
	u32 steps = 0;

	while (bpmp_vm_undo_next(&policy, &vm, &op)) {
		require(++steps <= 5 * FW_IDS);
		/* While the clocks run: no reset after the first disable. */
		require(!firmware_change(fw, &op));
		bpmp_vm_undone(&vm, &op);
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { .at = data, .end = data + size };
	struct firmware fw, first;
	struct lists lists;

	firmware_init(&fw);
	first = fw;
	make_policy(&in, &lists, &fw);

	while (in.at < in.end)
		one_request(&in, &lists, &fw);

	undo(&fw);
	require(!memcmp(&fw, &first, sizeof(first)));

	return 0;
}
