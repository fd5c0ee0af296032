// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a virtual machine may read of the firmware's answer to a request that
 * was forwarded, and the answer to one that the host carried out.
 */

#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "policy.h"

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
		if (bpmp_policy_clk_visible(policy, info->parents[from]))
			info->parents[to++] = info->parents[from];
	info->num_parents = to;
	for (; to < MRQ_CLK_MAX_PARENTS; to++)
		info->parents[to] = 0;

	if (!bpmp_policy_clk_visible(policy, info->parent))
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
