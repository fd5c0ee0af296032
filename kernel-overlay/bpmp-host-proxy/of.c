// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a virtual machine may use, from its node in the device tree.
 */
#include <linux/ctype.h>
#include <linux/device.h>
#include <linux/errno.h>
#include <linux/of.h>
#include <soc/tegra/bpmp.h>

#include "host.h"

static int add_own_clock(struct bpmp_policy *policy, u32 id)
{
	return bpmp_policy_add_clock(policy, id, BPMP_CLK_OWN);
}

static int add_shared_clock(struct bpmp_policy *policy, u32 id)
{
	return bpmp_policy_add_clock(policy, id, BPMP_CLK_SHARED);
}

static const struct {
	const char *property;
	int (*add)(struct bpmp_policy *policy, u32 id);
} lists[] = {
	{ "allowed-clocks", add_own_clock },
	{ "shared-clocks", add_shared_clock },
	{ "allowed-resets", bpmp_policy_add_reset },
	{ "allowed-power-domains", bpmp_policy_add_pg },
};

/* A list that cannot be read to its end must not open the part before it. */
static int parse_list(struct bpmp_host *host, unsigned int i)
{
	const char *property = lists[i].property;
	struct device *dev = host->dev;
	int count, n, err;
	u32 id;

	if (!of_property_present(dev->of_node, property))
		return 0;

	count = of_property_count_u32_elems(dev->of_node, property);
	if (count < 0)
		return dev_err_probe(dev, count, "%s is not a list of ids\n",
				     property);

	for (n = 0; n < count; n++) {
		err = of_property_read_u32_index(dev->of_node, property, n,
						 &id);
		if (!err)
			err = lists[i].add(&host->policy, id);
		if (err)
			return dev_err_probe(dev, err, "%s: entry %d%s\n",
					     property, n,
					     err == -ERANGE ? " is not an id" :
					     err == -EEXIST ? " is listed twice"
							    : "");
	}

	return 0;
}

static int parse_name(struct bpmp_host *host)
{
	struct device *dev = host->dev;
	const char *label, *c;
	int err;

	err = of_property_read_string(dev->of_node, "label", &label);
	if (err == -EINVAL) {
		strscpy(host->name, "bpmp-host");
		return 0;
	}
	if (err)
		return dev_err_probe(dev, err, "label is not a string\n");

	/* It becomes a file name in /dev and in debugfs. */
	for (c = label; *c; c++)
		if (!isalnum(*c) && *c != '-' && *c != '_')
			break;
	if (c == label || *c)
		return dev_err_probe(dev, -EINVAL,
				     "label \"%s\": only letters, digits, - and _\n",
				     label);

	if (snprintf(host->name, sizeof(host->name), "bpmp-host-%s", label) >=
	    sizeof(host->name))
		return dev_err_probe(dev, -EINVAL, "label \"%s\" is too long\n",
				     label);

	return 0;
}

/**
 * bpmp_host_parse() - read the node
 * @host: its name, policy (not closed yet) and resets are filled in
 *
 * Return: 0, or a negative errno with the reason logged.
 */
int bpmp_host_parse(struct bpmp_host *host)
{
	unsigned int i;
	int err;

	host->compat_write = of_property_read_bool(host->dev->of_node,
						   "nvidia,compatible-write");

	err = parse_name(host);
	for (i = 0; !err && i < ARRAY_SIZE(lists); i++)
		err = parse_list(host, i);

	return err ?: bpmp_host_parse_resets(host);
}
