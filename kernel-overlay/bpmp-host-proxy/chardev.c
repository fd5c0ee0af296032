// SPDX-License-Identifier: GPL-2.0-only
/*
 * The character device: see include/uapi/linux/bpmp-host.h.
 */
#include <linux/bpmp-host.h>
#include <linux/build_bug.h>
#include <linux/cred.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/stddef.h>
#include <linux/uaccess.h>
#include <soc/tegra/bpmp.h>

#include "host.h"

static_assert(sizeof(struct bpmp_host_transfer) == 264);
static_assert(sizeof(struct bpmp_host_info) == 72);
static_assert(sizeof(struct bpmp_host_compat) == 48);
static_assert(BPMP_HOST_PAYLOAD == BPMP_PAYLOAD_MAX);

/* struct bpmp_host_compat and what the earliest programs sent after it. */
#define COMPAT_LONG	(sizeof(struct bpmp_host_compat) + sizeof(u64))

static bool compatible_write;
module_param(compatible_write, bool, 0444);
MODULE_PARM_DESC(compatible_write, "take write() from the earliest programs on every device");

/* Guards the list of all machines, whose names are one each. */
static DEFINE_MUTEX(hosts_lock);
static LIST_HEAD(hosts);

static struct bpmp_host *host_of(struct file *file)
{
	return container_of(file->private_data, struct bpmp_host, misc);
}

/* The misc core holds its lock: nothing here may ask the firmware. */
static int bpmp_host_open(struct inode *inode, struct file *file)
{
	struct bpmp_host *host = host_of(file);

	if (test_and_set_bit(0, &host->open))
		return -EBUSY;
	kref_get(&host->ref);

	return nonseekable_open(inode, file);
}

/* No call is under way: each holds a reference to the file. */
static int bpmp_host_release(struct inode *inode, struct file *file)
{
	struct bpmp_host *host = host_of(file);

	down_write(&host->calls);
	if (!host->gone)
		bpmp_host_undo(host);
	up_write(&host->calls);

	clear_bit(0, &host->open);
	bpmp_host_put(host);

	return 0;
}

static long transfer(struct bpmp_host *host,
		     struct bpmp_host_transfer __user *arg)
{
	struct bpmp_host_transfer msg;
	struct bpmp_answer answer;
	int err;

	if (copy_from_user(&msg, arg, sizeof(msg)))
		return -EFAULT;
	if (msg.flags || msg.reserved || msg.tx_size > sizeof(msg.tx) ||
	    msg.rx_size > sizeof(msg.rx))
		return -EINVAL;

	err = bpmp_host_request(host, msg.mrq, msg.tx, msg.tx_size,
				msg.rx_size, &answer);
	if (err)
		return err;

	msg.ret = answer.ret;
	msg.rx_size = answer.rx_size;
	memcpy(msg.rx, answer.rx, sizeof(msg.rx));
	if (copy_to_user(arg, &msg, sizeof(msg)))
		return -EFAULT;

	return 0;
}

static void fill_info(struct bpmp_host *host, struct bpmp_host_info *info)
{
	const struct bpmp_policy *policy = &host->policy;

	*info = (struct bpmp_host_info) {
		.argsz = sizeof(*info),
		.version = BPMP_HOST_VERSION,
		.own_clocks = bpmp_idset_count(&policy->clk[BPMP_CLK_OWN]),
		.shared_clocks =
			bpmp_idset_count(&policy->clk[BPMP_CLK_SHARED]),
		.ancestor_clocks =
			bpmp_idset_count(&policy->clk[BPMP_CLK_ANCESTOR]),
		.own_resets = bpmp_idset_count(&policy->reset),
		.own_domains = bpmp_idset_count(&policy->pg),
		.quarantined = bpmp_idset_count(&policy->clk_busy) +
			       bpmp_idset_count(&policy->reset_busy) +
			       bpmp_idset_count(&policy->pg_busy),
		.demoted = bpmp_idset_count(&policy->demoted),
		.channels = host->bpmp->soc->channels.thread.count,
		.channels_lost = bpmp_turns_lost(host->share),
		.transfers = atomic64_read(&host->stats.requests),
		.refusals = atomic64_read(&host->stats.refused),
		.undo_left = atomic64_read(&host->stats.undo_left),
	};
}

static long info(struct bpmp_host *host, struct bpmp_host_info __user *arg)
{
	struct bpmp_host_info info;
	u32 argsz;
	int err;

	if (get_user(argsz, &arg->argsz))
		return -EFAULT;
	if (argsz < offsetofend(struct bpmp_host_info, version))
		return -EINVAL;

	err = down_read_killable(&host->calls);
	if (err)
		return err;
	if (host->gone)
		err = -ENODEV;
	else
		fill_info(host, &info);
	up_read(&host->calls);
	if (err)
		return err;

	return copy_to_user(arg, &info, min_t(size_t, argsz, sizeof(info))) ?
	       -EFAULT : 0;
}

