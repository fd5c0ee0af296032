// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver of the host that uses clocks, a reset and a power domain.
 */
#include <linux/clk.h>
#include <linux/err.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/pm_domain.h>
#include <linux/pm_runtime.h>
#include <linux/reset.h>
#include <linux/slab.h>

#include "fake.h"

#define MAX_CLK	512

static struct device *consumer, *reset_user, *domain_user;
static struct reset_control *reset;
static struct clk *held[MAX_CLK];

static int get(u32 id)
{
	struct of_phandle_args spec = { .args_count = 1, .args = { id } };
	struct clk *clk;

	if (id >= MAX_CLK)
		return -EINVAL;
	if (held[id])
		return 0;

	spec.np = fake_bpmp_node();
	clk = of_clk_get_from_provider(&spec);
	of_node_put(spec.np);
	if (IS_ERR_OR_NULL(clk))
		return -ENODEV;
	held[id] = clk;

	return 0;
}

int fake_clk_prepare(u32 id)
{
	return get(id) ?: clk_prepare(held[id]);
}

int fake_clk_unprepare(u32 id)
{
	int err = get(id);

	if (!err)
		clk_unprepare(held[id]);

	return err;
}

int fake_clk_on(u32 id)
{
	return get(id) ?: clk_prepare_enable(held[id]);
}

int fake_clk_off(u32 id)
{
	int err = get(id);

	if (!err)
		clk_disable_unprepare(held[id]);

	return err;
}

int fake_clk_parent(u32 id, u32 parent)
{
	return get(id) ?: get(parent) ?: clk_set_parent(held[id], held[parent]);
}

int fake_clk_rate(u32 id, u32 rate)
{
	return get(id) ?: clk_set_rate(held[id], rate);
}

static int get_reset(struct reset_control *(*get)(struct device *dev,
						  const char *id))
{
	if (!reset_user || reset)
		return -EINVAL;

	reset = get(reset_user, NULL);
	if (!IS_ERR(reset))
		return 0;

	reset = NULL;

	return -EBUSY;
}

/* As most drivers do it. */
int fake_reset_get(void)
{
	return get_reset(reset_control_get_exclusive);
}

int fake_reset_shared(void)
{
	return get_reset(reset_control_get_shared);
}

/* Without the core's warning where somebody else has it. */
int fake_reset_try(void)
{
	struct reset_control *second;
	int err;

	if (!reset_user)
		return -EINVAL;
	second = reset_control_get_exclusive_released(reset_user, NULL);
	if (IS_ERR(second))
		return PTR_ERR(second);

	err = reset_control_acquire(second);
	reset_control_put(second);

	return err;
}

int fake_reset_put(void)
{
	if (!reset)
		return -EINVAL;

	reset_control_put(reset);
	reset = NULL;

	return 0;
}

int fake_pd_get(void)
{
	return consumer ? pm_runtime_resume_and_get(consumer) : -EINVAL;
}

int fake_pd_put(void)
{
	return consumer ? pm_runtime_put_sync(consumer) : -EINVAL;
}

static void release(struct device *dev)
{
	kfree(dev);
}

/* A device in a domain, as one of a driver that comes late. */
int fake_pd_add(u32 id)
{
	struct of_phandle_args spec = { .args_count = 1, .args = { id } };
	int err;

	if (domain_user)
		return -EINVAL;
	domain_user = kzalloc(sizeof(*domain_user), GFP_KERNEL);
	if (!domain_user)
		return -ENOMEM;
	domain_user->release = release;
	dev_set_name(domain_user, "fake-domain-user");
	err = device_register(domain_user);
	if (err)
		return err;
	spec.np = fake_bpmp_node();
	err = of_genpd_add_device(&spec, domain_user);
	of_node_put(spec.np);
	pm_runtime_enable(domain_user);

	return err;
}

int fake_pd_del(void)
{
	int err;

	if (!domain_user)
		return -EINVAL;
	pm_runtime_disable(domain_user);
	err = pm_genpd_remove_device(domain_user);
	device_unregister(domain_user);
	domain_user = NULL;

	return err;
}

int fake_pd_on(void)
{
	return domain_user ? pm_runtime_resume_and_get(domain_user) : -EINVAL;
}

int fake_pd_off(void)
{
	return domain_user ? pm_runtime_put_sync(domain_user) : -EINVAL;
}

static int consumer_probe(struct platform_device *pdev)
{
	pm_runtime_enable(&pdev->dev);
	consumer = &pdev->dev;

	return 0;
}

static const struct of_device_id consumer_matches[] = {
	{ .compatible = "bpmp-virt,fake-consumer" },
	{ }
};

static struct platform_driver consumer_driver = {
	.probe = consumer_probe,
	.driver = {
		.name = "fake-bpmp-consumer",
		.of_match_table = consumer_matches,
		.suppress_bind_attrs = true,
	},
};

/* Takes what it gets, as the driver of a device would that is passed through. */
static int device_probe(struct platform_device *pdev)
{
	return 0;
}

static const struct of_device_id device_matches[] = {
	{ .compatible = "bpmp-virt,fake-device" },
	{ }
};

static struct platform_driver device_driver = {
	.probe = device_probe,
	.driver = {
		.name = "fake-bpmp-device",
		.of_match_table = device_matches,
		.suppress_bind_attrs = true,
	},
};

static void reset_user_gone(void *unused)
{
	if (reset)
		fake_reset_put();
	reset_user = NULL;
}

/* A driver that has a reset: the test binds and unbinds it. */
static int reset_user_probe(struct platform_device *pdev)
{
	reset_user = &pdev->dev;

	return devm_add_action_or_reset(&pdev->dev, reset_user_gone, NULL);
}

static const struct of_device_id reset_user_matches[] = {
	{ .compatible = "bpmp-virt,fake-reset-user" },
	{ }
};

static struct platform_driver reset_user_driver = {
	.probe = reset_user_probe,
	.driver = {
		.name = "fake-bpmp-reset-user",
		.of_match_table = reset_user_matches,
	},
};

int fake_consumer_init(void)
{
	int err = platform_driver_register(&device_driver);

	err = err ?: platform_driver_register(&reset_user_driver);

	return err ?: platform_driver_register(&consumer_driver);
}
