// SPDX-License-Identifier: GPL-2.0-only
/*
 * The channels of a BPMP. It has three for all of the kernel, and bpmp.c never
 * gives one back whose answer did not come in time. All virtual machines
 * together have one less than there are left, so that the host keeps its own.
 *
 * What is left is read from bpmp.c's own books: a channel that is allocated and
 * has nobody waiting for its answer is lost. One in use looks the same before
 * the wait, and after it for as long as the thread that was woken waits for a
 * processor. So it counts as lost only when it has looked so for a while, a
 * longer one where the answer is there; until then nobody gets a turn that
 * could take the last one.
 *
 * Turns go to the machine that has none, and otherwise in the order in which
 * they were asked for. Nobody holds one while waiting for the clock framework,
 * see section.c.
 */
#include <linux/bitops.h>
#include <linux/delay.h>
#include <linux/list.h>
#include <linux/sched/signal.h>
#include <linux/spinlock.h>
#include <linux/swait.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <soc/tegra/bpmp.h>

#include "host.h"

/**
 * struct waiter - a thread that waits for a turn
 * @node: in the list of all
 * @host: on whose behalf
 */
struct waiter {
	struct list_head node;
	struct bpmp_host *host;
};

/*
 * How often a channel is looked at. It is lost after 8 looks in a row without an
 * answer, or 96 with one.
 */
#define LOOK_INTERVAL	msecs_to_jiffies(20)
#define LOOKS		96
#define LOOKS_NO_ANSWER	12

/* Channels in a machine word; there are three. */
#define CHANNELS_MAX	BITS_PER_LONG

static unsigned int channels(const struct bpmp_share *share)
{
	return min_t(unsigned int, share->bpmp->soc->channels.thread.count,
		     CHANNELS_MAX);
}

/* Whether a channel is taken and nobody waits for its answer. */
static bool abandoned(const struct bpmp_share *share, unsigned int i)
{
	struct tegra_bpmp *bpmp = share->bpmp;

	return test_bit(i, bpmp->threaded.allocated) &&
	       !swait_active(&bpmp->threaded_channels[i].completion.wait);
}

static unsigned int weight(const struct bpmp_share *share, unsigned int i)
{
	return test_bit(i, share->bpmp->threaded.busy) ? LOOKS_NO_ANSWER : 1;
}

/* A BPMP behind a window has no channels, and none to lose. */
static unsigned int left(const struct bpmp_share *share)
{
	unsigned int n = channels(share);

	return n ? n - hweight_long(share->lost) : 2;
}

/* How many the machines may use at a time; one, where there never was another. */
static unsigned int allowed(const struct bpmp_share *share)
{
	unsigned int n = left(share);

	if (channels(share) == 1)
		return n;

	return n ? n - 1 : 0;
}

/* Whether one can be taken now and one stays for the host. */
static bool spare(const struct bpmp_share *share)
{
	unsigned int n = channels(share);

	if (!n)
		return true;

	return READ_ONCE(share->bpmp->threaded.lock.count) >= min(n, 2U);
}

static void look(struct work_struct *work)
{
	struct bpmp_share *share = container_of(work, struct bpmp_share,
						looking.work);
	unsigned long lost = 0;
	unsigned int i, was;
	bool again = false;

	spin_lock(&share->lock);
	for (i = 0; i < channels(share); i++) {
		if (!abandoned(share, i))
			share->looks[i] = 0;
		else if (share->looks[i] < LOOKS)
			share->looks[i] += weight(share, i);
		if (share->looks[i] >= LOOKS)
			lost |= BIT(i);
		else
			again |= share->looks[i];
	}
	was = hweight_long(share->lost);
	share->lost = lost;
	spin_unlock(&share->lock);

	if (hweight_long(lost) > was)
		dev_err(share->bpmp->dev, "a request was not answered: %u of %u channels left, %u of them for virtual machines\n",
			left(share), channels(share), allowed(share));
	wake_up_all(&share->wait);
	if (again)
		queue_delayed_work(system_wq, &share->looking, LOOK_INTERVAL);
}

