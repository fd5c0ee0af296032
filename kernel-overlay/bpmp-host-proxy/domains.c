// SPDX-License-Identifier: GPL-2.0-only
/*
 * Power domains of a virtual machine: for each a device that does nothing but
 * hang in the domain, so that the machine counts as one of its users.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/of.h>
#include <linux/pm_domain.h>
#include <linux/pm_runtime.h>
#include <linux/slab.h>
#include <soc/tegra/bpmp.h>

#include "host.h"

static void domain_release(struct device *dev)
{
	kfree(dev);
}

static struct device *domain_new(struct bpmp_host *host, u32 id)
{
	struct of_phandle_args spec = {
		.np = host->bpmp->dev->of_node,
		.args_count = 1,
		.args = { id },
	};
	struct device *dev;
	int err;

	dev = kzalloc(sizeof(*dev), GFP_KERNEL);
	if (!dev)
		return ERR_PTR(-ENOMEM);

	dev->parent = host->dev;
	dev->release = domain_release;
	dev_set_name(dev, "%s:pg%u", dev_name(host->dev), id);
	err = device_register(dev);
	if (err)
		goto put;

	err = of_genpd_add_device(&spec, dev);
	if (err)
		goto unregister;

	pm_runtime_enable(dev);

	return dev;

unregister:
	device_del(dev);
put:
	put_device(dev);

	return ERR_PTR(err);
}

static void domain_free(struct device *dev)
{
	int err;

	pm_runtime_disable(dev);
	err = pm_genpd_remove_device(dev);
	if (err) {
		/* Only in the middle of a suspend; the domain points to it. */
		dev_err(dev, "cannot leave its power domain: %d\n", err);
		return;
	}
	device_unregister(dev);
}

static struct device *domain_of(struct bpmp_host *host, u32 id)
{
	struct device *dev;
	int err;

	dev = xa_load(&host->domains, id);
	if (dev)
		return dev;

	dev = domain_new(host, id);
	if (IS_ERR(dev))
		return dev;

	err = xa_err(xa_store(&host->domains, id, dev, GFP_KERNEL));
	if (err) {
		domain_free(dev);
		return ERR_PTR(err);
	}

	return dev;
}

static int remember(struct bpmp_host *host, u32 id)
{
	struct bpmp_host_before *before = &host->before;
	bool on = false;
	int err;

	if (bpmp_idset_has(&before->pg_seen, id))
		return 0;

	err = bpmp_fw_pg_state(host, id, &on);
	if (err)
		return err;

	bpmp_idset_add(&before->pg_seen, id);
	if (on)
		bpmp_idset_add(&before->pg_on, id);

	return 0;
}

/**
 * bpmp_host_pg_change() - do a change that the policy allows, or undo it
 * @host: the machine
 * @op: BPMP_OP_PG_*
 *
 * Return: 0 or a negative errno, see host.h.
 */
int bpmp_host_pg_change(struct bpmp_host *host, const struct bpmp_op *op)
{
	struct device *dev;
	int err;

	err = bpmp_claim(host, BPMP_CLAIM_PG, op->id);
	if (err)
		return err;

	dev = domain_of(host, op->id);
	if (IS_ERR(dev))
		return PTR_ERR(dev);

	switch (op->kind) {
	case BPMP_OP_PG_ON:
		err = remember(host, op->id);
		if (err)
			return err;
		return pm_runtime_resume_and_get(dev);
	case BPMP_OP_PG_OFF:
		/* Drops the count also where the domain then stays on. */
		pm_runtime_put_sync(dev);
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

/**
 * bpmp_host_pg_settle() - switch on again what was on without a user
 * @host: the machine, which by now uses no domain
 * @id: a domain of @before
 *
 * Return: 0 or a negative errno.
 */
int bpmp_host_pg_settle(struct bpmp_host *host, u32 id)
{
	bool on = false;
	int err;

	if (!bpmp_idset_has(&host->before.pg_on, id))
		return 0;

	err = bpmp_fw_pg_state(host, id, &on);
	if (err || on)
		return err;

	return bpmp_fw_pg_set_state(host, id, true);
}

/** bpmp_host_pg_free() - leave all domains, at unbind */
void bpmp_host_pg_free(struct bpmp_host *host)
{
	struct device *dev;
	unsigned long id;

	xa_for_each(&host->domains, id, dev)
		domain_free(dev);
	xa_destroy(&host->domains);
}
