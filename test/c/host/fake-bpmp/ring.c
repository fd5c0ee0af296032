// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rings the BPMP's doorbell from two CPUs as fast as they can.
 */
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/sched.h>
#include <soc/tegra/bpmp.h>

#include "bpmp-private.h"
#include "fake.h"

struct ringer {
	struct tegra_bpmp *bpmp;
	struct completion done;
	u32 count;
	int err;
};

static int ring(void *data)
{
	struct ringer *ringer = data;
	u32 i;

	for (i = 0; i < ringer->count && !ringer->err; i++) {
		ringer->err = ringer->bpmp->soc->ops->ring_doorbell(ringer->bpmp);
		cond_resched();
	}
	complete(&ringer->done);

	return 0;
}

/* 0, or what the first ring failed with that did: a full queue is -ENOBUFS. */
int fake_ring_both(struct tegra_bpmp *bpmp, u32 count)
{
	struct ringer ringers[2];
	struct task_struct *task;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ringers); i++) {
		ringers[i] = (struct ringer){ .bpmp = bpmp, .count = count };
		init_completion(&ringers[i].done);
		task = kthread_create(ring, &ringers[i], "fake-ring-%u", i);
		if (IS_ERR(task)) {
			ringers[i].err = PTR_ERR(task);
			complete(&ringers[i].done);
			continue;
		}
		kthread_bind(task, i % num_online_cpus());
		wake_up_process(task);
	}
	for (i = 0; i < ARRAY_SIZE(ringers); i++)
		wait_for_completion(&ringers[i].done);

	return ringers[0].err ?: ringers[1].err;
}
