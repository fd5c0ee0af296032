// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a virtual machine may read of the firmware's answer to a request that
 * was forwarded, and the answer to one that the host carried out.
 */

#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "policy.h"

/* Zeroes from the end of a name on, which is the last byte at the latest. */
static void end_name(u8 *name, u32 size)
{
	bool ended = false;
	u32 i;

	for (i = 0; i < size; i++) {
		ended = ended || !name[i] || i == size - 1;
		if (ended)
			name[i] = 0;
	}
}

/*
 * Nothing in it may name a clock that the VM cannot see, and nothing past its
 * fields' ends may be handed on.
 */
static void filter_all_info(const struct bpmp_policy *policy, u32 id,
			    struct cmd_clk_get_all_info_response *info)
{
	u32 count = min_t(u32, info->num_parents, MRQ_CLK_MAX_PARENTS);
	u32 i, to = 0;

	for (i = 0; i < MRQ_CLK_MAX_PARENTS; i++) {
		u32 parent = info->parents[i];

		info->parents[i] = 0;
		if (i < count && bpmp_policy_clk_visible(policy, parent))
			info->parents[to++] = parent;
	}
	info->num_parents = to;

	if (!bpmp_policy_clk_visible(policy, info->parent))
		info->parent = 0;

	end_name(info->name, sizeof(info->name));

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

	/* What lies behind a name is of an earlier answer. */
	if (d->mrq == MRQ_PG)
		end_name(raw, min_t(u32, d->rx_size, sizeof(raw)));

	if (d->mrq == MRQ_CLK && d->cmd == CMD_CLK_GET_PARENT) {
		memcpy(&parent, raw, sizeof(parent));
		if (!bpmp_policy_clk_visible(policy, parent)) {
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
