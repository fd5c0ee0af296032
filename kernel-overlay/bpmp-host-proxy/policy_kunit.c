// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the policy: every command on every kind of id, every length.
 *
 * What is expected is written down a second time here, in the words of
 * docs/policy.md, and not derived from the tables under test.
 */

#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/string.h>

#include "policy.h"

/* One clock of each class; 155 is UARTA on Tegra234. */
#define OWN		155
#define OWN_PARENT	102
#define SHARED		94
#define ANCESTOR	14
#define FOREIGN		5
#define OWN_RESET	100
#define OWN_PG		7

/* A byte that no answer may contain unless the firmware put it there. */
#define POISON		0xa5

struct fixture {
	struct bpmp_policy policy;
	struct bpmp_vm vm;
	struct bpmp_decision d;
	u8 tx[BPMP_PAYLOAD_MAX + 1];
};

static int policy_test_init(struct kunit *test)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	struct bpmp_policy *p;

	KUNIT_ASSERT_NOT_NULL(test, f);
	test->priv = f;
	p = &f->policy;

	bpmp_vm_init(&f->vm);
	KUNIT_ASSERT_EQ(test, bpmp_policy_add_clock(p, OWN, BPMP_CLK_OWN), 0);
	KUNIT_ASSERT_EQ(test, bpmp_policy_add_clock(p, OWN_PARENT, BPMP_CLK_OWN), 0);
	KUNIT_ASSERT_EQ(test, bpmp_policy_add_clock(p, SHARED, BPMP_CLK_SHARED), 0);
	KUNIT_ASSERT_EQ(test, bpmp_policy_add_clock(p, ANCESTOR, BPMP_CLK_ANCESTOR), 0);
	KUNIT_ASSERT_EQ(test, bpmp_policy_add_reset(p, OWN_RESET), 0);
	KUNIT_ASSERT_EQ(test, bpmp_policy_add_pg(p, OWN_PG), 0);

	return 0;
}

static enum bpmp_verdict decide(struct fixture *f, u32 mrq, const void *tx,
				size_t tx_len, size_t rx_room)
{
	return bpmp_policy_decide(&f->policy, &f->vm, mrq, tx, tx_len, rx_room,
				  &f->d);
}

/* A full-length request: @w0 to @w3 and zeroes. */
static enum bpmp_verdict ask(struct fixture *f, u32 mrq, u32 w0, u32 w1, u32 w2,
			     u32 w3)
{
	const u32 words[] = { w0, w1, w2, w3 };

	memset(f->tx, 0, sizeof(f->tx));
	memcpy(f->tx, words, sizeof(words));

	return decide(f, mrq, f->tx, BPMP_PAYLOAD_MAX, BPMP_PAYLOAD_MAX);
}

static enum bpmp_verdict clk(struct fixture *f, u32 cmd, u32 id, u32 parent)
{
	return ask(f, MRQ_CLK, cmd << 24 | id, parent, 0, 0);
}

static enum bpmp_verdict clk_rate(struct fixture *f, u32 cmd, u32 id, s64 rate)
{
	return ask(f, MRQ_CLK, cmd << 24 | id, 0, (u32)rate, (u32)(rate >> 32));
}

/* Do what was decided, as the driver would. */
static void apply(struct fixture *f)
{
	if (f->d.verdict == BPMP_CHANGE)
		bpmp_vm_apply(&f->policy, &f->vm, &f->d.op, true);
}

/*
 * docs/policy.md, MRQ_CLK, a letter a command from 0 on: F forwarded, r
 * forwarded as GET_RATE, L answered here, e answered here with -BPMP_EINVAL, n
 * answered here and nothing done, C change of state, - refused.
 */
static const struct {
	u32 id;
	const char *expect;
} clk_table[] = {
	{ OWN,		"-FCFFCLCn-----FLF" },
	{ SHARED,	"-F-rF-LCn-----FLF" },
	{ ANCESTOR,	"-F--F-Lnn-----FL-" },
	{ FOREIGN,	"-e-ee-e-------LL-" },
	{ OWN + 1,	"-e-ee-e-------LL-" },
	{ 0xffffff,	"-e-ee-e-------LL-" },
};

/* What the decision amounts to, in the letters above. */
static char letter(const struct bpmp_decision *d)
{
	switch (d->verdict) {
	case BPMP_CHANGE:
		return 'C';
	case BPMP_FORWARD:
		return d->tx[3] == d->cmd ? 'F' : 'r';
	case BPMP_ANSWER:
		if (d->answer.ret)
			return 'e';
		return d->answer.rx_size ? 'L' : 'n';
	default:
		return d->answer.status == -EACCES ? '-' : '?';
	}
}

/* H9, H13: all 256 commands on every class of id. */
static void clk_commands_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	u32 i, cmd;

	for (i = 0; i < ARRAY_SIZE(clk_table); i++) {
		const char *expect = clk_table[i].expect;

		for (cmd = 0; cmd < 256; cmd++) {
			clk(f, cmd, clk_table[i].id, OWN_PARENT);
			KUNIT_EXPECT_EQ_MSG(test, letter(&f->d),
					    cmd < strlen(expect) ? expect[cmd] : '-',
					    "command %u on clock %u", cmd,
					    clk_table[i].id);
			KUNIT_EXPECT_EQ(test, f->d.cmd, cmd);
			KUNIT_EXPECT_EQ(test, f->d.id, clk_table[i].id);
		}
	}
}