/* Where one looks lost, or was and does not any more, look closer. */
static void look_closer(struct bpmp_share *share)
{
	unsigned int i;

	for (i = 0; i < channels(share); i++)
		if (abandoned(share, i) != !!(share->lost & BIT(i))) {
			queue_delayed_work(system_wq, &share->looking,
					   LOOK_INTERVAL);
			return;
		}
}

/** bpmp_turns_init() - with nobody waiting and nothing lost that is known of */
void bpmp_turns_init(struct bpmp_share *share)
{
	spin_lock_init(&share->lock);
	INIT_LIST_HEAD(&share->waiting);
	init_waitqueue_head(&share->wait);
	INIT_DELAYED_WORK(&share->looking, look);
}

void bpmp_turns_exit(struct bpmp_share *share)
{
	cancel_delayed_work_sync(&share->looking);
}

/** bpmp_turns_lost() - how many channels are known to be lost */
unsigned int bpmp_turns_lost(struct bpmp_share *share)
{
	look_closer(share);

	return hweight_long(READ_ONCE(share->lost));
}

/* -EAGAIN where there is one to be had, but not now. */
static int take(struct bpmp_host *host)
{
	struct bpmp_share *share = host->share;

	if (!allowed(share))
		return -ETIMEDOUT;
	if (share->taken >= allowed(share) || !spare(share))
		return -EAGAIN;
	share->taken++;
	host->turns++;

	return 0;
}

/* Who is to have the next turn. */
static const struct waiter *next(struct bpmp_share *share)
{
	struct waiter *waiter;

	list_for_each_entry(waiter, &share->waiting, node)
		if (!waiter->host->turns)
			return waiter;

	return list_first_entry(&share->waiting, struct waiter, node);
}

/* True where there is no need to wait; @err then says whether a turn was got. */
static bool take_in_order(struct bpmp_share *share, const struct waiter *me,
			  int *err)
{
	int got = -EAGAIN;

	spin_lock(&share->lock);
	if (next(share) == me)
		got = take(me->host);
	spin_unlock(&share->lock);
	if (got == -EAGAIN) {
		look_closer(share);
		return false;
	}
	*err = got;

	return true;
}

/**
 * bpmp_turn_try() - take a channel where one can be had at once
 * @host: on whose behalf
 *
 * Return: 0, -EAGAIN, or -ETIMEDOUT where none is left for machines.
 */
int bpmp_turn_try(struct bpmp_host *host)
{
	int err;

	spin_lock(&host->share->lock);
	err = take(host);
	spin_unlock(&host->share->lock);

	return err;
}

/**
 * bpmp_turn_begin() - take one of the machines' channels, or wait for one
 * @host: on whose behalf
 * @killable: whether a fatal signal ends the wait
 *
 * Return: 0, -EINTR, or -ETIMEDOUT where none is left for machines.
 */
int bpmp_turn_begin(struct bpmp_host *host, bool killable)
{
	struct bpmp_share *share = host->share;
	struct waiter me = { .host = host };
	int err = -EINTR;

	spin_lock(&share->lock);
	list_add_tail(&me.node, &share->waiting);
	spin_unlock(&share->lock);

	/* bpmp.c tells nobody that it has a channel again: look for oneself. */
	while (!wait_event_timeout(share->wait,
				   take_in_order(share, &me, &err) ||
				   (killable && fatal_signal_pending(current)),
				   1))
		;

	spin_lock(&share->lock);
	list_del(&me.node);
	spin_unlock(&share->lock);
	wake_up_all(&share->wait);

	return err;
}

/** bpmp_turn_end() - give the channel back */
void bpmp_turn_end(struct bpmp_host *host)
{
	struct bpmp_share *share = host->share;

	spin_lock(&share->lock);
	share->taken--;
	host->turns--;
	spin_unlock(&share->lock);

	look_closer(share);
	wake_up_all(&share->wait);
}

/**
 * bpmp_channel_spare() - whether to send one more request within a turn
 * @share: of the BPMP
 *
 * A change is made of several, and those that the frameworks send may have lost
 * their channels without a word. Where the others are but in use, they come
 * back.
 */
bool bpmp_channel_spare(struct bpmp_share *share)
{
	unsigned int i;

	for (i = 0; i < 1000 && allowed(share); i++) {
		if (spare(share))
			return true;
		look_closer(share);
		usleep_range(500, 1000);
	}

	return false;
}
