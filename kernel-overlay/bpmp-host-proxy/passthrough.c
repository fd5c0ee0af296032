// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices that are for virtual machines: those that a node names in
 * passthrough-devices bind to vfio-platform and to no driver of the host.
 *
 * Built in, this comes before the devices of the tree are made, so that no
 * driver of the host ever touches them. A module comes after: what a driver
 * has by then stays with it until somebody unbinds it.
 */
#include <linux/device.h>
#include <linux/init.h>
#include <linux/notifier.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/string.h>
#include <linux/xarray.h>

#include "host.h"

#define PROPERTY	"passthrough-devices"
#define DRIVER		"vfio-platform"

/* Phandles of the devices that any node names. */
static DEFINE_XARRAY(named);

static int keep(struct device *dev, void *unused)
{
	const char *driver;
	int err;

	if (!dev->of_node || !xa_load(&named, dev->of_node->phandle))
		return 0;

	if (READ_ONCE(dev->driver)) {
		driver = dev_driver_string(dev);
		if (strcmp(driver, DRIVER))
			dev_info(dev, "is for a virtual machine; unbind %s to pass it through\n",
				 driver);
		return 0;
	}

	err = device_set_driver_override(dev, DRIVER);
	if (err)
		dev_err(dev, "is not kept for a virtual machine: %d\n", err);
	else
		dev_info(dev, "is kept for a virtual machine\n");

	return 0;
}

static int added(struct notifier_block *block, unsigned long event, void *dev)
{
	if (event == BUS_NOTIFY_ADD_DEVICE)
		keep(dev, NULL);

	return NOTIFY_DONE;
}

static struct notifier_block notifier = {
	.notifier_call = added,
};

/* What cannot be read is said, and keeps no other device from being kept. */
static void read_list(const struct device_node *np)
{
	int count, i, err = 0;
	u32 phandle;

	if (!of_property_present(np, PROPERTY))
		return;

	count = of_property_count_u32_elems(np, PROPERTY);
	for (i = 0; i < count && !err; i++) {
		err = of_property_read_u32_index(np, PROPERTY, i, &phandle);
		/* A node that nothing refers to has 0, and so have many. */
		if (!err && phandle)
			err = xa_err(xa_store(&named, phandle, xa_mk_value(1),
					      GFP_KERNEL));
	}
	if (count < 0 || err)
		pr_err("%pOF: cannot read " PROPERTY ": %d\n", np,
		       err ?: count);
}

/**
 * bpmp_passthrough_init() - keep the devices named, from now on
 *
 * Return: 0, or a negative errno with nothing to take back.
 */
int __init bpmp_passthrough_init(void)
{
	struct device_node *np;
	int err;

	for_each_compatible_node(np, NULL, "nvidia,bpmp-host-proxy")
		if (of_device_is_available(np))
			read_list(np);
	if (xa_empty(&named))
		return 0;

	err = bus_register_notifier(&platform_bus_type, &notifier);
	if (err) {
		xa_destroy(&named);
		return err;
	}
	/* Looks twice at what is added meanwhile: once would miss it. */
	bus_for_each_dev(&platform_bus_type, NULL, NULL, keep);

	return 0;
}

#ifndef MODULE
/* The devices of the tree are made at arch_initcall_sync. */
core_initcall(bpmp_passthrough_init);
#endif

/** bpmp_passthrough_exit() - leave alone what is added from now on */
void bpmp_passthrough_exit(void)
{
	if (!xa_empty(&named))
		bus_unregister_notifier(&platform_bus_type, &notifier);
	xa_destroy(&named);
}