/* H8: 24 bits of id count, not 12: no alias of a visible id is visible. */
static void clk_aliases_test(struct kunit *test)
{
	static const u32 ids[] = { OWN, SHARED, ANCESTOR };
	struct fixture *f = test->priv;
	u32 i, k, cmd;

	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		for (k = 1; k < 1 << 14; k++) {
			u32 alias = ids[i] + (k << 10);

			for (cmd = 0; cmd < CMD_CLK_MAX; cmd++) {
				clk(f, cmd, alias, OWN_PARENT);
				if (f->d.verdict == BPMP_REFUSE ||
				    f->d.verdict == BPMP_ANSWER)
					continue;
				KUNIT_FAIL(test, "command %u on alias %#x", cmd,
					   alias);
				return;
			}
		}
	}

	/* The parent's id has 32 bits. */
	for (k = 10; k < 32; k++) {
		clk(f, CMD_CLK_SET_PARENT, OWN, OWN_PARENT | 1U << k);
		KUNIT_EXPECT_EQ(test, f->d.answer.status, -EACCES);
	}
}

/* H13: a clock can only be fed by what the VM sees. */
static void clk_set_parent_test(struct kunit *test)
{
	struct fixture *f = test->priv;

	clk(f, CMD_CLK_SET_PARENT, OWN, ANCESTOR);
	KUNIT_EXPECT_EQ(test, f->d.verdict, BPMP_CHANGE);
	KUNIT_EXPECT_EQ(test, f->d.op.kind, BPMP_OP_CLK_SET_PARENT);
	KUNIT_EXPECT_EQ(test, f->d.op.id, OWN);
	KUNIT_EXPECT_EQ(test, f->d.op.value, ANCESTOR);

	clk(f, CMD_CLK_SET_PARENT, OWN, FOREIGN);
	KUNIT_EXPECT_EQ(test, f->d.answer.status, -EACCES);
}

static void clk_set_rate_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	s64 rate;

	clk_rate(f, CMD_CLK_SET_RATE, OWN, 5000000000);
	KUNIT_EXPECT_EQ(test, f->d.verdict, BPMP_CHANGE);
	KUNIT_EXPECT_EQ(test, f->d.op.kind, BPMP_OP_CLK_SET_RATE);
	KUNIT_EXPECT_EQ(test, f->d.op.value, 5000000000);

	bpmp_policy_finish(&f->d, 0, 4999999999);
	KUNIT_EXPECT_EQ(test, f->d.answer.rx_size, 8);
	memcpy(&rate, f->d.answer.rx, sizeof(rate));
	KUNIT_EXPECT_EQ(test, rate, 4999999999);

	clk_rate(f, CMD_CLK_SET_RATE, OWN, -1);
	KUNIT_EXPECT_EQ(test, f->d.verdict, BPMP_ANSWER);
	KUNIT_EXPECT_EQ(test, f->d.answer.ret, -BPMP_EINVAL);
	clk_rate(f, CMD_CLK_ROUND_RATE, OWN, S64_MIN);
	KUNIT_EXPECT_EQ(test, f->d.verdict, BPMP_ANSWER);
	KUNIT_EXPECT_EQ(test, f->d.answer.ret, -BPMP_EINVAL);
}

/* H3, H14: nothing shorter than the ABI's minimum is looked at. */
static const struct {
	u32 mrq;
	u32 word;
	u32 id;
	u32 min;
} min_table[] = {
	{ MRQ_PING, 1, 0, 4 },
	{ MRQ_THREADED_PING, 1, 0, 4 },
	{ MRQ_QUERY_ABI, MRQ_CLK, 0, 4 },
	{ MRQ_QUERY_FW_TAG, 0, 0, 0 },
	{ MRQ_RESET, CMD_RESET_ASSERT, OWN_RESET, 8 },
	{ MRQ_RESET, CMD_RESET_DEASSERT, OWN_RESET, 8 },
	{ MRQ_RESET, CMD_RESET_MODULE, OWN_RESET, 8 },
	{ MRQ_RESET, CMD_RESET_GET_MAX_ID, 0, 8 },
	{ MRQ_PG, CMD_PG_QUERY_ABI, 0, 12 },
	{ MRQ_PG, CMD_PG_SET_STATE, OWN_PG, 12 },
	{ MRQ_PG, CMD_PG_GET_STATE, OWN_PG, 8 },
	{ MRQ_PG, CMD_PG_GET_NAME, OWN_PG, 8 },
	{ MRQ_PG, CMD_PG_GET_MAX_ID, 0, 8 },
	{ MRQ_CLK, CMD_CLK_GET_RATE << 24 | OWN, 0, 4 },
	{ MRQ_CLK, CMD_CLK_SET_RATE << 24 | OWN, 0, 16 },
	{ MRQ_CLK, CMD_CLK_ROUND_RATE << 24 | OWN, 0, 16 },
	{ MRQ_CLK, CMD_CLK_GET_PARENT << 24 | OWN, 0, 4 },
	{ MRQ_CLK, CMD_CLK_SET_PARENT << 24 | OWN, OWN_PARENT, 8 },
	{ MRQ_CLK, CMD_CLK_IS_ENABLED << 24 | OWN, 0, 4 },
	{ MRQ_CLK, CMD_CLK_ENABLE << 24 | OWN, 0, 4 },
	{ MRQ_CLK, CMD_CLK_DISABLE << 24 | OWN, 0, 4 },
	{ MRQ_CLK, CMD_CLK_GET_ALL_INFO << 24 | OWN, 0, 4 },
	{ MRQ_CLK, CMD_CLK_GET_MAX_CLK_ID << 24, 0, 4 },
	{ MRQ_CLK, CMD_CLK_GET_FMAX_AT_VMIN << 24 | OWN, 0, 4 },
};

