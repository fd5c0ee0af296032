// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fake's mailbox and its end of the IVC channels.
 */
#include <linux/io.h>
#include <linux/mailbox_controller.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/of_platform.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <soc/tegra/bpmp.h>

#include "fake.h"

/* Where bpmp.c has its channels on Tegra186 and later. */
static const unsigned int places[] = { 0, 1, 2, 3, 13 };

#define THREADED	3
#define ATOMIC		3

struct fake {
	struct mbox_controller mbox;
	struct mbox_chan chan;
	struct tegra_ivc ivc[ARRAY_SIZE(places)];
	struct work_struct work;
	/* guards the channels, the firmware and what follows */
	spinlock_t lock;
	u32 hold;
	bool held[THREADED];
	u8 held_frame[THREADED][sizeof(struct tegra_bpmp_mb_data)];
	struct tegra_bpmp_soc soc;
	const struct tegra_bpmp_soc *true_soc;
};

static struct fake *fake;

void fake_lock(void)
{
	spin_lock_irq(&fake->lock);
}

void fake_unlock(void)
{
	spin_unlock_irq(&fake->lock);
}

static void no_notify(struct tegra_ivc *ivc, void *data)
{
}

/* Take a request out of a channel, and leave in it what nobody wrote. */
static bool take(struct tegra_ivc *ivc, u8 *frame, size_t size)
{
	struct iosys_map map;

	if (tegra_ivc_read_get_next_frame(ivc, &map))
		return false;

	iosys_map_memcpy_from(frame, &map, 0, size);
	iosys_map_memset(&map, 0, FAKE_STALE_TX, size);
	tegra_ivc_read_advance(ivc);

	return true;
}

static void answer(struct tegra_ivc *ivc, const u8 *frame)
{
	struct tegra_bpmp_mb_data rsp;
	const struct tegra_bpmp_mb_data *req = (const void *)frame;
	struct iosys_map map;
	u8 rx[MSG_DATA_MIN_SZ];
	size_t len;

	memset(&rsp, FAKE_STALE_RX, sizeof(rsp));
	memset(rx, FAKE_STALE_RX, sizeof(rx));
	rsp.code = fake_fw_handle(req->code, req->data, rx, &len);
	rsp.flags = 0;
	memcpy(rsp.data, rx, sizeof(rx));

	if (WARN_ON(tegra_ivc_write_get_next_frame(ivc, &map)))
		return;
	iosys_map_memcpy_to(&map, 0, &rsp, sizeof(rsp));
	tegra_ivc_write_advance(ivc);
}

static bool loses(const u8 *frame)
{
	const struct tegra_bpmp_mb_data *req = (const void *)frame;

	return fake_fw_loses(req->code, req->data);
}

static bool serve(unsigned int i)
{
	u8 frame[sizeof(struct tegra_bpmp_mb_data)];

	if (tegra_ivc_notified(&fake->ivc[i]))
		return false;
	if (!take(&fake->ivc[i], frame, sizeof(frame)))
		return false;

	if (i < THREADED && (fake->hold || loses(frame))) {
		if (fake->hold)
			fake->hold--;
		fake->held[i] = true;
		memcpy(fake->held_frame[i], frame, sizeof(frame));
		return false;
	}
	answer(&fake->ivc[i], frame);

	return true;
}

/* As the interrupt of the true mailbox does, which PREEMPT_RT makes a thread. */
static void tell(void)
{
	unsigned long flags = 0;

	if (!IS_ENABLED(CONFIG_PREEMPT_RT))
		local_irq_save(flags);
	mbox_chan_received_data(&fake->chan, NULL);
	if (!IS_ENABLED(CONFIG_PREEMPT_RT))
		local_irq_restore(flags);
}

static void work(struct work_struct *unused)
{
	bool any = false;
	unsigned int i;

	fake_lock();
	for (i = 0; i < THREADED; i++)
		any |= serve(i);
	fake_unlock();

	if (any)
		tell();
}

/* Rung with interrupts off; whoever rings for the atomic channel then polls. */
static int fake_ring(struct mbox_chan *chan, void *data)
{
	unsigned long flags;
	unsigned int i;

	spin_lock_irqsave(&fake->lock, flags);
	for (i = 0; i < ARRAY_SIZE(places); i++)
		tegra_ivc_notified(&fake->ivc[i]);
	serve(ATOMIC);
	spin_unlock_irqrestore(&fake->lock, flags);

	queue_work(system_highpri_wq, &fake->work);

	return 0;
}

static const struct mbox_chan_ops fake_mbox_ops = {
	.send_data = fake_ring,
};

static struct mbox_chan *fake_xlate(struct mbox_controller *mbox,
				    const struct of_phandle_args *args)
{
	return &fake->chan;
}

void fake_hold(u32 count)
{
	fake_lock();
	fake->hold = count;
	fake_unlock();
}

/* Answer late what was withheld. */
void fake_release(void)
{
	bool any = false;
	unsigned int i;

	fake_lock();
	fake->hold = 0;
	for (i = 0; i < THREADED; i++) {
		if (!fake->held[i])
			continue;
		fake->held[i] = false;
		answer(&fake->ivc[i], fake->held_frame[i]);
		any = true;
	}
	fake_unlock();

	if (any)
		tell();
}

