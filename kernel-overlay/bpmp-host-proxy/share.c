// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the virtual machines of one BPMP have in common.
 *
 * Claims: an id that several machines list as their own belongs to the first
 * that changes it, until everything of that machine is put back.
 *
 * Left on: the frameworks count users. What the boot loader left on has none, so
 * it would go off with the first machine that used it and left, and the last one
 * to leave has to switch it on again. Only the first can tell it from a clock
 * that another machine has on.
 *
 * Turns: a BPMP has three channels for all of the kernel, a lost answer takes
 * one away for 600 s, and then for ever since bpmp.c does not return it. All
 * machines together get one channel less than there are, and one less again
 * for each that they lost: the host always keeps its own.
 */
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <soc/tegra/bpmp.h>

#include "host.h"

/**
 * struct bpmp_share - shared by the machines of one BPMP
 * @node: in the list of all
 * @users: machines that use it; guarded by shares_lock, as @node
 * @bpmp: which BPMP
 * @lock: see there
 * @free: channels that may be taken
 * @live: channels that exist: taken, free, not lost
 * @wait: for a change of the two
 * @claims: see there
 * @owner: who holds an id
 * @noted: how many machines have noted how a clock was before they came
 * @left_on: clocks that were on at the first of those notes, without a user
 */
struct bpmp_share {
	struct list_head node;
	unsigned int users;
	struct tegra_bpmp *bpmp;

	/* guards @free and @live */
	spinlock_t lock;
	unsigned int free;
	unsigned int live;
	wait_queue_head_t wait;

	/* guards what follows, and a machine's look at the counts of others */
	struct mutex claims;
	const struct bpmp_host *owner[BPMP_CLAIMS][BPMP_POLICY_IDS];
	u16 noted[BPMP_POLICY_IDS];
	struct bpmp_idset left_on;
};

/* Guards the list and the counts of users. */
static DEFINE_MUTEX(shares_lock);
static LIST_HEAD(shares);

static struct bpmp_share *share_find(struct tegra_bpmp *bpmp)
{
	struct bpmp_share *share;

	list_for_each_entry(share, &shares, node)
		if (share->bpmp == bpmp)
			return share;

	return NULL;
}

static struct bpmp_share *share_new(struct tegra_bpmp *bpmp)
{
	unsigned int channels = bpmp->soc->channels.thread.count;
	struct bpmp_share *share;

	share = kvzalloc(sizeof(*share), GFP_KERNEL);
	if (!share)
		return NULL;

	share->bpmp = bpmp;
	share->live = channels > 1 ? channels - 1 : 1;
	share->free = share->live;
	spin_lock_init(&share->lock);
	init_waitqueue_head(&share->wait);
	mutex_init(&share->claims);
	list_add(&share->node, &shares);

	return share;
}

/**
 * bpmp_share_get() - find or make what the machines of a BPMP share
 * @bpmp: the BPMP
 *
 * Return: to be given back with bpmp_share_put(), or NULL without memory.
 */
struct bpmp_share *bpmp_share_get(struct tegra_bpmp *bpmp)
{
	struct bpmp_share *share;

	mutex_lock(&shares_lock);
	share = share_find(bpmp) ?: share_new(bpmp);
	if (share)
		share->users++;
	mutex_unlock(&shares_lock);

	return share;
}

void bpmp_share_put(struct bpmp_share *share)
{
	mutex_lock(&shares_lock);
	if (!--share->users) {
		list_del(&share->node);
		kvfree(share);
	}
	mutex_unlock(&shares_lock);
}

/* True where there is no need to wait; @err then says whether a turn was got */
static bool turn_try(struct bpmp_share *share, int *err)
{
	bool done = true;

	spin_lock(&share->lock);
	if (share->free) {
		share->free--;
		*err = 0;
	} else if (!share->live) {
		*err = -ETIMEDOUT;
	} else {
		done = false;
	}
	spin_unlock(&share->lock);

	return done;
}

/**
 * bpmp_turn_begin() - take one of the machines' channels, or wait for one
 * @share: of the BPMP
 * @turn: for bpmp_turn_end()
 * @killable: whether a fatal signal ends the wait
 *
 * Return: 0, -EINTR, or -ETIMEDOUT where all of them are lost.
 */
