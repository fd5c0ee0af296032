// SPDX-License-Identifier: GPL-2.0-only
/*
 * BPMP transport of a virtual machine.
 *
 * In a virtual machine there are no IVC channels and no HSP doorbell. A
 * transfer is one write into a window that QEMU provides: the write traps, the
 * host does the whole transfer, and when the CPU continues the answer is
 * there. So no transfer ever sleeps or waits, and the same function serves
 * tegra_bpmp_transfer() and tegra_bpmp_transfer_atomic().
 *
 * Version 2 of the window takes the address of a request block. There is one
 * block a CPU, used with interrupts off: no lock, any number of CPUs at once,
 * and nothing that PREEMPT_RT would turn into a sleeping lock. Interrupts stay
 * off for two short copies and for the trap, while which this CPU cannot take
 * any in either case.
 *
 * Version 1 has a single buffer in the window itself, so a raw spinlock guards
 * it.
 */

#include <linux/bitfield.h>
#include <linux/build_bug.h>
#include <linux/device.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/of.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include <soc/tegra/bpmp.h>
#include <soc/tegra/bpmp-abi.h>

#include "bpmp-private.h"
#include "window.h"

/*
 * What RET and status hold before a transfer. A device that refuses without a
 * word leaves it there; it is not a code of the firmware.
 */
#define BPMP_UNANSWERED		(-EREMOTEIO)

/* Blocks are this far apart, so that none crosses a page. */
#define BPMP_BLOCK_STRIDE	512

/**
 * struct tegra_bpmp_guest - the window of one BPMP
 * @base: registers
 * @blocks: one request block per possible CPU, BPMP_BLOCK_STRIDE apart, each
 *	touched by its own CPU only, with interrupts off; NULL for version 1
 * @lock: guards the buffers of a version 1 window from the first write of a
 *	request to the last read of its answer
 */
struct tegra_bpmp_guest {
	void __iomem *base;
	void *blocks;
	raw_spinlock_t lock;
};

static int tegra_bpmp_guest_transfer_v2(struct tegra_bpmp_guest *guest,
					struct tegra_bpmp_message *msg)
{
	struct bpmp_window_block *block;
	unsigned long flags;
	size_t size;
	int err;

	local_irq_save(flags);

	block = guest->blocks + smp_processor_id() * BPMP_BLOCK_STRIDE;

	memset(block, 0, sizeof(*block));
	block->mrq = cpu_to_le32(msg->mrq);
	block->tx_size = cpu_to_le32(msg->tx.size);
	block->rx_size = cpu_to_le32(msg->rx.size);
	block->status = cpu_to_le32(BPMP_UNANSWERED);
	if (msg->tx.size)
		memcpy(block->tx, msg->tx.data, msg->tx.size);

	/* The barrier in writeq() makes the block visible to the device. */
	writeq(virt_to_phys(block), guest->base + BPMP_WINDOW_DOORBELL);
	dma_rmb();

	err = (s32)le32_to_cpu(block->status);
	if (!err) {
		msg->rx.ret = (s32)le32_to_cpu(block->ret);
		size = min_t(size_t, le32_to_cpu(block->rx_size), msg->rx.size);
		if (msg->rx.size) {
			memcpy(msg->rx.data, block->rx, size);
			memset(msg->rx.data + size, 0, msg->rx.size - size);
		}
	}

	local_irq_restore(flags);

	/* A positive status is not in the ABI: do not take it for a success. */
	return err > 0 ? -EPROTO : err;
}

static int tegra_bpmp_guest_transfer_v1(struct tegra_bpmp_guest *guest,
					struct tegra_bpmp_message *msg)
{
	u64 payload[MSG_DATA_MIN_SZ / sizeof(u64)] = {};
	unsigned long flags;
	s32 ret;

	/* Whole words: each access is a trap, and a tail would be many. */
	if (msg->tx.size)
		memcpy(payload, msg->tx.data, msg->tx.size);

	raw_spin_lock_irqsave(&guest->lock, flags);

	memcpy_toio(guest->base + BPMP_WINDOW_TX, payload,
		    round_up(msg->tx.size, sizeof(u64)));
	writeq(msg->tx.size, guest->base + BPMP_WINDOW_TX_SIZE);
	writeq(msg->rx.size, guest->base + BPMP_WINDOW_RX_SIZE);
	writel(BPMP_UNANSWERED, guest->base + BPMP_WINDOW_RET);
	writel(msg->mrq, guest->base + BPMP_WINDOW_MRQ);

