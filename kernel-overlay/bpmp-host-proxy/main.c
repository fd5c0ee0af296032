// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tegra BPMP host proxy: lets a virtual machine that owns a device use the
 * clocks, resets and power domains of that device, and of no other.
 *
 * Needs no change to the rest of the kernel: works built in and as a module.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/of_platform.h>
#include <linux/platform_device.h>
#include <soc/tegra/bpmp.h>

#include "host.h"

/* Of a kind that the log is told of once, but there are many kinds. */
#define LOG_INTERVAL	(60 * HZ)
#define LOG_BURST	10

static const struct of_device_id bpmp_matches[] = {
	{ .compatible = "nvidia,tegra186-bpmp" },
	{ .compatible = "nvidia,tegra210-bpmp" },
	{ }
};

/* The only BPMP of the system, for a node that does not name one. */
static struct device_node *find_only_bpmp(struct device *dev)
{
	struct device_node *np, *found = NULL;

	for_each_matching_node(np, bpmp_matches) {
		if (!of_device_is_available(np))
			continue;
		if (found) {
			of_node_put(np);
			of_node_put(found);
			dev_err(dev, "more than one BPMP: name one with nvidia,bpmp\n");
			return ERR_PTR(-EINVAL);
		}
		found = of_node_get(np);
	}

	return found ?: ERR_PTR(-EPROBE_DEFER);
}

static struct device_node *find_bpmp(struct device *dev)
{
	struct device_node *np;

	if (!of_property_present(dev->of_node, "nvidia,bpmp"))
		return find_only_bpmp(dev);

	np = of_parse_phandle(dev->of_node, "nvidia,bpmp", 0);
	if (np && of_match_node(bpmp_matches, np))
		return np;

	of_node_put(np);
	dev_err(dev, "nvidia,bpmp does not name a BPMP\n");

	return ERR_PTR(-EINVAL);
}

static void put_bpmp(void *bpmp)
{
	tegra_bpmp_put(bpmp);
}

/*
 * Not tegra_bpmp_get(): that gives what a probe still under way may free, or
 * what another driver calls its data. Once bound a BPMP stays, since its driver
 * allows no unbinding. The look goes without its lock, which its probe holds
 * where that makes this device, from a node below its own.
 */
static struct tegra_bpmp *get_bpmp(struct device *dev)
{
	struct platform_device *pdev;
	struct tegra_bpmp *bpmp;
	struct device_node *np;
	int err;

	np = find_bpmp(dev);
	if (IS_ERR(np))
		return ERR_CAST(np);

	pdev = of_find_device_by_node(np);
	of_node_put(np);
	if (!pdev)
		return ERR_PTR(-EPROBE_DEFER);
	if (!device_is_bound(&pdev->dev)) {
		put_device(&pdev->dev);
		return ERR_PTR(-EPROBE_DEFER);
	}

	bpmp = platform_get_drvdata(pdev);
	err = devm_add_action_or_reset(dev, put_bpmp, bpmp);
	if (err)
		return ERR_PTR(err);

	if (!device_link_add(dev, bpmp->dev, DL_FLAG_AUTOREMOVE_CONSUMER))
		return ERR_PTR(-EINVAL);

	return bpmp;
}

static void bpmp_host_free(struct kref *ref)
{
	struct bpmp_host *host = container_of(ref, struct bpmp_host, ref);

	xa_destroy(&host->reset_index);
	mutex_destroy(&host->lock);
	kvfree(host);
}

/** bpmp_host_put() - drop a reference */
void bpmp_host_put(struct bpmp_host *host)
{
	kref_put(&host->ref, bpmp_host_free);
}

static void put_host(void *host)
{
	bpmp_host_put(host);
}

static struct bpmp_host *new_host(struct device *dev, struct tegra_bpmp *bpmp)
{
	struct bpmp_host *host;
	int err;

	host = kvzalloc(sizeof(*host), GFP_KERNEL);
	if (!host)
		return ERR_PTR(-ENOMEM);

	kref_init(&host->ref);
	host->dev = dev;
	host->bpmp = bpmp;
	init_rwsem(&host->calls);
	mutex_init(&host->lock);
	bpmp_vm_init(&host->vm);
	INIT_LIST_HEAD(&host->reset_users);
	xa_init(&host->reset_index);
	xa_init(&host->resets);
	xa_init(&host->domains);
	ratelimit_state_init(&host->log_limit, LOG_INTERVAL, LOG_BURST);
	ratelimit_set_flags(&host->log_limit, RATELIMIT_MSG_ON_RELEASE);

	err = devm_add_action_or_reset(dev, put_host, host);

	return err ? ERR_PTR(err) : host;
}

/* What is not there the machine does not get: say so, once a kind. */
static void say_ids(struct bpmp_host *host, const struct bpmp_idset *set,
		    const char *what)
{
	unsigned int id;

	for (id = 0; id < BPMP_POLICY_IDS; id++)
		if (bpmp_idset_has(set, id))
			dev_warn(host->dev, "%u: %s\n", id, what);
}