static void lengths_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	u32 i, len;

	for (i = 0; i < ARRAY_SIZE(min_table); i++) {
		u32 min = min_table[i].min;

		for (len = 0; len <= BPMP_PAYLOAD_MAX; len++) {
			memset(f->tx, 0, sizeof(f->tx));
			memcpy(f->tx, &min_table[i].word, 4);
			memcpy(f->tx + 4, &min_table[i].id, 4);
			decide(f, min_table[i].mrq, len ? f->tx : NULL, len,
			       BPMP_PAYLOAD_MAX);
			KUNIT_EXPECT_EQ_MSG(test, f->d.answer.status,
					    len < min ? -EINVAL : 0,
					    "row %u, %u bytes", i, len);
		}
	}
}

/* H1: whatever is longer than a payload is refused before anything else. */
static void too_long_test(struct kunit *test)
{
	static const size_t lengths[] = { 121, 128, 512, 1024, 1536, SIZE_MAX };
	struct fixture *f = test->priv;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		decide(f, MRQ_PING, f->tx, lengths[i], 4);
		KUNIT_EXPECT_EQ(test, f->d.answer.status, -EINVAL);
		decide(f, MRQ_PING, f->tx, 4, lengths[i]);
		KUNIT_EXPECT_EQ(test, f->d.answer.status, -EINVAL);
	}
}

/* H10, H11, H12 and everything without a name: refused at every length. */
static void mrqs_test(struct kunit *test)
{
	static const u32 known[] = {
		MRQ_PING, MRQ_THREADED_PING, MRQ_RESET, MRQ_CLK, MRQ_QUERY_ABI,
		MRQ_PG, MRQ_QUERY_FW_TAG
	};
	struct fixture *f = test->priv;
	u32 mrq, len, i;
	s32 status;

	for (mrq = 0; mrq < 1024; mrq++) {
		bool expect = false;

		for (i = 0; i < ARRAY_SIZE(known); i++)
			expect |= mrq == known[i];

		ask(f, MRQ_QUERY_ABI, mrq, 0, 0, 0);
		KUNIT_EXPECT_EQ(test, f->d.verdict, BPMP_ANSWER);
		memcpy(&status, f->d.answer.rx, sizeof(status));
		KUNIT_EXPECT_EQ(test, status, expect ? 0 : -BPMP_ENODEV);
		if (expect)
			continue;

		for (len = 0; len <= BPMP_PAYLOAD_MAX; len++) {
			memset(f->tx, len, sizeof(f->tx));
			decide(f, mrq, f->tx, len, BPMP_PAYLOAD_MAX);
			KUNIT_EXPECT_EQ(test, f->d.verdict, BPMP_REFUSE);
			KUNIT_EXPECT_EQ(test, f->d.answer.status, -EACCES);
		}
	}

	for (mrq = 1U << 8; mrq; mrq <<= 1)
		KUNIT_EXPECT_EQ(test, ask(f, mrq | MRQ_CLK, 0, 0, 0, 0), BPMP_REFUSE);
}

/* Probing of a guest: local answers. */
static void local_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	u32 value;

	ask(f, MRQ_PING, 0x40000001, 0, 0, 0);
	memcpy(&value, f->d.answer.rx, sizeof(value));
	KUNIT_EXPECT_EQ(test, value, 0x80000002);

	ask(f, MRQ_QUERY_FW_TAG, 0, 0, 0, 0);
	KUNIT_EXPECT_EQ(test, f->d.answer.rx_size, 32);
	KUNIT_EXPECT_STREQ(test, (char *)f->d.answer.rx, "bpmp-virt");

	clk(f, CMD_CLK_GET_MAX_CLK_ID, 0, 0);
	memcpy(&value, f->d.answer.rx, sizeof(value));
	KUNIT_EXPECT_EQ(test, value, OWN);

	ask(f, MRQ_RESET, CMD_RESET_GET_MAX_ID, 0, 0, 0);
	memcpy(&value, f->d.answer.rx, sizeof(value));
	KUNIT_EXPECT_EQ(test, value, OWN_RESET);

	ask(f, MRQ_PG, CMD_PG_GET_MAX_ID, 0, 0, 0);
	memcpy(&value, f->d.answer.rx, sizeof(value));
	KUNIT_EXPECT_EQ(test, value, OWN_PG);

	/* An answer never exceeds the room, not even a local one. */
	decide(f, MRQ_QUERY_FW_TAG, NULL, 0, 3);
	KUNIT_EXPECT_EQ(test, f->d.answer.rx_size, 3);
	KUNIT_EXPECT_EQ(test, f->d.answer.rx[3], 0);
}

