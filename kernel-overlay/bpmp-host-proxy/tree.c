// SPDX-License-Identifier: GPL-2.0-only
/*
 * The firmware's clocks and what can feed them, read once for all machines.
 */
#include <linux/minmax.h>
#include <linux/string.h>
#include <soc/tegra/bpmp.h>

#include "host.h"

static int read_node(struct bpmp_host *host, u32 id)
{
	struct bpmp_node *node = &host->share->tree[id];
	struct cmd_clk_get_all_info_response info;
	unsigned int i, count;
	int err;

	err = bpmp_fw_clk_info(host, id, &info);
	if (err)
		return err;

	count = min_t(unsigned int, info.num_parents, ARRAY_SIZE(node->parents));
	node->exists = info.name[0];
	node->num_parents = 0;
	for (i = 0; i < count; i++)
		if (info.parents[i] < BPMP_POLICY_IDS)
			node->parents[node->num_parents++] = info.parents[i];

	return 0;
}

/**
 * bpmp_tree_read() - read it, where no machine has yet
 * @host: on whose behalf; @changing is held and a turn is taken
 *
 * Return: 0, or a negative errno where the firmware is out of reach.
 */
int bpmp_tree_read(struct bpmp_host *host)
{
	struct bpmp_share *share = host->share;
	u32 id, max = 0;
	int err;

	if (share->tree_known)
		return 0;

	err = bpmp_fw_clk_max(host, &max);
	max = min_t(u32, max, BPMP_POLICY_IDS - 1);
	for (id = 0; id <= max && !err; id++)
		err = read_node(host, id);
	share->tree_known = !err;

	return err;
}

/** bpmp_tree_info() - what of it bpmp_policy_close() wants to know */
int bpmp_tree_info(void *data, u32 id,
		   struct cmd_clk_get_all_info_response *info)
{
	const struct bpmp_host *host = data;
	const struct bpmp_node *node = &host->share->tree[id];
	unsigned int i;

	if (!node->exists)
		return 0;

	info->name[0] = '?';
	info->num_parents = node->num_parents;
	for (i = 0; i < node->num_parents; i++)
		info->parents[i] = node->parents[i];

	return 0;
}

/** bpmp_feeds() - whether a clock can feed another */
bool bpmp_feeds(const struct bpmp_share *share, u32 parent, u32 id)
{
	const struct bpmp_node *node = &share->tree[id];
	unsigned int i;

	for (i = 0; i < node->num_parents; i++)
		if (node->parents[i] == parent)
			return true;

	return false;
}
