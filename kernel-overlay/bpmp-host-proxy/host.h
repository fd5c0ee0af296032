/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Host proxy: one struct bpmp_host for each nvidia,bpmp-host-proxy node, that
 * is for each virtual machine.
 *
 * The way of a request: chardev.c takes it from user space, request.c asks the
 * policy and does what it says, clocks.c, resets.c and domains.c change state
 * through the host's frameworks, firmware.c asks the firmware what only it
 * knows. clocks_before.c notes how clocks were, undo.c and clocks_undo.c put
 * everything back. users.c tells who else uses a clock, section.c keeps that
 * from changing meanwhile. share.c and turns.c are what the virtual machines of
 * one BPMP have in common: who holds which id, and the channels they may use.
 * passthrough.c keeps their devices off the drivers of the host.
 *
 * Order of locks: calls, lock, bpmp_share.changing, the clock framework's
 * prepare lock, those of the other frameworks. bpmp_share.lock and .owners are
 * spinlocks that nothing is called under.
 */
#ifndef BPMP_HOST_H
#define BPMP_HOST_H

#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/clk-provider.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/mutex.h>
#include <linux/ratelimit.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "policy.h"

struct bpmp_host;
struct clk;
struct dentry;
struct device;
struct tegra_bpmp;

/* What a refusal is logged once for; larger numbers count as the last one. */
#define BPMP_HOST_LOG_MRQS	256U
#define BPMP_HOST_LOG_CMDS	256U

/**
 * struct bpmp_host_stats - counters since the driver was bound
 * @requests: calls that reached the policy
 * @answered: answered here, without the firmware
 * @forwarded: questions sent to the firmware
 * @changed: changes of state done
 * @refused: refused by the policy, or since somebody else holds the id
 * @failed: the firmware or a framework failed
 * @undone: changes put back
 * @undo_left: changes that were left, since somebody else uses the id by now
 * @undo_failed: changes that could not be put back
 */
struct bpmp_host_stats {
	atomic64_t requests;
	atomic64_t answered;
	atomic64_t forwarded;
	atomic64_t changed;
	atomic64_t refused;
	atomic64_t failed;
	atomic64_t undone;
	atomic64_t undo_left;
	atomic64_t undo_failed;
};

/**
 * enum bpmp_claim - kinds of ids, each with its own numbers
 * @BPMP_CLAIM_CLK: clocks
 * @BPMP_CLAIM_RESET: resets
 * @BPMP_CLAIM_PG: power domains
 */
enum bpmp_claim {
	BPMP_CLAIM_CLK,
	BPMP_CLAIM_RESET,
	BPMP_CLAIM_PG,
	BPMP_CLAIMS
};

/**
 * struct bpmp_clk - a clock of the host's framework
 * @clk: handle, or NULL where it was not asked for yet or there is none
 * @prepared: its count of prepares, or NULL where the kernel does not show it
 */
struct bpmp_clk {
	struct clk *clk;
	const u32 *prepared;
};

/**
 * struct bpmp_node - a clock as the firmware describes it, which never changes
 * @exists: whether the firmware has it
 * @num_parents: entries of @parents
 * @parents: all clocks that can feed it
 */
struct bpmp_node {
	bool exists;
	u8 num_parents;
	u16 parents[MRQ_CLK_MAX_PARENTS];
};

/**
 * struct bpmp_share - shared by the machines of one BPMP
 * @node: in the list of all
 * @bpmp: which BPMP
 * @lock: see there
 * @waiting: who waits for a turn, in the order of coming
 * @taken: turns that are taken
 * @lost: channels known to be lost
 * @looks: what speaks for a channel being lost, up to LOOKS in turns.c
 * @wait: for a change of these
 * @looking: looks at them again
 * @owners: guards @owner
 * @owner: who holds an id
 * @changing: held by the one machine that changes clocks
 * @tree: all clocks, once @tree_known
 * @clks: those used so far
 * @direct: how many machines have a clock on by name
 * @noted: how many machines have to do with a clock
 * @left_on: of these the ones that the boot loader left on
 */
struct bpmp_share {
	struct list_head node;
	struct tegra_bpmp *bpmp;

	/* guards what follows, up to @looking */
	spinlock_t lock;
	struct list_head waiting;
	unsigned int taken;
	unsigned long lost;
	u8 looks[BITS_PER_LONG];
	wait_queue_head_t wait;
	struct delayed_work looking;

	/* guards what follows, up to @changing */
	spinlock_t owners;
	const struct bpmp_host *owner[BPMP_CLAIMS][BPMP_POLICY_IDS];

	/* guards what follows */
	struct mutex changing;
	bool tree_known;
	struct bpmp_node tree[BPMP_POLICY_IDS];
	struct bpmp_clk clks[BPMP_POLICY_IDS];
	u16 direct[BPMP_POLICY_IDS];
	u16 noted[BPMP_POLICY_IDS];
	struct bpmp_idset left_on;
};