static void reset_test(struct kunit *test)
{
	static const enum bpmp_op_kind kinds[] = {
		[CMD_RESET_ASSERT] = BPMP_OP_RESET_ASSERT,
		[CMD_RESET_DEASSERT] = BPMP_OP_RESET_DEASSERT,
		[CMD_RESET_MODULE] = BPMP_OP_RESET_MODULE,
	};
	struct fixture *f = test->priv;
	u32 cmd, bit;

	for (cmd = 0; cmd < 300; cmd++) {
		bool known = cmd >= CMD_RESET_ASSERT && cmd <= CMD_RESET_MODULE;

		if (cmd == CMD_RESET_GET_MAX_ID)
			continue;

		ask(f, MRQ_RESET, cmd, OWN_RESET, 0, 0);
		KUNIT_EXPECT_EQ(test, f->d.verdict,
				known ? BPMP_CHANGE : BPMP_REFUSE);
		if (known)
			KUNIT_EXPECT_EQ(test, f->d.op.kind, kinds[cmd]);

		ask(f, MRQ_RESET, cmd, OWN_RESET + 1, 0, 0);
		KUNIT_EXPECT_EQ(test, f->d.answer.status, -EACCES);
		for (bit = 10; bit < 32; bit++) {
			ask(f, MRQ_RESET, cmd, OWN_RESET | 1U << bit, 0, 0);
			KUNIT_EXPECT_EQ(test, f->d.answer.status, -EACCES);
		}
	}
}

static void pg_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	u32 cmd, bit, state;

	for (cmd = CMD_PG_GET_MAX_ID + 1; cmd < 300; cmd++)
		KUNIT_EXPECT_EQ(test, ask(f, MRQ_PG, cmd, OWN_PG, 0, 0), BPMP_REFUSE);

	for (bit = 10; bit < 32; bit++) {
		ask(f, MRQ_PG, CMD_PG_SET_STATE, OWN_PG | 1U << bit, 1, 0);
		KUNIT_EXPECT_EQ(test, f->d.answer.status, -EACCES);
	}

	/* A foreign domain is a hole: empty name, no state. */
	ask(f, MRQ_PG, CMD_PG_GET_NAME, OWN_PG + 1, 0, 0);
	KUNIT_EXPECT_EQ(test, f->d.verdict, BPMP_ANSWER);
	KUNIT_EXPECT_EQ(test, f->d.answer.rx_size, MRQ_PG_NAME_MAXLEN);
	KUNIT_EXPECT_EQ(test, f->d.answer.rx[0], 0);
	ask(f, MRQ_PG, CMD_PG_GET_STATE, OWN_PG + 1, 0, 0);
	KUNIT_EXPECT_EQ(test, f->d.answer.ret, -BPMP_EINVAL);
	ask(f, MRQ_PG, CMD_PG_SET_STATE, OWN_PG + 1, PG_STATE_OFF, 0);
	KUNIT_EXPECT_EQ(test, f->d.answer.status, -EACCES);

	/* Its own: two states, seen as the VM itself set them. */
	ask(f, MRQ_PG, CMD_PG_SET_STATE, OWN_PG, PG_STATE_RUNNING, 0);
	KUNIT_EXPECT_EQ(test, f->d.verdict, BPMP_ANSWER);
	KUNIT_EXPECT_EQ(test, f->d.answer.ret, -BPMP_EINVAL);

	for (state = 0; state < 4; state++) {
		ask(f, MRQ_PG, CMD_PG_SET_STATE, OWN_PG, state & 1, 0);
		apply(f);
		KUNIT_EXPECT_EQ(test, f->d.verdict,
				state ? BPMP_CHANGE : BPMP_ANSWER);
		ask(f, MRQ_PG, CMD_PG_GET_STATE, OWN_PG, 0, 0);
		KUNIT_EXPECT_EQ(test, f->d.answer.rx[0], state & 1);
	}

	ask(f, MRQ_PG, CMD_PG_QUERY_ABI, 0, CMD_PG_GET_MAX_ID, 0);
	KUNIT_EXPECT_EQ(test, f->d.answer.ret, 0);
	ask(f, MRQ_PG, CMD_PG_QUERY_ABI, 0, CMD_PG_GET_MAX_ID + 1, 0);
	KUNIT_EXPECT_EQ(test, f->d.answer.ret, -BPMP_ENODEV);
}

/* H14: all 120 bytes of a request are ours, whatever the VM sent behind it. */
static void rebuilt_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	u32 cmd, i, len, word;

	for (cmd = 0; cmd < 256; cmd++) {
		word = cmd << 24 | OWN;
		memset(f->tx, 0x7f, sizeof(f->tx));
		memcpy(f->tx, &word, sizeof(word));
		decide(f, MRQ_CLK, f->tx, BPMP_PAYLOAD_MAX, BPMP_PAYLOAD_MAX);
		if (f->d.verdict != BPMP_FORWARD)
			continue;

		KUNIT_EXPECT_EQ(test, f->d.tx_size, BPMP_PAYLOAD_MAX);
		KUNIT_EXPECT_EQ(test, memcmp(f->d.tx, &word, sizeof(word)), 0);
		len = cmd == CMD_CLK_ROUND_RATE ? 16 : 4;
		for (i = 4; i < BPMP_PAYLOAD_MAX; i++)
			KUNIT_EXPECT_EQ(test, f->d.tx[i],
					i >= 8 && i < len ? 0x7f : 0);
	}
}

