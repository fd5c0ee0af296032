// SPDX-License-Identifier: GPL-2.0-only
/*
 * Power domains of a virtual machine: for each a device that does nothing but
 * hang in the domain, so that the machine counts as one of its users.
 *
 * A turn is held while the domain's own lock is waited for, which a driver of
 * the host holds no longer than the firmware takes to switch the domain.
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

/* Whether no device of the host is in the domain. */
static bool alone(struct device *dev)
{
	return READ_ONCE(pd_to_genpd(dev->pm_domain)->device_count) == 1;
}

static bool is_on(struct device *dev)
{
	return READ_ONCE(pd_to_genpd(dev->pm_domain)->status) ==
	       GENPD_STATE_ON;
}

/* Whether the framework has a reason to keep the domain on without @dev. */
static bool used_by_others(struct device *dev)
{
	struct generic_pm_domain *genpd = pd_to_genpd(dev->pm_domain);
	struct pm_domain_data *data;
	bool used;

	mutex_lock(&genpd->mlock);
	used = atomic_read(&genpd->sd_count) > 0;
	list_for_each_entry(data, &genpd->dev_list, list_node)
		used |= data->dev != dev && !pm_runtime_suspended(data->dev);
	mutex_unlock(&genpd->mlock);

	return used;
}

/* What a power domain does is up to its devices, as soon as it has some. */
static bool left_on(struct bpmp_host *host, u32 id, struct device *dev)
{
	struct bpmp_idset *set = &host->before.pg_left_on;

	if (bpmp_idset_has(set, id) && !alone(dev))
		bpmp_idset_del(set, id);

	return bpmp_idset_has(set, id);
}

static int switch_on(struct bpmp_host *host, u32 id, struct device *dev)
{
	struct bpmp_host_before *before = &host->before;
	bool on = false;
	int err;

	if (bpmp_idset_has(&before->pg_held, id))
		return 0;

	err = bpmp_fw_pg_state(host, id, &on);
	if (err)
		return err;

	err = pm_runtime_resume_and_get(dev);
	if (err) {
		/* Else the device would fail for good. */
		pm_runtime_disable(dev);
		pm_runtime_set_suspended(dev);
		pm_runtime_enable(dev);
		return err;
	}

	bpmp_idset_add(&before->pg_held, id);
	if (on && alone(dev))
		bpmp_idset_add(&before->pg_left_on, id);

	return 0;
}

/*
 * What was on without a user stays on: that the machine has it off is for the
 * machine to believe. Of a domain that does not go off the framework says
 * nothing.
 */
static int switch_off(struct bpmp_host *host, u32 id, struct device *dev)
{
	bool on = false;
	int err;

	if (!bpmp_idset_has(&host->before.pg_held, id) ||
	    left_on(host, id, dev))
		return 0;

	pm_runtime_put_sync(dev);
	bpmp_idset_del(&host->before.pg_held, id);
	bpmp_idset_del(&host->before.pg_stuck, id);
	if (used_by_others(dev) || !is_on(dev))
		return 0;

	bpmp_idset_add(&host->before.pg_stuck, id);
	err = bpmp_fw_pg_state(host, id, &on);

	return err ?: on ? -EIO : 0;
}

/* Try once more what did not go off when the machine asked for it. */
static int settle(struct bpmp_host *host, u32 id, struct device *dev)
{
	int err;

	if (!bpmp_idset_has(&host->before.pg_stuck, id) ||
	    used_by_others(dev) || !is_on(dev))
		return 0;

	err = bpmp_turn_begin(host, false);
	if (err)
		return err;
	err = pm_runtime_resume_and_get(dev);
	if (!err)
		pm_runtime_put_sync(dev);
	bpmp_turn_end(host);

	return !is_on(dev) || used_by_others(dev) ? 0 : -EIO;
}

/**
 * bpmp_host_pg_change() - do a change that the policy allows, or undo it
 * @host: the machine
 * @change: of a power domain
 *
 * Return: 0 or a negative errno, see host.h.
 */
int bpmp_host_pg_change(struct bpmp_host *host, struct bpmp_change *change)
{
	const struct bpmp_op *op = change->op;
	struct device *dev;
	int err;

	err = bpmp_claim(host, BPMP_CLAIM_PG, op->id);
	if (err)
		return err;

	dev = domain_of(host, op->id);
	if (IS_ERR(dev))
		return PTR_ERR(dev);

	err = bpmp_turn_begin(host, !change->undo);
	if (err)
		return err;
	change->done = true;
	if (op->kind == BPMP_OP_PG_ON)
		err = switch_on(host, op->id, dev);
	else
		err = switch_off(host, op->id, dev);
	bpmp_turn_end(host);

	return err;
}

/**
 * bpmp_host_pg_leave() - leave all domains, at the undo's end
 * @host: the machine, which by now has none on
 *
 * One that the boot loader left on is left while in use: it stays on, and the
 * framework knows that it is.
 */
void bpmp_host_pg_leave(struct bpmp_host *host)
{
	struct device *dev;
	unsigned long id;
	int err;

	xa_for_each(&host->domains, id, dev) {
		if (bpmp_idset_has(&host->before.pg_held, id) &&
		    !left_on(host, id, dev))
			pm_runtime_put_sync(dev);
		err = settle(host, id, dev);
		if (err)
			bpmp_host_quarantine(host, BPMP_OP_PG_OFF, id, err);
		domain_free(dev);
	}
	xa_destroy(&host->domains);
}