/**
 * struct bpmp_host_before - what there was before this VM changed it
 * @count: entries of @order
 * @order: clocks that a change may have reached, each followed by what feeds it,
 *	in the firmware and in the framework
 * @seen: the clocks in @order
 * @clk_on: those of them that the firmware had on
 * @recorded: own clocks whose rate and parent struct bpmp_vm knows
 * @rate: rate of these after this VM's last change, in Hz
 * @parent: their parent at that time, or BPMP_NO_CLOCK
 * @pg_held: power domains that this machine counts as a user of
 * @pg_left_on: power domains that were on without a user
 * @pg_stuck: power domains that did not go off when they should have
 */
struct bpmp_host_before {
	unsigned int count;
	u16 order[BPMP_POLICY_IDS];
	struct bpmp_idset seen;
	struct bpmp_idset clk_on;
	struct bpmp_idset recorded;
	s64 rate[BPMP_POLICY_IDS];
	u32 parent[BPMP_POLICY_IDS];
	struct bpmp_idset pg_held;
	struct bpmp_idset pg_left_on;
	struct bpmp_idset pg_stuck;
};

/**
 * struct bpmp_section - a clock of our own, see section.c
 * @hw: as the framework has it
 * @clk: to be prepared
 * @run: what to do under the framework's prepare lock
 * @data: for it
 * @err: what it returned
 */
struct bpmp_section {
	struct clk_hw hw;
	struct clk *clk;
	int (*run)(struct bpmp_host *host, void *data);
	void *data;
	int err;
};

/**
 * struct bpmp_change - a change that a machine asked for
 * @op: which
 * @undo: it is a step of an undo, which is not to be interrupted
 * @done: set where it was tried, or where the framework has counted it
 * @value: rate or parent that is in force then, where the change is of one
 */
struct bpmp_change {
	const struct bpmp_op *op;
	bool undo;
	bool done;
	s64 value;
};

/**
 * struct bpmp_host - one node, one character device, one virtual machine
 * @ref: held by the driver while bound and by the open file
 * @node: in the list of all, see chardev.c
 * @dev: the platform device; not to be touched once @gone
 * @bpmp: the BPMP behind it; the same holds
 * @share: what it has in common with the other machines of this BPMP
 * @turns: how many it has; guarded by bpmp_share.lock
 * @misc: the character device
 * @name: its name
 * @debugfs: its folder of counters
 * @open: bit 0: a process has it open
 * @compat_write: whether write() is for the earliest programs, or not there
 * @calls: held for reading by each call into the driver; for writing by what
 *	must not run beside one: undo, unbind
 * @gone: the driver is unbound; guarded by @calls
 * @lock: see there
 * @policy: what the machine may do
 * @vm: what it did
 * @before: what undo restores beyond that
 * @left: clocks whose undo was left to whoever uses them
 * @section: for changes of clocks
 * @reset_index: id to place in the node's resets property, plus 1
 * @reset_users: nodes of the tree that refer to an own reset
 * @resets: struct reset_control of each reset used since the file was opened
 * @domains: struct device attached to each power domain used so far
 * @stats: counters
 * @log_limit: how often a refusal may be logged
 * @logged: what was logged before, see note_refusal() of request.c
 */
struct bpmp_host {
	struct kref ref;
	struct list_head node;
	struct device *dev;
	struct tegra_bpmp *bpmp;
	struct bpmp_share *share;
	unsigned int turns;
	struct miscdevice misc;
	char name[48];
	struct dentry *debugfs;
	unsigned long open;
	bool compat_write;

	struct rw_semaphore calls;
	bool gone;

	/* guards what follows, up to @stats */
	struct mutex lock;
	struct bpmp_policy policy;
	struct bpmp_vm vm;
	struct bpmp_host_before before;
	struct bpmp_idset left;
	struct bpmp_section section;
	struct xarray reset_index;
	struct list_head reset_users;
	struct xarray resets;
	struct xarray domains;

	struct bpmp_host_stats stats;
	struct ratelimit_state log_limit;
	DECLARE_BITMAP(logged, BPMP_HOST_LOG_MRQS * BPMP_HOST_LOG_CMDS);
};

void bpmp_host_put(struct bpmp_host *host);

/* passthrough.c */
int bpmp_passthrough_init(void);
void bpmp_passthrough_exit(void);

/* of.c */
int bpmp_host_parse(struct bpmp_host *host);

/* chardev.c */
int bpmp_host_register(struct bpmp_host *host);
void bpmp_host_unregister(struct bpmp_host *host);
void bpmp_host_stop(struct bpmp_host *host);

/* request.c */
int bpmp_host_request(struct bpmp_host *host, u32 mrq, const void *tx,
		      size_t tx_size, size_t rx_room,
		      struct bpmp_answer *answer);

/* firmware.c: only between bpmp_turn_begin() and bpmp_turn_end() */
int bpmp_fw_transfer(struct bpmp_host *host, u32 mrq, const void *tx,
		     size_t tx_size, void *rx, size_t rx_size, int *ret);
int bpmp_fw_clk_info(struct bpmp_host *host, u32 id,
		     struct cmd_clk_get_all_info_response *info);
