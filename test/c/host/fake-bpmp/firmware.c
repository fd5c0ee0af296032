// SPDX-License-Identifier: GPL-2.0-only
/*
 * The firmware of the fake: a small clock tree with the true ids of Tegra234,
 * resets and power domains, one master. Keeps a transcript of what it was
 * asked, with the bytes of each request that its sender did not write.
 */
#include <linux/bitfield.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <soc/tegra/bpmp-abi.h>

#include "fake.h"

#define MAX_CLK		476
#define MAX_RESET	192
#define MAX_PG		40

/*
 * One clock; parent ids as listed, the current one is an index into them. What
 * has RATE divides its parent's rate, a PLL makes its own.
 */
struct clock {
	u32 id;
	const char *name;
	u32 flags;
	u32 num_parents;
	u32 parents[4];
	u32 parent;
	u64 rate;	/* of roots and PLLs, in Hz */
	u32 div;	/* of all others */
	bool on;
};

#define MUX	BPMP_CLK_HAS_MUX
#define RATE	BPMP_CLK_HAS_SET_RATE
#define ROOT	BPMP_CLK_IS_ROOT

/*
 * 91 osc feeds 93 pllp, which feeds 102 pllp_out0, and 104 pllc; the UARTs choose
 * between those. 40, 93 and 102 are on from the boot loader and nobody uses them;
 * 41 hangs under 40, 43 and 44 under 42. 237 changes its parent by itself where
 * it is asked for much.
 */
static const struct clock boot_clocks[] = {
	{ 91, "osc", ROOT, 0, {}, 0, 38400000, 0, true },
	{ 93, "pllp", 0, 1, { 91 }, 0, 816000000, 0, true },
	{ 102, "pllp_out0", RATE, 1, { 93 }, 0, 0, 2, true },
	{ 104, "pllc", RATE, 1, { 91 }, 0, 600000000, 0 },
	{ 155, "uarta", MUX | RATE, 3, { 102, 104, 91 }, 0, 0, 8 },
	{ 156, "uartb", MUX | RATE, 3, { 102, 104, 91 }, 0, 0, 8 },
	{ 157, "uartc", MUX | RATE, 3, { 102, 104, 91 }, 0, 0, 8 },
	{ 158, "uartd", MUX | RATE, 3, { 102, 104, 91 }, 0, 0, 8 },
	{ 237, "qspi0", MUX | RATE, 2, { 102, 104 }, 0, 0, 4 },
	{ 40, "left_on", RATE, 1, { 91 }, 0, 0, 2, true },
	{ 41, "under_left_on", RATE, 1, { 40 }, 0, 0, 2 },
	{ 42, "divider", RATE, 1, { 104 }, 0, 0, 2 },
	{ 43, "divided_a", RATE, 1, { 42 }, 0, 0, 3 },
	{ 44, "divided_b", RATE, 1, { 42 }, 0, 0, 5 },
	{ 123, "sdmmc4", MUX | RATE, 2, { 102, 104 }, 0, 0, 2 },
	{ 476, "last", RATE, 1, { 123 }, 0, 0, 4 },
};

static struct clock clocks[ARRAY_SIZE(boot_clocks)];
static bool asserted[MAX_RESET + 1];
static bool powered[MAX_PG + 1];

/* What is refused, or not answered, on purpose, from control.c. */
static struct fault {
	u32 mrq, cmd, id, count;
} failing, losing;

/* One line of the transcript. */
struct line {
	u32 mrq, cmd, id, stale;
};

#define LINES	8192
static struct line lines[LINES];
static u32 line_count;

void fake_fw_init(void)
{
	unsigned int i;

	memcpy(clocks, boot_clocks, sizeof(clocks));
	for (i = 0; i <= MAX_RESET; i++)
		asserted[i] = true;
	/* A domain that the boot loader left on. */
	powered[3] = true;
}

void fake_fw_fail(u32 mrq, u32 cmd, u32 id, u32 count)
{
	failing = (struct fault){ mrq, cmd, id, count };
}

