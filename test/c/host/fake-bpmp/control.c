// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/debug/fake-bpmp/: "state" and "transcript" to read, "control" to
 * write one command at a time.
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "fake.h"

static int state_show(struct seq_file *seq, void *unused)
{
	fake_lock();
	fake_fw_state(seq);
	fake_unlock();

	return 0;
}
DEFINE_SHOW_ATTRIBUTE(state);

static int transcript_show(struct seq_file *seq, void *unused)
{
	fake_lock();
	fake_fw_transcript(seq);
	fake_unlock();

	return 0;
}
DEFINE_SHOW_ATTRIBUTE(transcript);

static int do_fail(u32 a, u32 b, u32 c, u32 d)
{
	fake_lock();
	fake_fw_fail(a, b, c, d);
	fake_unlock();

	return 0;
}

static int do_lose(u32 a, u32 b, u32 c, u32 d)
{
	fake_lock();
	fake_fw_lose(a, b, c, d);
	fake_unlock();

	return 0;
}

static int do_clear(u32 a, u32 b, u32 c, u32 d)
{
	fake_lock();
	fake_fw_clear();
	fake_unlock();

	return 0;
}

static int do_hold(u32 a, u32 b, u32 c, u32 d)
{
	fake_hold(a);

	return 0;
}

static int do_release(u32 a, u32 b, u32 c, u32 d)
{
	fake_release();

	return 0;
}

static int do_timeout(u32 a, u32 b, u32 c, u32 d)
{
	return fake_set_timeout(a);
}

static int do_suspend(u32 a, u32 b, u32 c, u32 d)
{
	return fake_suspend(a);
}

static int do_clk_on(u32 a, u32 b, u32 c, u32 d)
{
	return fake_clk_on(a);
}

static int do_clk_off(u32 a, u32 b, u32 c, u32 d)
{
	return fake_clk_off(a);
}

static int do_reset_get(u32 a, u32 b, u32 c, u32 d)
{
	return fake_reset_get();
}

static int do_reset_try(u32 a, u32 b, u32 c, u32 d)
{
	return fake_reset_try();
}

static int do_reset_put(u32 a, u32 b, u32 c, u32 d)
{
	return fake_reset_put();
}

static int do_pd_get(u32 a, u32 b, u32 c, u32 d)
{
	return fake_pd_get();
}

static int do_pd_put(u32 a, u32 b, u32 c, u32 d)
{
	return fake_pd_put();
}

static int do_clk_prepare(u32 a, u32 b, u32 c, u32 d)
{
	return fake_clk_prepare(a);
}

static int do_clk_unprepare(u32 a, u32 b, u32 c, u32 d)
{
	return fake_clk_unprepare(a);
}

static int do_clk_rate(u32 a, u32 b, u32 c, u32 d)
{
	return fake_clk_rate(a, b);
}

static int do_clk_parent(u32 a, u32 b, u32 c, u32 d)
{
	return fake_clk_parent(a, b);
}

static int do_heal(u32 a, u32 b, u32 c, u32 d)
{
	return fake_heal();
}

static int do_reset_shared(u32 a, u32 b, u32 c, u32 d)
{
	return fake_reset_shared();
}

static int do_pd_add(u32 a, u32 b, u32 c, u32 d)
{
	return fake_pd_add(a);
}

static int do_pd_del(u32 a, u32 b, u32 c, u32 d)
{
	return fake_pd_del();
}

static int do_pd_on(u32 a, u32 b, u32 c, u32 d)
{
	return fake_pd_on();
}

static int do_pd_off(u32 a, u32 b, u32 c, u32 d)
{
	return fake_pd_off();
}

static const struct {
	const char *name;
	int (*run)(u32 a, u32 b, u32 c, u32 d);
} commands[] = {
	{ "fail", do_fail },		/* MRQ COMMAND ID COUNT */
	{ "lose", do_lose },		/* the same: no answer */
	{ "clear", do_clear },		/* the transcript */
	{ "hold", do_hold },		/* COUNT answers */
	{ "release", do_release },	/* the answers held */
	{ "heal", do_heal },		/* after release: channels lost */
	{ "timeout", do_timeout },	/* MS */
	{ "suspend", do_suspend },	/* 1, or 0: awake */
	{ "clk-on", do_clk_on },	/* ID */
	{ "clk-off", do_clk_off },	/* ID */
	{ "clk-prepare", do_clk_prepare },	/* ID */
	{ "clk-unprepare", do_clk_unprepare },	/* ID */
	{ "clk-rate", do_clk_rate },	/* ID HZ */
	{ "clk-parent", do_clk_parent },	/* ID PARENT */
	{ "reset-get", do_reset_get },
	{ "reset-shared", do_reset_shared },
	{ "reset-try", do_reset_try },
	{ "reset-put", do_reset_put },
	{ "pd-get", do_pd_get },
	{ "pd-put", do_pd_put },
	{ "pd-add", do_pd_add },	/* ID: a device in the domain, off */
	{ "pd-del", do_pd_del },
	{ "pd-on", do_pd_on },
	{ "pd-off", do_pd_off },
};

static ssize_t control_write(struct file *file, const char __user *user,
			     size_t len, loff_t *pos)
{
	u32 a = 0, b = 0, c = 0, d = 0;
	char buf[64], name[16] = "";
	unsigned int i;
	int err;

	if (len >= sizeof(buf))
		return -EINVAL;
	if (copy_from_user(buf, user, len))
		return -EFAULT;
	buf[len] = 0;
	if (sscanf(buf, "%15s %u %u %u %u", name, &a, &b, &c, &d) < 1)
		return -EINVAL;

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		if (strcmp(commands[i].name, name))
			continue;
		err = commands[i].run(a, b, c, d);
		return err < 0 ? err : len;
	}

	return -EINVAL;
}

static const struct file_operations control_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = control_write,
};

void fake_control_init(void)
{
	struct dentry *dir = debugfs_create_dir("fake-bpmp", NULL);

	debugfs_create_file("state", 0400, dir, NULL, &state_fops);
	debugfs_create_file("transcript", 0400, dir, NULL, &transcript_fops);
	debugfs_create_file("control", 0200, dir, NULL, &control_fops);
}