static long reset(struct bpmp_host *host)
{
	int err;

	err = down_write_killable(&host->calls);
	if (err)
		return err;
	if (host->gone)
		err = -ENODEV;
	else
		bpmp_host_undo(host);
	up_write(&host->calls);

	return err;
}

static long bpmp_host_ioctl(struct file *file, unsigned int cmd,
			    unsigned long arg)
{
	struct bpmp_host *host = host_of(file);
	void __user *user = (void __user *)arg;

	switch (cmd) {
	case BPMP_HOST_TRANSFER:
		return transfer(host, user);
	case BPMP_HOST_INFO:
		return info(host, user);
	case BPMP_HOST_RESET:
		return reset(host);
	default:
		return -ENOTTY;
	}
}

/*
 * The earlier programs look at @ret only where write() succeeds, and take what
 * they had there before for the firmware's answer where it fails. So a refusal
 * is a success with a negative @ret.
 */
static int write_request(struct bpmp_host *host, struct bpmp_host_compat *msg,
			 struct bpmp_answer *answer)
{
	u8 tx[BPMP_PAYLOAD_MAX] = {};
	int err;

	if (copy_from_user(tx, u64_to_user_ptr(msg->tx_data), msg->tx_size))
		return -EFAULT;

	err = bpmp_host_request(host, msg->mrq, tx, msg->tx_size, msg->rx_size,
				answer);
	if (err == -EINTR || err == -ENODEV)
		return err;

	msg->ret = err ?: answer->ret;
	msg->rx_size = err ? 0 : answer->rx_size;

	return 0;
}

static ssize_t bpmp_host_write(struct file *file, const char __user *buf,
			       size_t len, loff_t *pos)
{
	/* Written to all the same: the earlier interface is made so. */
	void __user *user = (void __user *)buf;
	struct bpmp_host_compat msg;
	struct bpmp_answer answer;
	int err;

	if (!compatible_write && !host_of(file)->compat_write)
		return -EINVAL;
	/* A write may be done by one who was handed the file, unknowing. */
	if (file->f_cred != current_cred())
		return -EACCES;
	if (len != sizeof(msg) && len != COMPAT_LONG)
		return -EINVAL;
	if (copy_from_user(&msg, buf, sizeof(msg)))
		return -EFAULT;
	if (msg.tx_size > BPMP_PAYLOAD_MAX || msg.rx_size > BPMP_PAYLOAD_MAX)
		return -EINVAL;

	err = write_request(host_of(file), &msg, &answer);
	if (err)
		return err;

	if (copy_to_user(u64_to_user_ptr(msg.rx_data), answer.rx, msg.rx_size))
		return -EFAULT;
	if (copy_to_user(user, &msg, sizeof(msg)))
		return -EFAULT;

	return len;
}

static const struct file_operations bpmp_host_fops = {
	.owner = THIS_MODULE,
	.open = bpmp_host_open,
	.release = bpmp_host_release,
	.unlocked_ioctl = bpmp_host_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.write = bpmp_host_write,
};

static int name_add(struct bpmp_host *host)
{
	struct bpmp_host *other;
	int err = 0;

	mutex_lock(&hosts_lock);
	list_for_each_entry(other, &hosts, node)
		if (!strcmp(other->name, host->name))
			err = -EEXIST;
	if (!err)
		list_add(&host->node, &hosts);
	mutex_unlock(&hosts_lock);

	return err;
}

static void name_del(struct bpmp_host *host)
{
	mutex_lock(&hosts_lock);
	list_del(&host->node);
	mutex_unlock(&hosts_lock);
}

/**
 * bpmp_host_register() - make the character device
 * @host: ready for calls
 *
 * Return: 0, or a negative errno with the reason logged.
 */
int bpmp_host_register(struct bpmp_host *host)
{
	int err;

	err = name_add(host);
	if (err)
		return dev_err_probe(host->dev, err,
				     "/dev/%s is there already: give each node a label\n",
				     host->name);

	host->misc.minor = MISC_DYNAMIC_MINOR;
	host->misc.name = host->name;
	host->misc.nodename = host->name;
	host->misc.mode = 0600;
	host->misc.fops = &bpmp_host_fops;
	host->misc.parent = host->dev;
	err = misc_register(&host->misc);
	if (err) {
		name_del(host);
		return dev_err_probe(host->dev, err, "cannot make /dev/%s\n",
				     host->name);
	}

	return 0;
}

/**
 * bpmp_host_unregister() - take it away, also from whoever has it open
 * @host: takes no call any more on return, and all is put back
 */
void bpmp_host_unregister(struct bpmp_host *host)
{
	misc_deregister(&host->misc);
	name_del(host);
	bpmp_host_stop(host);
}

/**
 * bpmp_host_stop() - take no call any more, and put all back
 * @host: may have been stopped before
 */
void bpmp_host_stop(struct bpmp_host *host)
{
	down_write(&host->calls);
	if (!host->gone)
		bpmp_host_undo(host);
	host->gone = true;
	up_write(&host->calls);
}