int bpmp_turn_begin(struct bpmp_share *share, struct bpmp_turn *turn,
		    bool killable)
{
	int err = 0;

	if (killable) {
		if (wait_event_killable(share->wait, turn_try(share, &err)))
			return -EINTR;
	} else {
		wait_event(share->wait, turn_try(share, &err));
	}
	turn->since = ktime_get();

	return err;
}

/**
 * bpmp_turn_end() - give the channel back
 * @share: as for bpmp_turn_begin()
 * @turn: the same
 *
 * Whoever held it for as long as bpmp.c waits for an answer has lost the
 * channel. The time tells it also where a framework keeps the error to itself.
 */
void bpmp_turn_end(struct bpmp_share *share, const struct bpmp_turn *turn)
{
	unsigned int timeout = share->bpmp->soc->channels.thread.timeout;
	/* a BPMP behind a window has no channels, and none to lose */
	bool lost = timeout &&
		    ktime_us_delta(ktime_get(), turn->since) >= timeout;

	spin_lock(&share->lock);
	if (lost)
		share->live--;
	else
		share->free++;
	spin_unlock(&share->lock);

	if (lost)
		dev_err(share->bpmp->dev, "a virtual machine's request was not answered: %u channels left for them\n",
			share->live);
	wake_up_all(&share->wait);
}

void bpmp_claims_lock(struct bpmp_share *share)
{
	mutex_lock(&share->claims);
}

void bpmp_claims_unlock(struct bpmp_share *share)
{
	mutex_unlock(&share->claims);
}

/**
 * bpmp_claim() - make an id this machine's
 * @host: the machine
 * @kind: of what
 * @id: which, below BPMP_POLICY_IDS
 *
 * Return: 0, also where it holds the id already, or -EBUSY.
 */
int bpmp_claim(struct bpmp_host *host, enum bpmp_claim kind, u32 id)
{
	struct bpmp_share *share = host->share;
	int err = 0;

	mutex_lock(&share->claims);
	if (!share->owner[kind][id])
		share->owner[kind][id] = host;
	else if (share->owner[kind][id] != host)
		err = -EBUSY;
	mutex_unlock(&share->claims);

	return err;
}

/**
 * bpmp_claims_release() - let go of a machine's ids
 * @host: the machine
 * @all: also of those in doubt, which otherwise stay out of everybody's reach
 */
void bpmp_claims_release(struct bpmp_host *host, bool all)
{
	const struct bpmp_idset *doubt[BPMP_CLAIMS] = {
		[BPMP_CLAIM_CLK] = &host->policy.clk_busy,
		[BPMP_CLAIM_RESET] = &host->policy.reset_busy,
		[BPMP_CLAIM_PG] = &host->policy.pg_busy,
	};
	struct bpmp_share *share = host->share;
	unsigned int kind, id;

	mutex_lock(&share->claims);
	for (kind = 0; kind < BPMP_CLAIMS; kind++)
		for (id = 0; id < BPMP_POLICY_IDS; id++)
			if (share->owner[kind][id] == host &&
			    (all || !bpmp_idset_has(doubt[kind], id)))
				share->owner[kind][id] = NULL;
	mutex_unlock(&share->claims);
}

/**
 * bpmp_note() - a machine is about to have to do with a clock
 * @share: of the BPMP
 * @clk: which, below BPMP_POLICY_IDS
 * @left_on: whether it is on without a user; counts where no other machine has
 *	noted the clock
 */
void bpmp_note(struct bpmp_share *share, u32 clk, bool left_on)
{
	if (!share->noted[clk]++ && left_on)
		bpmp_idset_add(&share->left_on, clk);
}

/** bpmp_unnote() - a machine's note of a clock is of no use any more */
void bpmp_unnote(struct bpmp_share *share, u32 clk)
{
	if (!--share->noted[clk])
		bpmp_idset_del(&share->left_on, clk);
}

/** bpmp_left_on() - whether a clock has to be on though nobody uses it */
bool bpmp_left_on(const struct bpmp_share *share, u32 clk)
{
	return bpmp_idset_has(&share->left_on, clk);
}
