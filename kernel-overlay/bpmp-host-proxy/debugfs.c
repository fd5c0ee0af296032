// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/debug/bpmp-host/NAME/: counters and ids, to look at only.
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "host.h"

static struct dentry *root;

static int stats_show(struct seq_file *seq, void *unused)
{
	struct bpmp_host *host = seq->private;
	struct bpmp_host_stats *stats = &host->stats;
	const struct {
		const char *name;
		atomic64_t *count;
	} rows[] = {
		{ "requests", &stats->requests },
		{ "answered", &stats->answered },
		{ "forwarded", &stats->forwarded },
		{ "changed", &stats->changed },
		{ "refused", &stats->refused },
		{ "failed", &stats->failed },
		{ "undone", &stats->undone },
		{ "undo_left", &stats->undo_left },
		{ "undo_failed", &stats->undo_failed },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		seq_printf(seq, "%s %lld\n", rows[i].name,
			   atomic64_read(rows[i].count));
	seq_printf(seq, "channels_lost %u\n", bpmp_turns_lost(host->share));

	return 0;
}
DEFINE_SHOW_ATTRIBUTE(stats);

static void show_set(struct seq_file *seq, const char *name,
		     const struct bpmp_idset *set)
{
	unsigned int id;

	seq_puts(seq, name);
	for (id = 0; id < BPMP_POLICY_IDS; id++)
		if (bpmp_idset_has(set, id))
			seq_printf(seq, " %u", id);
	seq_putc(seq, '\n');
}

static int ids_show(struct seq_file *seq, void *unused)
{
	struct bpmp_host *host = seq->private;
	const struct bpmp_policy *policy = &host->policy;
	int err;

	err = mutex_lock_killable(&host->lock);
	if (err)
		return err;

	show_set(seq, "own-clocks", &policy->clk[BPMP_CLK_OWN]);
	show_set(seq, "shared-clocks", &policy->clk[BPMP_CLK_SHARED]);
	show_set(seq, "ancestor-clocks", &policy->clk[BPMP_CLK_ANCESTOR]);
	show_set(seq, "resets", &policy->reset);
	show_set(seq, "power-domains", &policy->pg);
	show_set(seq, "clocks-on", &host->vm.clk_on);
	show_set(seq, "resets-deasserted", &host->vm.reset_deasserted);
	show_set(seq, "power-domains-on", &host->vm.pg_on);
	show_set(seq, "clocks-demoted", &policy->demoted);
	show_set(seq, "clocks-unknown", &policy->unknown);
	show_set(seq, "clocks-left-to-others", &host->left);
	show_set(seq, "clocks-in-doubt", &policy->clk_busy);
	show_set(seq, "resets-in-doubt", &policy->reset_busy);
	show_set(seq, "power-domains-in-doubt", &policy->pg_busy);

	mutex_unlock(&host->lock);

	return 0;
}
DEFINE_SHOW_ATTRIBUTE(ids);

void bpmp_host_debugfs_init(void)
{
	root = debugfs_create_dir("bpmp-host", NULL);
}

void bpmp_host_debugfs_exit(void)
{
	debugfs_remove_recursive(root);
}

void bpmp_host_debugfs_add(struct bpmp_host *host)
{
	host->debugfs = debugfs_create_dir(host->name, root);
	debugfs_create_file("stats", 0400, host->debugfs, host, &stats_fops);
	debugfs_create_file("ids", 0400, host->debugfs, host, &ids_fops);
}

void bpmp_host_debugfs_remove(struct bpmp_host *host)
{
	debugfs_remove_recursive(host->debugfs);
}