void fake_fw_lose(u32 mrq, u32 cmd, u32 id, u32 count)
{
	losing = (struct fault){ mrq, cmd, id, count };
}

static bool strikes(struct fault *fault, u32 mrq, u32 cmd, u32 id)
{
	if (!fault->count || fault->mrq != mrq || fault->cmd != cmd ||
	    fault->id != id)
		return false;
	fault->count--;

	return true;
}

static struct clock *find_clock(u32 id)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(clocks); i++)
		if (clocks[i].id == id)
			return &clocks[i];

	return NULL;
}

static u64 rate_of(const struct clock *clk)
{
	const struct clock *parent;

	if (!clk->div)
		return clk->rate;
	parent = find_clock(clk->parents[clk->parent]);

	return div_u64(rate_of(parent), clk->div);
}

/* The divider that gives at most the rate asked for. */
static u32 divider(const struct clock *clk, u64 rate)
{
	u64 above = rate_of(find_clock(clk->parents[clk->parent]));

	return clamp_t(u64, DIV64_U64_ROUND_UP(above, max(rate, 1ULL)), 1,
		       1 << 16);
}

static void choose_parent(struct clock *clk, u64 rate);

static u64 round_rate(const struct clock *clk, u64 rate)
{
	struct clock copy = *clk;

	if (!(clk->flags & RATE))
		return rate_of(clk);
	if (!clk->div)
		return clamp_t(u64, rate, 1000000, 2000000000);
	choose_parent(&copy, rate);
	copy.div = divider(&copy, rate);

	return rate_of(&copy);
}

static void all_info(const struct clock *clk,
		     struct cmd_clk_get_all_info_response *info)
{
	if (!clk) {
		memset(info, 0, sizeof(*info));
		return;
	}

	/* Behind the parents and the name there is what was there before. */
	info->flags = clk->flags;
	info->num_parents = clk->num_parents;
	memcpy(info->parents, clk->parents,
	       clk->num_parents * sizeof(clk->parents[0]));
	info->parent = clk->num_parents ? clk->parents[clk->parent] : 0;
	strscpy((char *)info->name, clk->name, strlen(clk->name) + 1);
}

static int set_parent(struct clock *clk, u32 parent)
{
	u32 i;

	for (i = 0; i < clk->num_parents; i++)
		if (clk->parents[i] == parent) {
			clk->parent = i;
			return 0;
		}

	return -BPMP_EINVAL;
}

/* Above what its usual parent can give. */
static void choose_parent(struct clock *clk, u64 rate)
{
	if (clk->id == 237 && rate > 408000000)
		set_parent(clk, 104);
}

static void set_rate(struct clock *clk, u64 rate)
{
	if (!(clk->flags & RATE))
		return;
	if (!clk->div) {
		clk->rate = round_rate(clk, rate);
		return;
	}
	choose_parent(clk, rate);
	clk->div = divider(clk, rate);
}

static int handle_known_clk(struct clock *clk, u32 cmd,
			    const struct mrq_clk_request *req,
			    struct mrq_clk_response *rsp, size_t *len)
{
	switch (cmd) {
	case CMD_CLK_GET_RATE:
		rsp->clk_get_rate.rate = rate_of(clk);
		*len = sizeof(rsp->clk_get_rate);
		return 0;
	case CMD_CLK_ROUND_RATE:
		rsp->clk_round_rate.rate =
			round_rate(clk, req->clk_round_rate.rate);
		*len = sizeof(rsp->clk_round_rate);
		return 0;
	case CMD_CLK_SET_RATE:
		set_rate(clk, req->clk_set_rate.rate);
		rsp->clk_set_rate.rate = rate_of(clk);
		*len = sizeof(rsp->clk_set_rate);
		return 0;
	case CMD_CLK_GET_PARENT:
		if (!clk->num_parents)
			return -BPMP_EINVAL;
		rsp->clk_get_parent.parent_id = clk->parents[clk->parent];
		*len = sizeof(rsp->clk_get_parent);
		return 0;
	case CMD_CLK_SET_PARENT:
		rsp->clk_set_parent.parent_id = req->clk_set_parent.parent_id;
		*len = sizeof(rsp->clk_set_parent);
		return set_parent(clk, req->clk_set_parent.parent_id);
	case CMD_CLK_IS_ENABLED:
		rsp->clk_is_enabled.state = clk->on;
		*len = sizeof(rsp->clk_is_enabled);
		return 0;
	case CMD_CLK_ENABLE:
	case CMD_CLK_DISABLE:
		clk->on = cmd == CMD_CLK_ENABLE;
		return 0;
	case CMD_CLK_GET_FMAX_AT_VMIN:
		rsp->clk_get_fmax_at_vmin.rate = 2000000000;
		*len = sizeof(rsp->clk_get_fmax_at_vmin);
		return 0;
	}