/* H15, G3, H6: what comes back is what the firmware wrote, and no more. */
static void answers_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	u8 raw[BPMP_PAYLOAD_MAX];
	u32 room, len, i;

	memset(raw, POISON, sizeof(raw));

	for (room = 0; room <= BPMP_PAYLOAD_MAX; room++) {
		for (len = 0; len <= BPMP_PAYLOAD_MAX; len += 3) {
			u32 word = CMD_CLK_GET_RATE << 24 | OWN;
			u32 end = min3(room, len, 8U);

			decide(f, MRQ_CLK, &word, sizeof(word), room);
			KUNIT_EXPECT_EQ(test, f->d.rx_size, 8);
			bpmp_policy_filter(&f->policy, &f->d, 0, 0, raw, len);
			KUNIT_EXPECT_EQ(test, f->d.answer.rx_size, min(room, 8U));
			for (i = 0; i < BPMP_PAYLOAD_MAX; i++)
				KUNIT_EXPECT_EQ(test, f->d.answer.rx[i],
						i < end ? POISON : 0);
		}
	}

	clk(f, CMD_CLK_GET_RATE, OWN, 0);
	bpmp_policy_filter(&f->policy, &f->d, 0, -BPMP_EACCES, raw, sizeof(raw));
	KUNIT_EXPECT_EQ(test, f->d.answer.status, 0);
	KUNIT_EXPECT_EQ(test, f->d.answer.ret, -BPMP_EACCES);
	KUNIT_EXPECT_EQ(test, f->d.answer.rx_size, 0);
	KUNIT_EXPECT_EQ(test, f->d.answer.rx[0], 0);

	bpmp_policy_filter(&f->policy, &f->d, -ETIMEDOUT, 0, raw, sizeof(raw));
	KUNIT_EXPECT_EQ(test, f->d.answer.status, -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, f->d.answer.rx_size, 0);
	KUNIT_EXPECT_EQ(test, f->d.answer.rx[0], 0);

	/* A framework's -EINVAL was a code of the firmware, the rest was not. */
	clk(f, CMD_CLK_ENABLE, OWN, 0);
	bpmp_policy_finish(&f->d, -EINVAL, 0);
	KUNIT_EXPECT_EQ(test, f->d.answer.status, 0);
	KUNIT_EXPECT_EQ(test, f->d.answer.ret, -BPMP_EINVAL);
	bpmp_policy_finish(&f->d, -EBUSY, 0);
	KUNIT_EXPECT_EQ(test, f->d.answer.status, -EBUSY);
}

/* No clock is shown whose parents the VM cannot see, nor bytes past a name. */
static void all_info_test(struct kunit *test)
{
	static const struct {
		u32 id, flags;
	} rows[] = {
		{ OWN, 0 },
		{ SHARED, 1U << 30 },
		{ ANCESTOR, 3U << 30 },
	};
	struct fixture *f = test->priv;
	struct cmd_clk_get_all_info_response raw, info;
	u32 i, k;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		memset(&raw, POISON, sizeof(raw));
		raw.flags = BPMP_CLK_HAS_MUX;
		raw.parent = FOREIGN;
		raw.num_parents = 200;
		for (k = 0; k < MRQ_CLK_MAX_PARENTS; k++)
			raw.parents[k] = k % 4 == 1 ? ANCESTOR : FOREIGN;
		memcpy(raw.name, "uarta", 6);

		clk(f, CMD_CLK_GET_ALL_INFO, rows[i].id, 0);
		KUNIT_EXPECT_EQ(test, f->d.rx_size, sizeof(info));
		bpmp_policy_filter(&f->policy, &f->d, 0, 0, &raw, sizeof(raw));
		KUNIT_EXPECT_EQ(test, f->d.answer.rx_size, sizeof(info));
		memcpy(&info, f->d.answer.rx, sizeof(info));

		KUNIT_EXPECT_EQ(test, info.flags, BPMP_CLK_HAS_MUX | rows[i].flags);
		KUNIT_EXPECT_EQ(test, info.parent, 0);
		KUNIT_EXPECT_EQ(test, info.num_parents, 4);
		for (k = 0; k < MRQ_CLK_MAX_PARENTS; k++)
			KUNIT_EXPECT_EQ(test, info.parents[k], k < 4 ? ANCESTOR : 0);
		KUNIT_EXPECT_STREQ(test, (char *)info.name, "uarta");
		for (k = 6; k < MRQ_CLK_NAME_MAXLEN; k++)
			KUNIT_EXPECT_EQ(test, info.name[k], 0);

		/* A name without an end gets one. */
		memset(raw.name, 'x', sizeof(raw.name));
		bpmp_policy_filter(&f->policy, &f->d, 0, 0, &raw, sizeof(raw));
		memcpy(&info, f->d.answer.rx, sizeof(info));
		KUNIT_EXPECT_EQ(test, info.name[MRQ_CLK_NAME_MAXLEN - 1], 0);
	}

	/* Linux warns where bit 31 comes without bit 30. */
	memset(&raw, 0, sizeof(raw));
	raw.flags = BPMP_CLK_STATE_CHANGE_DENIED;
	clk(f, CMD_CLK_GET_ALL_INFO, OWN, 0);
	bpmp_policy_filter(&f->policy, &f->d, 0, 0, &raw, sizeof(raw));
	memcpy(&info, f->d.answer.rx, sizeof(info));
	KUNIT_EXPECT_EQ(test, info.flags, 3U << 30);

	/* A hole has no name, no parents and no flags. */
	clk(f, CMD_CLK_GET_ALL_INFO, FOREIGN, 0);
	KUNIT_EXPECT_EQ(test, f->d.answer.rx_size, sizeof(info));
	for (k = 0; k < sizeof(info); k++)
		KUNIT_EXPECT_EQ(test, f->d.answer.rx[k], 0);
}

