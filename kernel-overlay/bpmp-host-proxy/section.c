// SPDX-License-Identifier: GPL-2.0-only
/*
 * To look at the counts of a clock and to change it without anybody between:
 * the clock framework has one lock for all that prepares, re-parents or sets a
 * rate, and lends it to nobody but the operations of a clock. So each machine
 * has a clock, which feeds nothing, and what its preparation does runs under
 * that lock. The framework's functions may be called there: the lock knows its
 * owner, since operations of clocks do call them.
 *
 * A driver of the host waits for one machine at most, since machines stand in
 * line before they ask for the lock. Nobody waits for a channel while holding
 * it, nor for it while holding a channel.
 */
#include <linux/clk.h>
#include <linux/clk-provider.h>
#include <linux/device.h>
#include <linux/err.h>

#include "host.h"

static int section_prepare(struct clk_hw *hw)
{
	struct bpmp_section *section = container_of(hw, struct bpmp_section,
						    hw);
	struct bpmp_host *host = container_of(section, struct bpmp_host,
					      section);

	section->err = bpmp_turn_try(host);
	if (section->err)
		return section->err;
	section->err = section->run(host, section->data);
	bpmp_turn_end(host);

	/* Prepared or not, it is the same clock. */
	return 0;
}

static const struct clk_ops section_ops = {
	.prepare = section_prepare,
};

/**
 * bpmp_section_init() - make the machine's clock
 * @host: has its name
 *
 * Return: 0 or a negative errno.
 */
int bpmp_section_init(struct bpmp_host *host)
{
	const struct clk_init_data init = {
		.name = dev_name(host->dev),
		.ops = &section_ops,
	};
	struct clk *clk;

	host->section.hw.init = &init;
	clk = devm_clk_register(host->dev, &host->section.hw);
	if (IS_ERR(clk))
		return PTR_ERR(clk);
	host->section.clk = clk;

	return 0;
}

/* Called with @changing held, so the clock is not prepared yet. */
static int run(struct bpmp_host *host)
{
	struct bpmp_section *section = &host->section;
	int err;

	err = clk_prepare(section->clk);
	if (err)
		return err;
	clk_unprepare(section->clk);

	return 0;
}

/**
 * bpmp_section() - do something while nobody else can change a clock
 * @host: the machine; @lock is held
 * @run_in: called with the framework's prepare lock held and a turn taken
 * @data: for @run_in
 * @killable: whether a fatal signal ends the wait
 *
 * Return: what @run_in returned, or a negative errno where it was not called:
 * -EINTR, or -ETIMEDOUT where no channel is left for machines.
 */
int bpmp_section(struct bpmp_host *host,
		 int (*run_in)(struct bpmp_host *host, void *data), void *data,
		 bool killable)
{
	struct bpmp_share *share = host->share;
	int err;

	if (!killable)
		mutex_lock(&share->changing);
	else if (mutex_lock_killable(&share->changing))
		return -EINTR;

	host->section.run = run_in;
	host->section.data = data;
	err = bpmp_clks_get(host);
	while (!err) {
		err = run(host);
		if (err != -EAGAIN)
			break;
		/* Wait until there is a channel, and see whether it stays. */
		err = bpmp_turn_begin(host, killable);
		if (!err)
			bpmp_turn_end(host);
	}
	mutex_unlock(&share->changing);

	return err ?: host->section.err;
}