	return -BPMP_EINVAL;
}

static int handle_clk(const void *tx, void *rx, size_t *len)
{
	const struct mrq_clk_request *req = tx;
	struct mrq_clk_response *rsp = rx;
	u32 cmd = req->cmd_and_id >> 24;
	u32 id = req->cmd_and_id & 0xffffff;
	struct clock *clk = find_clock(id);

	if (cmd == CMD_CLK_GET_MAX_CLK_ID) {
		rsp->clk_get_max_clk_id.max_id = MAX_CLK;
		*len = sizeof(rsp->clk_get_max_clk_id);
		return 0;
	}
	if (cmd == CMD_CLK_GET_ALL_INFO && id <= MAX_CLK) {
		all_info(clk, &rsp->clk_get_all_info);
		*len = sizeof(rsp->clk_get_all_info);
		return 0;
	}
	if (!clk)
		return -BPMP_EINVAL;

	return handle_known_clk(clk, cmd, req, rsp, len);
}

static int handle_reset(const void *tx)
{
	const struct mrq_reset_request *req = tx;

	if (req->reset_id > MAX_RESET)
		return -BPMP_EINVAL;

	switch (req->cmd) {
	case CMD_RESET_ASSERT:
		asserted[req->reset_id] = true;
		return 0;
	case CMD_RESET_DEASSERT:
	case CMD_RESET_MODULE:
		asserted[req->reset_id] = false;
		return 0;
	}

	return -BPMP_EINVAL;
}

static int handle_pg(const void *tx, void *rx, size_t *len)
{
	const struct mrq_pg_request *req = tx;
	struct mrq_pg_response *rsp = rx;

	if (req->cmd == CMD_PG_GET_MAX_ID) {
		rsp->get_max_id.max_id = MAX_PG;
		*len = sizeof(rsp->get_max_id);
		return 0;
	}
	if (req->id > MAX_PG)
		return -BPMP_EINVAL;

	switch (req->cmd) {
	case CMD_PG_SET_STATE:
		powered[req->id] = req->set_state.state != PG_STATE_OFF;
		return 0;
	case CMD_PG_GET_STATE:
		rsp->get_state.state = powered[req->id];
		*len = sizeof(rsp->get_state);
		return 0;
	case CMD_PG_GET_NAME:
		/*
		 * 1 to 5 exist. For another the true firmware gives an empty
		 * name, which powergate-bpmp copies and forgets: kmemleak is
		 * to find our leaks, not those.
		 */
		if (!req->id || req->id > 5)
			return -BPMP_EINVAL;
		*len = sizeof(rsp->get_name);
		snprintf((char *)rsp->get_name.name,
			 sizeof(rsp->get_name.name), "pd%u", req->id);
		return 0;
	}

	return -BPMP_EINVAL;
}