struct device_node *fake_bpmp_node(void)
{
	return of_find_compatible_node(NULL, NULL, "nvidia,tegra186-bpmp");
}

static struct tegra_bpmp *find_bpmp(void)
{
	struct device_node *np = fake_bpmp_node();
	struct platform_device *pdev = of_find_device_by_node(np);
	struct tegra_bpmp *bpmp;

	of_node_put(np);
	if (!pdev)
		return NULL;
	bpmp = platform_get_drvdata(pdev);
	put_device(&pdev->dev);

	return bpmp;
}

/*
 * Give the kernel back the channels that it has lost: a boot has three, and
 * there are more tests than that. Nobody else asks for one meanwhile.
 */
int fake_heal(void)
{
	struct tegra_bpmp *bpmp = find_bpmp();
	struct iosys_map map;
	unsigned int i;

	if (!bpmp)
		return -ENODEV;

	for (i = 0; i < THREADED; i++) {
		struct tegra_bpmp_channel *channel = &bpmp->threaded_channels[i];

		if (!test_bit(i, bpmp->threaded.allocated))
			continue;
		if (test_bit(i, bpmp->threaded.busy))
			return -EBUSY;
		if (!tegra_ivc_read_get_next_frame(channel->ivc, &map))
			tegra_ivc_read_advance(channel->ivc);
		reinit_completion(&channel->completion);
		clear_bit(i, bpmp->threaded.allocated);
		up(&bpmp->threaded.lock);
	}

	return 0;
}

/* bpmp.c waits 600 s for an answer: too long for a test. 0 ms: as it was. */
int fake_set_timeout(u32 ms)
{
	struct tegra_bpmp *bpmp = find_bpmp();

	if (!bpmp)
		return -ENODEV;

	if (!fake->true_soc)
		fake->true_soc = bpmp->soc;
	fake->soc = *fake->true_soc;
	if (ms)
		fake->soc.channels.thread.timeout = ms * 1000;
	bpmp->soc = &fake->soc;

	return 0;
}

/*
 * As bpmp.c has it between suspend and resume of the host. -EOPNOTSUPP where it
 * does not keep that in mind, as in 6.1.
 */
int fake_suspend(bool suspended)
{
	struct tegra_bpmp *bpmp = find_bpmp();

	if (!bpmp)
		return -ENODEV;

#ifdef COMPAT_HAS_BPMP_SUSPENDED
	bpmp->suspended = suspended;

	return 0;
#else
	return -EOPNOTSUPP;
#endif
}

static int init_channels(struct device *dev, struct resource *res)
{
	size_t size = tegra_ivc_align(MSG_MIN_SZ);
	size_t queue = tegra_ivc_total_queue_size(size);
	struct iosys_map rx, tx;
	unsigned int i;
	size_t offset;
	void *base;
	int err;

	base = devm_memremap(dev, res->start, resource_size(res), MEMREMAP_WC);
	if (IS_ERR(base))
		return PTR_ERR(base);
	memset(base, 0, resource_size(res));

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		offset = places[i] * queue;
		iosys_map_set_vaddr(&rx, base + offset);
		iosys_map_set_vaddr(&tx, base + SZ_4K + offset);
		err = tegra_ivc_init(&fake->ivc[i], NULL, &rx,
				     res->start + offset, &tx,
				     res->start + SZ_4K + offset, 1, size,
				     no_notify, NULL);
		if (err)
			return err;
	}

	return 0;
}

static int fake_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	struct device_node *np;
	struct resource res;
	int err;

	np = of_parse_phandle(dev->of_node, "memory-region", 0);
	err = of_address_to_resource(np, 0, &res);
	of_node_put(np);
	if (err)
		return err;

	fake = devm_kzalloc(dev, sizeof(*fake), GFP_KERNEL);
	if (!fake)
		return -ENOMEM;
	spin_lock_init(&fake->lock);
	INIT_WORK(&fake->work, work);
	fake_fw_init();

	err = init_channels(dev, &res);
	if (err)
		return err;

	fake->mbox.dev = dev;
	fake->mbox.ops = &fake_mbox_ops;
	fake->mbox.chans = &fake->chan;
	fake->mbox.num_chans = 1;
	fake->mbox.of_xlate = fake_xlate;
	err = devm_mbox_controller_register(dev, &fake->mbox);
	if (err)
		return err;

	fake_control_init();

	return 0;
}

static const struct of_device_id fake_matches[] = {
	{ .compatible = "bpmp-virt,fake-bpmp" },
	{ }
};
MODULE_DEVICE_TABLE(of, fake_matches);

static struct platform_driver fake_driver = {
	.probe = fake_probe,
	.driver = {
		.name = "fake-bpmp",
		.of_match_table = fake_matches,
		.suppress_bind_attrs = true,
	},
};

int fake_transport_init(void)
{
	return platform_driver_register(&fake_driver);
}

/* tegra-bpmp cannot be unbound and goes on using the mailbox: stays loaded. */
static int __init fake_init(void)
{
	int err;

	err = fake_transport_init();
	if (err)
		return err;

	return fake_consumer_init();
}
module_init(fake_init);

MODULE_DESCRIPTION("A BPMP without hardware, for tests");
MODULE_LICENSE("GPL");
