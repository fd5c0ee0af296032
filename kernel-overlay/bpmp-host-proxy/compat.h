/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The driver is written for the newest kernel. Here is what older ones have in
 * place of that, down to 5.10; each with the version that brought the newer
 * form, and its commit. The Makefile includes this file before all others.
 *
 * Stable and vendor kernels take changes back, so that a version tells little:
 * the tests go by what headers define, or by COMPAT_HAS_*, which the Makefile
 * sets from their text.
 */
#ifndef BPMP_HOST_COMPAT_H
#define BPMP_HOST_COMPAT_H

#include <linux/bits.h>
#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/reset.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <soc/tegra/bpmp-abi.h>

/* 5.16, 8587ca6f3415: kvzalloc() and kvfree() are in slab.h. */
#ifndef COMPAT_HAS_KVZALLOC_IN_SLAB
#include <linux/mm.h>
#endif

/* 5.11: the states of a power domain have their own prefix. */
#ifndef COMPAT_HAS_GENPD_STATE_ON
#define GENPD_STATE_ON GPD_STATE_ACTIVE
#endif

/* 6.2, b204b92be306: the firmware says of a clock who may not change it. */
#ifndef BPMP_CLK_STATE_CHANGE_DENIED
#define BPMP_CLK_RATE_PARENT_CHANGE_DENIED	BIT(30)
#define BPMP_CLK_STATE_CHANGE_DENIED		BIT(31)
#endif

/* 6.4, 9cbad37ce812. */
#ifndef COMPAT_HAS_OF_PROPERTY_PRESENT
#define of_property_present of_property_read_bool
#endif

/* 6.9, e6584c3964f2: of an array the size need not be given. */
#ifndef strscpy
#define compat_strscpy2(dst, src) \
	((strscpy)(dst, src, sizeof(dst) + __must_be_array(dst)))
#define compat_strscpy3(dst, src, size)	((strscpy)(dst, src, size))
#define strscpy(...) \
	CONCATENATE(compat_strscpy, COUNT_ARGS(__VA_ARGS__))(__VA_ARGS__)
#endif

/*
 * 6.10, 2c92ca849fcc: the source is that of __string(). A name of our own for
 * both forms, since trace_events.h defines __assign_str() anew at each stage.
 */
#ifdef COMPAT_HAS_ASSIGN_STR_OF_ONE
#define compat_assign_name()	__assign_str(name)
#else
#define compat_assign_name()	__assign_str(name, name)
#endif

/*
 * 6.1 does not export device_is_bound(), the newest 6.12 does. Of all that
 * binding a device sets, this comes last, and the driver core warns where the
 * two differ: device_links_check_suppliers().
 */
#ifndef COMPAT_HAS_DEVICE_IS_BOUND
#define device_is_bound(dev) \
	(READ_ONCE((dev)->links.status) == DL_DEV_DRIVER_BOUND)
#endif

/*
 * 5.19, 6c2f42117427: driver_set_override() keeps the name in the platform
 * device; before, it is set under the same lock.
 * 7.0, cb3d1049f4ea and 2b38efc05bf7: it is in struct device, with its own lock.
 */
#ifndef COMPAT_HAS_DEVICE_SET_DRIVER_OVERRIDE
static inline int compat_set_driver_override(struct device *dev,
					     const char *name)
{
	struct platform_device *pdev = to_platform_device(dev);
#ifdef COMPAT_HAS_DRIVER_SET_OVERRIDE
	return driver_set_override(dev, &pdev->driver_override, name,
				   strlen(name));
#else
	char *copy = kstrdup(name, GFP_KERNEL);

	if (!copy)
		return -ENOMEM;

	device_lock(dev);
	swap(pdev->driver_override, copy);
	device_unlock(dev);
	kfree(copy);

	return 0;
#endif
}

#define device_set_driver_override compat_set_driver_override
#endif

/*
 * 6.13, dad35f7d2fc1: flags in place of shared, optional and acquired.
 * 7.1, 9035073d0ef1: a firmware node in place of one of a device tree.
 */
#ifndef COMPAT_HAS_FWNODE_RESET_CONTROL_GET
#ifdef RESET_CONTROL_FLAGS_BIT_ACQUIRED
#define compat_of_reset_control_get __of_reset_control_get
#else
enum reset_control_flags {
	RESET_CONTROL_EXCLUSIVE_RELEASED,
};

static inline struct reset_control *
compat_of_reset_control_get(struct device_node *np, const char *id, int index,
			    enum reset_control_flags flags)
{
	return __of_reset_control_get(np, id, index, false, false, false);
}
#endif

static inline struct reset_control *
__fwnode_reset_control_get(struct fwnode_handle *fwnode, const char *id,
			   int index, enum reset_control_flags flags)
{
	return compat_of_reset_control_get(to_of_node(fwnode), id, index,
					   flags);
}
#endif

#endif
