// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver of the host that uses clocks, a reset and a power domain.
 */
#include <linux/clk.h>
#include <linux/err.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/pm_runtime.h>
#include <linux/reset.h>

#include "fake.h"

#define MAX_CLK	512

static struct device *consumer;
static struct reset_control *reset;
static struct clk *held[MAX_CLK];

int fake_clk_on(u32 id)
{
	struct of_phandle_args spec = { .args_count = 1, .args = { id } };
	struct clk *clk;
	int err;

	if (id >= MAX_CLK || held[id])
		return -EINVAL;

	spec.np = fake_bpmp_node();
	clk = of_clk_get_from_provider(&spec);
	of_node_put(spec.np);
	if (IS_ERR_OR_NULL(clk))
		return -ENODEV;

	err = clk_prepare_enable(clk);
	if (err)
		clk_put(clk);
	else
		held[id] = clk;

	return err;
}

int fake_clk_off(u32 id)
{
	if (id >= MAX_CLK || !held[id])
		return -EINVAL;

	clk_disable_unprepare(held[id]);
	clk_put(held[id]);
	held[id] = NULL;

	return 0;
}

/* As most drivers do it. */
int fake_reset_get(void)
{
	if (!consumer || reset)
		return -EINVAL;

	reset = reset_control_get_exclusive(consumer, NULL);
	if (!IS_ERR(reset))
		return 0;

	reset = NULL;

	return -EBUSY;
}

/* Without the core's warning where somebody else has it. */
int fake_reset_try(void)
{
	struct reset_control *second;
	int err;

	second = reset_control_get_exclusive_released(consumer, NULL);
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

int fake_consumer_init(void)
{
	int err = platform_driver_register(&device_driver);

	return err ?: platform_driver_register(&consumer_driver);
}