int bpmp_fw_clk_max(struct bpmp_host *host, u32 *id);
int bpmp_fw_clk_state(struct bpmp_host *host, u32 id, bool *on);
int bpmp_fw_clk_switch(struct bpmp_host *host, u32 id, bool on);
int bpmp_fw_clk_rate(struct bpmp_host *host, u32 id, s64 *rate);
int bpmp_fw_clk_round(struct bpmp_host *host, u32 id, s64 *rate);
int bpmp_fw_clk_set_rate(struct bpmp_host *host, u32 id, s64 rate);
int bpmp_fw_clk_parent(struct bpmp_host *host, u32 id, u32 *parent);
int bpmp_fw_clk_set_parent(struct bpmp_host *host, u32 id, u32 parent);
int bpmp_fw_reset(struct bpmp_host *host, u32 cmd, u32 id);
int bpmp_fw_reset_max(struct bpmp_host *host, u32 *id);
int bpmp_fw_pg_state(struct bpmp_host *host, u32 id, bool *on);
int bpmp_fw_pg_max(struct bpmp_host *host, u32 *id);

/* section.c */
int bpmp_section_init(struct bpmp_host *host);
int bpmp_section(struct bpmp_host *host,
		 int (*run)(struct bpmp_host *host, void *data), void *data,
		 bool killable);

/* tree.c; bpmp_feeds() once the tree is known */
int bpmp_tree_read(struct bpmp_host *host);
int bpmp_tree_info(void *host, u32 id,
		   struct cmd_clk_get_all_info_response *info);
bool bpmp_feeds(const struct bpmp_share *share, u32 parent, u32 id);

/* users.c: in a section, but for bpmp_clks_get() */
int bpmp_clks_get(struct bpmp_host *host);
struct clk *bpmp_clk(const struct bpmp_host *host, u32 id);
bool bpmp_clk_prepared(const struct bpmp_host *host, u32 id);
bool bpmp_clk_used_by_others(const struct bpmp_host *host, u32 id);
bool bpmp_clk_used_by_host(const struct bpmp_host *host, u32 id);

/*
 * The back ends. A change gives 0, -EBUSY where somebody else holds the id,
 * -EINVAL where the firmware refused, -ETIMEDOUT where it did not answer, or
 * another negative errno. Called with @lock held. An undo's step gives
 * -EBUSY where it is somebody else's to decide by now.
 */
int bpmp_host_clk_change(struct bpmp_host *host, struct bpmp_change *change);
int bpmp_host_reset_change(struct bpmp_host *host, struct bpmp_change *change);
void bpmp_host_reset_release(struct bpmp_host *host);
int bpmp_host_pg_change(struct bpmp_host *host, struct bpmp_change *change);
void bpmp_host_pg_leave(struct bpmp_host *host);

/* clocks.c: in a section */
int bpmp_host_clk_off(struct bpmp_host *host, u32 id, bool *done);
int bpmp_host_clk_set_parent(struct bpmp_host *host, u32 id, u32 parent);
int bpmp_host_clk_set_rate(struct bpmp_host *host, u32 id, s64 *rate);

/* clocks_before.c: in a section, bpmp_host_clk_forget() with @changing held */
int bpmp_host_clk_remember(struct bpmp_host *host, u32 id);
int bpmp_host_clk_record(struct bpmp_host *host);
void bpmp_host_clk_moved(struct bpmp_host *host, u32 id);
int bpmp_host_left_on_check(struct bpmp_host *host);
void bpmp_host_left_on_restore(struct bpmp_host *host);
void bpmp_host_clk_forget(struct bpmp_host *host, u32 id);

/* clocks_undo.c */
int bpmp_host_clk_undo(struct bpmp_host *host, const struct bpmp_op *op);
int bpmp_host_clk_settle(struct bpmp_host *host, u32 id);

/* resets.c */
int bpmp_host_parse_resets(struct bpmp_host *host);
void bpmp_host_free_resets(struct bpmp_host *host);

/* undo.c */
void bpmp_host_undo(struct bpmp_host *host);
void bpmp_host_quarantine(struct bpmp_host *host, enum bpmp_op_kind kind,
			  u32 id, int err);

/* share.c */
struct bpmp_share *bpmp_share_get(struct tegra_bpmp *bpmp);
void bpmp_shares_free(void);
int bpmp_claim(struct bpmp_host *host, enum bpmp_claim kind, u32 id);
bool bpmp_claimed(const struct bpmp_host *host, enum bpmp_claim kind, u32 id);
void bpmp_claims_release(struct bpmp_host *host, bool all);

/* turns.c */
void bpmp_turns_init(struct bpmp_share *share);
void bpmp_turns_exit(struct bpmp_share *share);
unsigned int bpmp_turns_lost(struct bpmp_share *share);
int bpmp_turn_begin(struct bpmp_host *host, bool killable);
int bpmp_turn_try(struct bpmp_host *host);
void bpmp_turn_end(struct bpmp_host *host);
bool bpmp_channel_spare(struct bpmp_share *share);

/* debugfs.c */
void bpmp_host_debugfs_init(void);
void bpmp_host_debugfs_exit(void);
void bpmp_host_debugfs_add(struct bpmp_host *host);
void bpmp_host_debugfs_remove(struct bpmp_host *host);

#endif