static void get_parent_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	u32 parent = ANCESTOR;

	clk(f, CMD_CLK_GET_PARENT, OWN, 0);
	bpmp_policy_filter(&f->policy, &f->d, 0, 0, &parent, sizeof(parent));
	KUNIT_EXPECT_EQ(test, f->d.answer.ret, 0);
	KUNIT_EXPECT_EQ(test, f->d.answer.rx[0], ANCESTOR);

	parent = FOREIGN;
	bpmp_policy_filter(&f->policy, &f->d, 0, 0, &parent, sizeof(parent));
	KUNIT_EXPECT_EQ(test, f->d.answer.ret, -BPMP_EINVAL);
	KUNIT_EXPECT_EQ(test, f->d.answer.rx_size, 0);
}

/* H15: nothing behind the name of a power domain, whatever its length. */
static void pg_name_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	u8 raw[MRQ_PG_NAME_MAXLEN];
	u32 len, k;

	for (len = 0; len <= sizeof(raw); len++) {
		memset(raw, POISON, sizeof(raw));
		memset(raw, 'n', len);
		if (len < sizeof(raw))
			raw[len] = 0;
		ask(f, MRQ_PG, CMD_PG_GET_NAME, OWN_PG, 0, 0);
		KUNIT_EXPECT_EQ(test, f->d.verdict, BPMP_FORWARD);
		bpmp_policy_filter(&f->policy, &f->d, 0, 0, raw, sizeof(raw));
		KUNIT_EXPECT_EQ(test, f->d.answer.rx_size, sizeof(raw));
		for (k = 0; k < sizeof(raw); k++)
			KUNIT_EXPECT_EQ(test, f->d.answer.rx[k],
					k < min_t(u32, len, sizeof(raw) - 1) ?
					'n' : 0);
	}
}

/* H16: the VM sees its own state; a clock is switched at 0 <-> 1 only. */
static void enable_test(struct kunit *test)
{
	static const u32 ids[] = { OWN, SHARED };
	struct fixture *f = test->priv;
	u32 i, n;

	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		for (n = 0; n < 3; n++) {
			clk(f, CMD_CLK_ENABLE, ids[i], 0);
			KUNIT_EXPECT_EQ(test, f->d.verdict,
					n ? BPMP_ANSWER : BPMP_CHANGE);
			apply(f);
			clk(f, CMD_CLK_IS_ENABLED, ids[i], 0);
			KUNIT_EXPECT_EQ(test, f->d.answer.rx[0], 1);
		}
		for (n = 0; n < 3; n++) {
			clk(f, CMD_CLK_DISABLE, ids[i], 0);
			KUNIT_EXPECT_EQ(test, f->d.verdict,
					n ? BPMP_ANSWER : BPMP_CHANGE);
			apply(f);
			clk(f, CMD_CLK_IS_ENABLED, ids[i], 0);
			KUNIT_EXPECT_EQ(test, f->d.answer.rx[0], 0);
		}
	}

	clk(f, CMD_CLK_ENABLE, ANCESTOR, 0);
	KUNIT_EXPECT_EQ(test, f->d.verdict, BPMP_ANSWER);
	clk(f, CMD_CLK_IS_ENABLED, ANCESTOR, 0);
	KUNIT_EXPECT_EQ(test, f->d.answer.rx[0], 0);
}

static void busy_test(struct kunit *test)
{
	struct fixture *f = test->priv;

	bpmp_idset_add(&f->policy.clk_busy, OWN);
	bpmp_idset_add(&f->policy.reset_busy, OWN_RESET);
	bpmp_idset_add(&f->policy.pg_busy, OWN_PG);

	clk(f, CMD_CLK_ENABLE, OWN, 0);
	KUNIT_EXPECT_EQ(test, f->d.answer.status, -EBUSY);
	ask(f, MRQ_RESET, CMD_RESET_ASSERT, OWN_RESET, 0, 0);
	KUNIT_EXPECT_EQ(test, f->d.answer.status, -EBUSY);
	ask(f, MRQ_PG, CMD_PG_SET_STATE, OWN_PG, PG_STATE_ON, 0);
	KUNIT_EXPECT_EQ(test, f->d.answer.status, -EBUSY);

	clk(f, CMD_CLK_GET_RATE, OWN, 0);
	KUNIT_EXPECT_EQ(test, f->d.verdict, BPMP_FORWARD);
}