	ret = readl(guest->base + BPMP_WINDOW_RET);
	memset(payload, 0, sizeof(payload));
	if (ret >= 0)
		memcpy_fromio(payload, guest->base + BPMP_WINDOW_RX,
			      round_up(msg->rx.size, sizeof(u64)));

	raw_spin_unlock_irqrestore(&guest->lock, flags);

	if (ret == BPMP_UNANSWERED)
		return ret;

	/*
	 * This version has one number for refusals and for codes of the
	 * firmware. Taken as the latter, no caller mistakes it for success.
	 */
	msg->rx.ret = ret;
	if (msg->rx.size)
		memcpy(msg->rx.data, payload, msg->rx.size);

	return 0;
}

/* Sizes have been checked: tegra_bpmp_message_valid(). */
static int tegra_bpmp_guest_transfer(struct tegra_bpmp *bpmp,
				     struct tegra_bpmp_message *msg)
{
	struct tegra_bpmp_guest *guest = bpmp->priv;

	if (guest->blocks)
		return tegra_bpmp_guest_transfer_v2(guest, msg);

	return tegra_bpmp_guest_transfer_v1(guest, msg);
}

/*
 * The version of the window, 0 where there is none. The place of the ID is
 * plain storage in version 1, which never holds the magic number; whether
 * there is a version 1 shows by RET, which keeps what is written.
 */
static u32 tegra_bpmp_guest_probe_version(struct tegra_bpmp_guest *guest)
{
	u64 id = readq(guest->base + BPMP_WINDOW_ID);

	if (FIELD_GET(BPMP_WINDOW_ID_MAGIC, id) == BPMP_WINDOW_MAGIC &&
	    FIELD_GET(BPMP_WINDOW_ID_VERSION, id) >= 2)
		return FIELD_GET(BPMP_WINDOW_ID_VERSION, id);

	writel(BPMP_UNANSWERED, guest->base + BPMP_WINDOW_RET);
	if ((s32)readl(guest->base + BPMP_WINDOW_RET) == BPMP_UNANSWERED)
		return 1;

	return 0;
}

static int tegra_bpmp_guest_alloc_blocks(struct device *dev,
					 struct tegra_bpmp_guest *guest)
{
	unsigned long pages;

	static_assert(sizeof(struct bpmp_window_block) == 288);
	static_assert(sizeof(struct bpmp_window_block) <= BPMP_BLOCK_STRIDE);

	pages = devm_get_free_pages(dev, GFP_KERNEL,
				    get_order(nr_cpu_ids * BPMP_BLOCK_STRIDE));
	if (!pages)
		return -ENOMEM;

	guest->blocks = (void *)pages;

	return 0;
}

static int tegra_bpmp_guest_init(struct tegra_bpmp *bpmp)
{
	struct device *dev = bpmp->dev;
	struct tegra_bpmp_guest *guest;
	u64 vpa;
	u32 version;
	int err;

	guest = devm_kzalloc(dev, sizeof(*guest), GFP_KERNEL);
	if (!guest)
		return -ENOMEM;

	raw_spin_lock_init(&guest->lock);

	err = of_property_read_u64(dev->of_node, "virtual-pa", &vpa);
	if (err < 0)
		return dev_err_probe(dev, err, "virtual-pa is not one u64\n");

	if (!devm_request_mem_region(dev, vpa, BPMP_WINDOW_SIZE, dev_name(dev)))
		return dev_err_probe(dev, -EBUSY,
				     "window at %#llx is in use\n", vpa);

	guest->base = devm_ioremap(dev, vpa, BPMP_WINDOW_SIZE);
	if (!guest->base)
		return -ENOMEM;

	version = tegra_bpmp_guest_probe_version(guest);
	if (!version)
		return dev_err_probe(dev, -ENODEV,
				     "no BPMP window at %#llx: is QEMU's nvidia-bpmp-guest device there?\n",
				     vpa);

	if (version >= 2) {
		err = tegra_bpmp_guest_alloc_blocks(dev, guest);
		if (err < 0)
			return err;
	}

	bpmp->priv = guest;
	dev_info(dev, "BPMP window version %u at %#llx\n", version, vpa);

	return 0;
}

static const struct tegra_bpmp_ops tegra_bpmp_guest_ops = {
	.init = tegra_bpmp_guest_init,
	.transfer = tegra_bpmp_guest_transfer,
};

/*
 * No channels: nothing to set up, to reset at resume or to tear down. Which
 * resets exist is for the host's policy to say, so the bound is only there to
 * have one.
 */
const struct tegra_bpmp_soc tegra_bpmp_guest_soc = {
	.ops = &tegra_bpmp_guest_ops,
	.num_resets = 1024,
};