static void say_beyond(struct bpmp_host *host, const struct bpmp_idset *set,
		       int err, u32 max, const char *what)
{
	if (!err && bpmp_idset_end(set) > max + 1)
		dev_warn(host->dev, "%u: the firmware has no such %s\n",
			 bpmp_idset_end(set) - 1, what);
}

static int read_firmware(struct bpmp_host *host)
{
	struct bpmp_policy *policy = &host->policy;
	u32 max = 0;
	int err;

	err = bpmp_tree_read(host);
	if (!err)
		err = bpmp_policy_close(policy, bpmp_tree_info, host);
	if (err)
		return err;

	say_ids(host, &policy->unknown, "the firmware has no such clock");
	say_ids(host, &policy->demoted,
		"a clock that can feed others than the machine's own: shared, not own");
	err = bpmp_fw_reset_max(host, &max);
	say_beyond(host, &policy->reset, err, max, "reset");
	err = bpmp_fw_pg_max(host, &max);
	say_beyond(host, &policy->pg, err, max, "power domain");

	return 0;
}

static int close_policy(struct bpmp_host *host)
{
	int err;

	/* The lock first: who holds it waits for a turn, too. */
	mutex_lock(&host->share->changing);
	err = bpmp_turn_begin(host, true);
	if (!err) {
		err = read_firmware(host);
		bpmp_turn_end(host);
	}
	mutex_unlock(&host->share->changing);

	return err;
}

/* The reverse of what probe does after the node is read. */
static void shut(void *data)
{
	struct bpmp_host *host = data;

	bpmp_host_debugfs_remove(host);
	bpmp_host_unregister(host);
	bpmp_claims_release(host, true);
}

static void free_resets(void *data)
{
	bpmp_host_free_resets(data);
}

static int bpmp_host_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	struct tegra_bpmp *bpmp;
	struct bpmp_host *host;
	int err;

	bpmp = get_bpmp(dev);
	if (IS_ERR(bpmp))
		return dev_err_probe(dev, PTR_ERR(bpmp), "no BPMP\n");

	host = new_host(dev, bpmp);
	if (IS_ERR(host))
		return PTR_ERR(host);

	err = devm_add_action_or_reset(dev, free_resets, host);
	if (err)
		return err;
	err = bpmp_host_parse(host);
	if (err)
		return err;

	host->share = bpmp_share_get(bpmp);
	if (!host->share)
		return -ENOMEM;
	err = bpmp_section_init(host);
	if (err)
		return err;

	err = close_policy(host);
	if (err)
		return dev_err_probe(dev, err, "cannot read the clock tree\n");

	err = bpmp_host_register(host);
	if (err)
		return err;
	platform_set_drvdata(pdev, host);
	bpmp_host_debugfs_add(host);
	err = devm_add_action_or_reset(dev, shut, host);
	if (err)
		return err;

	dev_info(dev, "/dev/%s: %u own clocks, %u shared, %u above them, %u resets, %u power domains\n",
		 host->name, bpmp_idset_count(&host->policy.clk[BPMP_CLK_OWN]),
		 bpmp_idset_count(&host->policy.clk[BPMP_CLK_SHARED]),
		 bpmp_idset_count(&host->policy.clk[BPMP_CLK_ANCESTOR]),
		 bpmp_idset_count(&host->policy.reset),
		 bpmp_idset_count(&host->policy.pg));

	return 0;
}

/* What is started next, by kexec for example, finds the chip as it was. */
static void bpmp_host_shutdown(struct platform_device *pdev)
{
	bpmp_host_stop(platform_get_drvdata(pdev));
}

static const struct of_device_id bpmp_host_matches[] = {
	{ .compatible = "nvidia,bpmp-host-proxy" },
	{ }
};
MODULE_DEVICE_TABLE(of, bpmp_host_matches);

static struct platform_driver bpmp_host_driver = {
	.probe = bpmp_host_probe,
	.shutdown = bpmp_host_shutdown,
	.driver = {
		.name = "bpmp-host-proxy",
		.of_match_table = bpmp_host_matches,
	},
};

static int __init bpmp_host_init(void)
{
	int err;

	/* Built in, it has an initcall of its own, long before this one. */
	err = __is_defined(MODULE) ? bpmp_passthrough_init() : 0;
	if (err)
		return err;

	bpmp_host_debugfs_init();
	err = platform_driver_register(&bpmp_host_driver);
	if (err) {
		bpmp_host_debugfs_exit();
		bpmp_passthrough_exit();
		bpmp_shares_free();
	}

	return err;
}

static void __exit bpmp_host_exit(void)
{
	platform_driver_unregister(&bpmp_host_driver);
	bpmp_host_debugfs_exit();
	bpmp_passthrough_exit();
	bpmp_shares_free();
}

module_init(bpmp_host_init);
module_exit(bpmp_host_exit);

MODULE_DESCRIPTION("Tegra BPMP host proxy for virtual machines");
MODULE_LICENSE("GPL");