static int handle_query_abi(const void *tx, void *rx, size_t *len)
{
	const struct mrq_query_abi_request *req = tx;
	struct mrq_query_abi_response *rsp = rx;

	switch (req->mrq) {
	case MRQ_PING:
	case MRQ_QUERY_ABI:
	case MRQ_QUERY_FW_TAG:
	case MRQ_CLK:
	case MRQ_RESET:
	case MRQ_PG:
		rsp->status = 0;
		break;
	default:
		rsp->status = -BPMP_ENODEV;
	}
	*len = sizeof(*rsp);

	return 0;
}

static int dispatch(u32 mrq, const u8 *tx, u8 *rx, size_t *len)
{
	u32 word;

	switch (mrq) {
	case MRQ_PING:
		memcpy(&word, tx, sizeof(word));
		word <<= 1;
		memcpy(rx, &word, sizeof(word));
		*len = sizeof(word);
		return 0;
	case MRQ_QUERY_ABI:
		return handle_query_abi(tx, rx, len);
	case MRQ_QUERY_FW_TAG:
		memset(rx, 0, 32);
		strscpy((char *)rx, "fake-bpmp", 32);
		*len = 32;
		return 0;
	case MRQ_CLK:
		return handle_clk(tx, rx, len);
	case MRQ_RESET:
		return handle_reset(tx);
	case MRQ_PG:
		return handle_pg(tx, rx, len);
	}

	return -BPMP_ENODEV;
}

static void decode(u32 mrq, const u8 *tx, u32 *cmd, u32 *id)
{
	u32 words[2];

	memcpy(words, tx, sizeof(words));
	*cmd = mrq == MRQ_CLK ? words[0] >> 24 : words[0];
	*id = mrq == MRQ_CLK ? words[0] & 0xffffff : words[1];
}

static void note(u32 mrq, u32 cmd, u32 id, const u8 *tx)
{
	struct line *line = &lines[line_count++ % LINES];
	u32 i;

	*line = (struct line){ .mrq = mrq, .cmd = cmd, .id = id };
	for (i = 0; i < MSG_DATA_MIN_SZ; i++)
		line->stale += tx[i] == FAKE_STALE_TX;
}

/*
 * @tx and @rx are whole frames; @rx holds FAKE_STALE_RX where nothing is
 * written. Gives the code of the answer.
 */
int fake_fw_handle(u32 mrq, const u8 *tx, u8 *rx, size_t *rx_len)
{
	u32 cmd, id;

	*rx_len = 0;
	decode(mrq, tx, &cmd, &id);
	note(mrq, cmd, id, tx);

	if (strikes(&failing, mrq, cmd, id))
		return -BPMP_EIO;

	return dispatch(mrq, tx, rx, rx_len);
}

/* Whether the answer to this request is to be withheld. */
bool fake_fw_loses(u32 mrq, const u8 *tx)
{
	u32 cmd, id;

	decode(mrq, tx, &cmd, &id);

	return strikes(&losing, mrq, cmd, id);
}

void fake_fw_state(struct seq_file *seq)
{
	const struct clock *clk;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(clocks); i++) {
		clk = &clocks[i];
		seq_printf(seq, "clk %u on=%d rate=%llu parent=%u\n", clk->id,
			   clk->on, rate_of(clk),
			   clk->num_parents ? clk->parents[clk->parent] : 0);
	}
	for (i = 0; i <= MAX_RESET; i++)
		if (!asserted[i])
			seq_printf(seq, "reset %u deasserted\n", i);
	for (i = 0; i <= MAX_PG; i++)
		if (powered[i])
			seq_printf(seq, "pg %u on\n", i);
}

void fake_fw_transcript(struct seq_file *seq)
{
	u32 i = line_count > LINES ? line_count - LINES : 0;

	seq_printf(seq, "count %u\n", line_count);
	for (; i < line_count; i++)
		seq_printf(seq, "%u %u %u stale=%u\n", lines[i % LINES].mrq,
			   lines[i % LINES].cmd, lines[i % LINES].id,
			   lines[i % LINES].stale);
}

void fake_fw_clear(void)
{
	line_count = 0;
}
