// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "firmware.h"

/* Every eighth clock is a hole. */
int firmware_has(u32 id)
{
	return id < FW_IDS && id % 8 != 7;
}

u32 firmware_parents(u32 id, u32 parents[MRQ_CLK_MAX_PARENTS])
{
	u32 n = 0;

	memset(parents, 0, MRQ_CLK_MAX_PARENTS * sizeof(*parents));
	if (id + 3 < FW_IDS)
		parents[n++] = id + 3;
	if (id % 2 && id + 10 < FW_IDS)
		parents[n++] = id + 10;
	if (id % 3 == 0 && id + 20 < FW_IDS)
		parents[n++] = id + 20;
	if (id % 16 == 5)
		parents[n++] = 5000;

	return n;
}

void firmware_init(struct firmware *fw)
{
	u32 parents[MRQ_CLK_MAX_PARENTS];
	u32 id;

	memset(fw, 0, sizeof(*fw));
	for (id = 0; id < FW_IDS; id++) {
		fw->div[id] = 1 + id % 3;
		/* What is not there hangs below nothing. */
		fw->parent[id] = firmware_has(id) &&
				 firmware_parents(id, parents) ?
				 parents[0] : BPMP_NO_CLOCK;
	}
}

/* What feeds a clock has a higher id, so this ends. */
s64 firmware_rate(const struct firmware *fw, u32 id)
{
	u32 parent = fw->parent[id];

	return (parent < FW_IDS ? firmware_rate(fw, parent) : 1LL << 40) /
	       fw->div[id];
}

int firmware_info(void *ctx, u32 id, struct cmd_clk_get_all_info_response *info)
{
	struct firmware *fw = ctx;
	u32 parents[MRQ_CLK_MAX_PARENTS];

	if (!firmware_has(id))
		return 0;

	info->num_parents = firmware_parents(id, parents);
	memcpy(info->parents, parents, sizeof(parents));
	info->parent = fw->parent[id];
	info->name[0] = 'c';

	return 0;
}

/* Any of the possible parents will do; so will none other. */
static int may_feed(u32 id, s64 parent)
{
	u32 parents[MRQ_CLK_MAX_PARENTS];
	u32 n = firmware_parents(id, parents);

	while (n--)
		if (parents[n] == parent)
			return 1;

	return 0;
}

/* The largest divider that gives no less than what was asked for. */
static void set_rate(struct firmware *fw, u32 id, s64 rate)
{
	s64 above;

	fw->div[id] = 1;
	above = firmware_rate(fw, id);
	if (rate > 0 && rate < above)
		fw->div[id] = above / rate < 1000 ? above / rate : 1000;
}

int firmware_change(struct firmware *fw, const struct bpmp_op *op)
{
	if (op->id >= FW_IDS)
		return -EINVAL;

	switch (op->kind) {
	case BPMP_OP_CLK_ENABLE:
		fw->on[op->id] = 1;
		return 0;
	case BPMP_OP_CLK_DISABLE:
		fw->on[op->id] = 0;
		return 0;
	case BPMP_OP_CLK_SET_RATE:
		/* Some clocks take another parent for some rates. */
		if (op->id % 4 == 1 && op->value > 1LL << 41) {
			u32 parents[MRQ_CLK_MAX_PARENTS];
			u32 n = firmware_parents(op->id, parents);

			if (n)
				fw->parent[op->id] = parents[n - 1];
		}
		set_rate(fw, op->id, op->value);
		return 0;
	case BPMP_OP_CLK_SET_PARENT:
		if (!may_feed(op->id, op->value))
			return -EINVAL;
		fw->parent[op->id] = op->value;
		return 0;
	case BPMP_OP_RESET_ASSERT:
		fw->deasserted[op->id] = 0;
		return 0;
	case BPMP_OP_RESET_DEASSERT:
	case BPMP_OP_RESET_MODULE:
		fw->deasserted[op->id] = 1;
		return 0;
	case BPMP_OP_PG_ON:
		fw->powered[op->id] = 1;
		return 0;
	case BPMP_OP_PG_OFF:
		fw->powered[op->id] = 0;
		return 0;
	default:
		return -EINVAL;
	}
}

static int clk_request(struct firmware *fw, const struct mrq_clk_request *req,
		       u8 *rx)
{
	u32 id = req->cmd_and_id & 0xffffff;
	struct bpmp_op op = { .id = id };
	struct cmd_clk_get_all_info_response info = {};
	s64 rate;

	if (!firmware_has(id))
		return -BPMP_EINVAL;

	switch (req->cmd_and_id >> 24) {
	case CMD_CLK_GET_RATE:
	case CMD_CLK_GET_FMAX_AT_VMIN:
		rate = firmware_rate(fw, id);
		memcpy(rx, &rate, 8);
		return 0;
	case CMD_CLK_ROUND_RATE:
		memcpy(rx, (const u8 *)req + 8, 8);
		return 0;
	case CMD_CLK_GET_PARENT:
		memcpy(rx, &fw->parent[id], 4);
		return 0;
	case CMD_CLK_GET_ALL_INFO:
		firmware_info(fw, id, &info);
		memcpy(rx, &info, sizeof(info));
		return 0;
	case CMD_CLK_SET_RATE:
		op.kind = BPMP_OP_CLK_SET_RATE;
		op.value = req->clk_set_rate.rate;
		break;
	case CMD_CLK_SET_PARENT:
		op.kind = BPMP_OP_CLK_SET_PARENT;
		op.value = req->clk_set_parent.parent_id;
		break;
	case CMD_CLK_ENABLE:
		op.kind = BPMP_OP_CLK_ENABLE;
		break;
	case CMD_CLK_DISABLE:
		op.kind = BPMP_OP_CLK_DISABLE;
		break;
	default:
		return -BPMP_EBADCMD;
	}

	return firmware_change(fw, &op) ? -BPMP_EINVAL : 0;
}

int firmware_request(struct firmware *fw, u32 mrq, const u8 *tx, u8 *rx)
{
	struct mrq_clk_request clk;
	struct mrq_pg_request pg;

	switch (mrq) {
	case MRQ_CLK:
		memcpy(&clk, tx, sizeof(clk));
		return clk_request(fw, &clk, rx);
	case MRQ_PG:
		memcpy(&pg, tx, sizeof(pg));
		if (pg.cmd != CMD_PG_GET_NAME || pg.id >= FW_IDS)
			return -BPMP_EINVAL;
		memcpy(rx, "domain", 7);
		return 0;
	default:
		return -BPMP_ENOHANDLER;
	}
}
