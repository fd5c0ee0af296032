// SPDX-License-Identifier: GPL-2.0-only
/*
 * What only the kernel of a guest can try: transfers in atomic context, from
 * all CPUs at once, and with buffers that a driver might bring along. Prints
 * a line of TAP a test; run.sh judges them.
 */

#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/init.h>
#include <linux/irqflags.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/of_platform.h>
#include <linux/platform_device.h>
#include <linux/slab.h>

#include <soc/tegra/bpmp.h>
#include <soc/tegra/bpmp-abi.h>

#define POISON		0xa5
#define ROUNDS		2000	/* transfers a thread */

/* A code that is an id of no clock. */
#define NO_CLOCK	0xfffff0

static void report(bool ok, const char *what)
{
	pr_info("TAP %s %s\n", ok ? "ok" : "not ok", what);
}

static int ping(struct tegra_bpmp *bpmp, bool atomic, u32 challenge, u32 *reply)
{
	struct mrq_ping_request request = { .challenge = challenge };
	struct mrq_ping_response response = {};
	struct tegra_bpmp_message msg = {
		.mrq = MRQ_PING,
		.tx = { .data = &request, .size = sizeof(request) },
		.rx = { .data = &response, .size = sizeof(response) },
	};
	unsigned long flags;
	int err;

	if (!atomic) {
		err = tegra_bpmp_transfer(bpmp, &msg);
	} else {
		local_irq_save(flags);
		err = tegra_bpmp_transfer_atomic(bpmp, &msg);
		local_irq_restore(flags);
	}
	*reply = response.reply;

	return err ?: msg.rx.ret;
}

/* G1: the second one is where a lock left behind shows. */
static void test_atomic(struct tegra_bpmp *bpmp)
{
	int before = preempt_count();
	u32 first, second;
	bool ok;

	ok = !ping(bpmp, true, 21, &first) && !ping(bpmp, true, 1000, &second);
	report(ok && first == 42 && second == 2000, "G1 two atomic transfers");
	report(preempt_count() == before, "G1 preempt count as before");
}

struct worker {
	struct tegra_bpmp *bpmp;
	struct completion done;
	u32 seed;
	u32 wrong;
};

static int work(void *data)
{
	struct worker *w = data;
	u32 i, reply;

	for (i = 0; i < ROUNDS; i++) {
		u32 challenge = w->seed << 20 | i;

		if (ping(w->bpmp, i & 1, challenge, &reply) ||
		    reply != challenge << 1)
			w->wrong++;
		cond_resched();
	}
	complete(&w->done);

	return 0;
}

/* G2: each answer belongs to its question, however many ask at a time. */
static void test_smp(struct tegra_bpmp *bpmp)
{
	unsigned int i, count = 2 * num_online_cpus(), wrong = 0, started = 0;
	struct worker *workers;

	workers = kcalloc(count, sizeof(*workers), GFP_KERNEL);
	if (!workers)
		return report(false, "G2 memory");

	for (i = 0; i < count; i++) {
		struct worker *w = &workers[i];
		struct task_struct *task;

		w->bpmp = bpmp;
		w->seed = i;
		init_completion(&w->done);
		task = kthread_create(work, w, "bpmp-test-%u", i);
		if (IS_ERR(task))
			break;
		kthread_bind(task, i % num_online_cpus());
		wake_up_process(task);
		started++;
	}
	for (i = 0; i < started; i++) {
		wait_for_completion(&workers[i].done);
		wrong += workers[i].wrong;
	}
	report(started == count && !wrong, "G2 transfers of all CPUs at once");
	kfree(workers);
}

/* G3: a code of the firmware is not an error of the transport. */
static void test_codes(struct tegra_bpmp *bpmp)
{
	u32 request[4] = { CMD_CLK_GET_RATE << 24 | NO_CLOCK };
	s64 rate;
	struct tegra_bpmp_message msg = {
		.mrq = MRQ_CLK,
		.tx = { .data = request, .size = sizeof(request) },
		.rx = { .data = &rate, .size = sizeof(rate) },
	};
	int err = tegra_bpmp_transfer(bpmp, &msg);

	report(!err && msg.rx.ret == -BPMP_EINVAL, "G3 the firmware's code");

	msg.mrq = 0x7fff0001;
	err = tegra_bpmp_transfer(bpmp, &msg);
	report(err < 0, "G3 a refusal is an error of the transport");
}

/* G5, G6, G7: too long, longer than the answer, not writable. */
static void test_buffers(struct tegra_bpmp *bpmp)
{
	static const struct mrq_ping_request request = { .challenge = 3 };
	u8 *rx = kmalloc(128, GFP_KERNEL);
	struct tegra_bpmp_message msg = {
		.mrq = MRQ_PING,
		.tx = { .data = &request, .size = sizeof(request) },
		.rx = { .data = rx, .size = 121 },
	};
	u32 i, bad = 0;
	int err;

	if (!rx)
		return report(false, "G5 memory");

	err = tegra_bpmp_transfer(bpmp, &msg);
	report(err == -EINVAL, "G5 room of 121 bytes");
	msg.rx.size = 4;
	msg.tx.size = 121;
	err = tegra_bpmp_transfer(bpmp, &msg);
	report(err == -EINVAL, "G5 request of 121 bytes");

	msg.tx.size = sizeof(request);
	msg.rx.size = 120;
	memset(rx, POISON, 128);
	err = tegra_bpmp_transfer(bpmp, &msg);
	for (i = 4; i < 120; i++)
		bad += rx[i] != 0;
	for (; i < 128; i++)
		bad += rx[i] != POISON;
	report(!err && rx[0] == 6 && !bad,
	       "G6 zeroes past the answer, nothing past the room");
	report(!err, "G7 a request in read-only memory");

	msg.rx.size = 0;
	msg.rx.data = NULL;
	report(!tegra_bpmp_transfer(bpmp, &msg), "G5 no room at all");
	kfree(rx);
}

static int __init guest_test_init(void)
{
	struct platform_device *pdev;
	struct tegra_bpmp *bpmp;
	struct device_node *np;

	np = of_find_node_by_path("/bpmp");
	pdev = np ? of_find_device_by_node(np) : NULL;
	of_node_put(np);
	bpmp = pdev ? platform_get_drvdata(pdev) : NULL;
	if (!bpmp) {
		pr_info("no BPMP\n");
		return -ENODEV;
	}

	test_atomic(bpmp);
	test_smp(bpmp);
	test_codes(bpmp);
	test_buffers(bpmp);
	put_device(&pdev->dev);

	return 0;
}

static void __exit guest_test_exit(void)
{
}

module_init(guest_test_init);
module_exit(guest_test_exit);
MODULE_DESCRIPTION("Transfers that no driver makes");
MODULE_LICENSE("GPL");