/* H24: everything back, in the order of docs/policy.md. */
static void undo_test(struct kunit *test)
{
	static const struct bpmp_op expect[] = {
		{ BPMP_OP_RESET_ASSERT, OWN_RESET, 0 },
		{ BPMP_OP_CLK_DISABLE, OWN, 0 },
		{ BPMP_OP_CLK_DISABLE, SHARED, 0 },
		{ BPMP_OP_CLK_SET_PARENT, OWN_PARENT, ANCESTOR },
		{ BPMP_OP_CLK_SET_PARENT, OWN, OWN_PARENT },
		{ BPMP_OP_CLK_SET_RATE, OWN_PARENT, 408000000 },
		{ BPMP_OP_CLK_SET_RATE, OWN, 1843200 },
		{ BPMP_OP_PG_OFF, OWN_PG, 0 },
	};
	struct fixture *f = test->priv;
	struct bpmp_op op;
	u32 i;

	f->policy.rank[OWN_PARENT] = 1;
	bpmp_vm_record_clock(&f->vm, OWN, 1843200, OWN_PARENT);
	bpmp_vm_record_clock(&f->vm, OWN_PARENT, 408000000, ANCESTOR);

	ask(f, MRQ_PG, CMD_PG_SET_STATE, OWN_PG, PG_STATE_ON, 0);
	apply(f);
	clk(f, CMD_CLK_ENABLE, SHARED, 0);
	apply(f);
	clk(f, CMD_CLK_ENABLE, OWN_PARENT, 0);
	apply(f);
	clk(f, CMD_CLK_ENABLE, OWN, 0);
	apply(f);
	clk(f, CMD_CLK_DISABLE, OWN_PARENT, 0);
	apply(f);
	clk_rate(f, CMD_CLK_SET_RATE, OWN, 921600);
	apply(f);
	clk(f, CMD_CLK_SET_PARENT, OWN_PARENT, SHARED);
	apply(f);
	ask(f, MRQ_RESET, CMD_RESET_MODULE, OWN_RESET, 0, 0);
	apply(f);

	for (i = 0; i < ARRAY_SIZE(expect); i++) {
		KUNIT_ASSERT_TRUE(test, bpmp_vm_undo_next(&f->policy, &f->vm, &op));
		KUNIT_EXPECT_EQ(test, op.kind, expect[i].kind);
		KUNIT_EXPECT_EQ(test, op.id, expect[i].id);
		KUNIT_EXPECT_EQ(test, op.value, expect[i].value);
		bpmp_vm_undone(&f->vm, &op);
	}
	KUNIT_EXPECT_FALSE(test, bpmp_vm_undo_next(&f->policy, &f->vm, &op));
}

/* H24: a change moves what it may feed; both go back, that which feeds first. */
static void undo_below_test(struct kunit *test)
{
	static const struct bpmp_op expect[] = {
		{ BPMP_OP_CLK_SET_PARENT, OWN_PARENT, ANCESTOR },
		{ BPMP_OP_CLK_SET_PARENT, OWN, OWN_PARENT },
		{ BPMP_OP_CLK_SET_RATE, OWN_PARENT, 408000000 },
		{ BPMP_OP_CLK_SET_RATE, OWN, 1843200 },
	};
	struct fixture *f = test->priv;
	struct bpmp_op op;
	u32 i;

	f->policy.rank[OWN_PARENT] = 1;
	bpmp_vm_record_clock(&f->vm, OWN, 1843200, OWN_PARENT);
	bpmp_vm_record_clock(&f->vm, OWN_PARENT, 408000000, ANCESTOR);
	clk_rate(f, CMD_CLK_SET_RATE, OWN_PARENT, 204000000);
	apply(f);

	for (i = 0; i < ARRAY_SIZE(expect); i++) {
		KUNIT_ASSERT_TRUE(test, bpmp_vm_undo_next(&f->policy, &f->vm, &op));
		KUNIT_EXPECT_EQ(test, op.kind, expect[i].kind);
		KUNIT_EXPECT_EQ(test, op.id, expect[i].id);
		KUNIT_EXPECT_EQ(test, op.value, expect[i].value);
		bpmp_vm_undone(&f->vm, &op);
	}
	KUNIT_EXPECT_FALSE(test, bpmp_vm_undo_next(&f->policy, &f->vm, &op));
}

/* A reset left asserted, and changes that failed, call for no undo of more. */
static void undo_nothing_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct bpmp_op op;

	ask(f, MRQ_RESET, CMD_RESET_DEASSERT, OWN_RESET, 0, 0);
	apply(f);
	ask(f, MRQ_RESET, CMD_RESET_ASSERT, OWN_RESET, 0, 0);
	apply(f);
	clk(f, CMD_CLK_ENABLE, OWN, 0);
	bpmp_vm_apply(&f->policy, &f->vm, &f->d.op, false);
	/* Neither rate nor parent of it were recorded: unknown. */
	clk_rate(f, CMD_CLK_SET_RATE, OWN, 1000);
	apply(f);

	KUNIT_EXPECT_FALSE(test, bpmp_vm_undo_next(&f->policy, &f->vm, &op));
}

/* A small tree, with a loop and a parent that does not exist. */
static int tree(void *ctx, u32 id, struct cmd_clk_get_all_info_response *info)
{
	static const struct {
		u32 id, num_parents, parents[2];
	} rows[] = {
		{ 1, 2, { 10, 11 } },
		{ 2, 1, { 1 } },
		{ 10, 1, { 20 } },
		{ 11, 2, { 99, 20 } },
		{ 20, 1, { 10 } },
		{ 30, 0, { 0 } },
	};
	u32 i;

	if (ctx && id == 20)
		return -ETIMEDOUT;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].id != id)
			continue;
		info->name[0] = 'c';
		info->num_parents = rows[i].num_parents;
		memcpy(info->parents, rows[i].parents, sizeof(rows[i].parents));
	}

	return 0;
}

static void close_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct bpmp_policy *p = &f->policy;

	memset(p, 0, sizeof(*p));
	KUNIT_EXPECT_EQ(test, bpmp_policy_add_clock(p, 2, BPMP_CLK_OWN), 0);
	KUNIT_EXPECT_EQ(test, bpmp_policy_add_clock(p, 1, BPMP_CLK_SHARED), 0);
	KUNIT_EXPECT_EQ(test, bpmp_policy_add_clock(p, 77, BPMP_CLK_OWN), 0);
	KUNIT_EXPECT_EQ(test, bpmp_policy_add_clock(p, 2, BPMP_CLK_SHARED), -EEXIST);
	KUNIT_EXPECT_EQ(test, bpmp_policy_add_clock(p, BPMP_POLICY_IDS, BPMP_CLK_OWN),
			-ERANGE);
	KUNIT_EXPECT_EQ(test, bpmp_policy_add_reset(p, BPMP_POLICY_IDS), -ERANGE);
	KUNIT_EXPECT_EQ(test, bpmp_policy_add_pg(p, U32_MAX), -ERANGE);

	KUNIT_EXPECT_EQ(test, bpmp_policy_close(p, tree, f), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, bpmp_policy_close(p, tree, NULL), 0);
	KUNIT_EXPECT_EQ(test, bpmp_policy_clk_class(p, 2), BPMP_CLK_OWN);
	KUNIT_EXPECT_EQ(test, bpmp_policy_clk_class(p, 1), BPMP_CLK_SHARED);
	KUNIT_EXPECT_EQ(test, bpmp_policy_clk_class(p, 10), BPMP_CLK_ANCESTOR);
	KUNIT_EXPECT_EQ(test, bpmp_policy_clk_class(p, 11), BPMP_CLK_ANCESTOR);
	KUNIT_EXPECT_EQ(test, bpmp_policy_clk_class(p, 20), BPMP_CLK_ANCESTOR);
	KUNIT_EXPECT_EQ(test, bpmp_policy_clk_class(p, 30), BPMP_CLK_FOREIGN);
	/* The firmware does not know these, so nobody may name them. */
	KUNIT_EXPECT_EQ(test, bpmp_policy_clk_class(p, 99), BPMP_CLK_FOREIGN);
	KUNIT_EXPECT_EQ(test, bpmp_policy_clk_class(p, 77), BPMP_CLK_FOREIGN);

	KUNIT_EXPECT_GT(test, p->rank[1], p->rank[2]);
	KUNIT_EXPECT_GT(test, p->rank[11], p->rank[1]);

	/* Said, but for those that nobody listed. */
	KUNIT_EXPECT_EQ(test, bpmp_idset_count(&p->unknown), 1);
	KUNIT_ASSERT_TRUE(test, bpmp_idset_has(&p->unknown, 77));
}

/* H27: what can feed another's clock is not for a VM to change. */
static void demote_test(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct bpmp_policy *p = &f->policy;

	/* 2 hangs under 1 alone, that under 10 and 11, those under 20. */
	memset(p, 0, sizeof(*p));
	bpmp_policy_add_clock(p, 1, BPMP_CLK_OWN);
	bpmp_policy_add_clock(p, 2, BPMP_CLK_OWN);
	bpmp_policy_add_clock(p, 30, BPMP_CLK_OWN);
	KUNIT_EXPECT_EQ(test, bpmp_policy_close(p, tree, NULL), 0);
	KUNIT_EXPECT_EQ(test, bpmp_policy_clk_class(p, 1), BPMP_CLK_OWN);
	KUNIT_EXPECT_EQ(test, bpmp_policy_clk_class(p, 2), BPMP_CLK_OWN);
	KUNIT_EXPECT_EQ(test, bpmp_policy_clk_class(p, 30), BPMP_CLK_OWN);
	KUNIT_EXPECT_EQ(test, bpmp_idset_count(&p->demoted), 0);

	/* Without 2 all above it can feed a foreign one, step by step. */
	memset(p, 0, sizeof(*p));
	bpmp_policy_add_clock(p, 20, BPMP_CLK_OWN);
	bpmp_policy_add_clock(p, 10, BPMP_CLK_OWN);
	bpmp_policy_add_clock(p, 1, BPMP_CLK_OWN);
	KUNIT_EXPECT_EQ(test, bpmp_policy_close(p, tree, f), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, bpmp_policy_close(p, tree, NULL), 0);
	KUNIT_EXPECT_EQ(test, bpmp_policy_clk_class(p, 1), BPMP_CLK_SHARED);
	KUNIT_EXPECT_EQ(test, bpmp_policy_clk_class(p, 10), BPMP_CLK_SHARED);
	KUNIT_EXPECT_EQ(test, bpmp_policy_clk_class(p, 20), BPMP_CLK_SHARED);
	KUNIT_EXPECT_EQ(test, bpmp_idset_count(&p->demoted), 3);
}

static struct kunit_case policy_cases[] = {
	KUNIT_CASE(clk_commands_test),
	KUNIT_CASE(clk_aliases_test),
	KUNIT_CASE(clk_set_parent_test),
	KUNIT_CASE(clk_set_rate_test),
	KUNIT_CASE(lengths_test),
	KUNIT_CASE(too_long_test),
	KUNIT_CASE(mrqs_test),
	KUNIT_CASE(local_test),
	KUNIT_CASE(reset_test),
	KUNIT_CASE(pg_test),
	KUNIT_CASE(rebuilt_test),
	KUNIT_CASE(answers_test),
	KUNIT_CASE(all_info_test),
	KUNIT_CASE(get_parent_test),
	KUNIT_CASE(pg_name_test),
	KUNIT_CASE(enable_test),
	KUNIT_CASE(busy_test),
	KUNIT_CASE(undo_test),
	KUNIT_CASE(undo_below_test),
	KUNIT_CASE(undo_nothing_test),
	KUNIT_CASE(close_test),
	KUNIT_CASE(demote_test),
	{}
};

static struct kunit_suite policy_suite = {
	.name = "bpmp-policy",
	.init = policy_test_init,
	.test_cases = policy_cases,
};

kunit_test_suite(policy_suite);
