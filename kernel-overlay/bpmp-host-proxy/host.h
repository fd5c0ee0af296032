/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Host proxy: one struct bpmp_host for each nvidia,bpmp-host-proxy node, that
 * is for each virtual machine.
 *
 * The way of a request: chardev.c takes it from user space, request.c asks the
 * policy and does what it says, clocks.c, resets.c and domains.c change state
 * through the host's frameworks, firmware.c asks the firmware what only it
 * knows. clocks_before.c notes how clocks were, undo.c puts everything back.
 * share.c is what the virtual machines of one BPMP have in common: who holds
 * which id, and the channels they may use. passthrough.c keeps their devices
 * off the drivers of the host.
 *
 * Order of locks: calls, lock, bpmp_share.claims, those of the frameworks.
 */
#ifndef BPMP_HOST_H
#define BPMP_HOST_H

#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/kref.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/mutex.h>
#include <linux/ratelimit.h>
#include <linux/rwsem.h>
#include <linux/types.h>
#include <linux/xarray.h>

#include "policy.h"

struct bpmp_share;
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
	atomic64_t undo_failed;
};

/**
 * struct bpmp_host_before - the firmware's view before this VM changed it
 * @count: entries of @order
 * @order: clocks looked at, each followed by what fed it at that time, in the
 *	firmware and in the framework
 * @seen: the clocks in @order
 * @clk_on: those of them that the firmware had on
 * @recorded: own clocks whose rate and parent struct bpmp_vm knows
 * @pg_seen: power domains looked at
 * @pg_on: those of them that the firmware had on
 *
 * What of it nobody asked for is known for all machines together, in share.c.
 */
struct bpmp_host_before {
	unsigned int count;
	u16 order[BPMP_POLICY_IDS];
	struct bpmp_idset seen;
	struct bpmp_idset clk_on;
	struct bpmp_idset recorded;
	struct bpmp_idset pg_seen;
	struct bpmp_idset pg_on;
};

/**
 * struct bpmp_host - one node, one character device, one virtual machine
 * @ref: held by the driver while bound and by the open file
 * @node: in the list of all, see chardev.c
 * @dev: the platform device; not to be touched once @gone
 * @bpmp: the BPMP behind it; the same holds
 * @share: what it has in common with the other machines of this BPMP
 * @misc: the character device
 * @name: its name
 * @debugfs: its folder of counters
 * @open: bit 0: a process has it open
 * @calls: held for reading by each call into the driver; for writing by what
 *	must not run beside one: undo, unbind
 * @gone: the driver is unbound; guarded by @calls
 * @lock: see there
 * @policy: what the machine may do
 * @vm: what it did
 * @before: what undo restores beyond that
 * @clks: struct clk of each clock used so far
 * @reset_index: id to place in the node's resets property, plus 1
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
	struct miscdevice misc;
	char name[48];
	struct dentry *debugfs;
	unsigned long open;

	struct rw_semaphore calls;
	bool gone;

	/* guards what follows, up to @stats */
	struct mutex lock;
	struct bpmp_policy policy;
	struct bpmp_vm vm;
	struct bpmp_host_before before;
	struct xarray clks;
	struct xarray reset_index;
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

/* request.c */
int bpmp_host_request(struct bpmp_host *host, u32 mrq, const void *tx,
		      size_t tx_size, size_t rx_room,
		      struct bpmp_answer *answer);

/* firmware.c: only between bpmp_turn_begin() and bpmp_turn_end() */
int bpmp_fw_transfer(struct bpmp_host *host, u32 mrq, const void *tx,
		     size_t tx_size, void *rx, size_t rx_size, int *ret);
int bpmp_fw_clk_info(struct bpmp_host *host, u32 id,
		     struct cmd_clk_get_all_info_response *info);
int bpmp_fw_clk_state(struct bpmp_host *host, u32 id, bool *on);
int bpmp_fw_clk_enable(struct bpmp_host *host, u32 id);
int bpmp_fw_clk_rate(struct bpmp_host *host, u32 id, s64 *rate);
int bpmp_fw_clk_set_rate(struct bpmp_host *host, u32 id, s64 rate);
int bpmp_fw_clk_parent(struct bpmp_host *host, u32 id, u32 *parent);
int bpmp_fw_clk_set_parent(struct bpmp_host *host, u32 id, u32 parent);
int bpmp_fw_reset(struct bpmp_host *host, u32 cmd, u32 id);
int bpmp_fw_pg_state(struct bpmp_host *host, u32 id, bool *on);
int bpmp_fw_pg_set_state(struct bpmp_host *host, u32 id, bool on);

/*
 * The back ends. A change gives 0, -EBUSY where somebody else holds the id,
 * -EINVAL where the firmware refused, or another negative errno. Called with
 * @lock held and a turn taken.
 */
int bpmp_host_clk_change(struct bpmp_host *host, const struct bpmp_op *op,
			 s64 *value);
int bpmp_host_clk_restore(struct bpmp_host *host, const struct bpmp_op *op);
struct clk *bpmp_host_clk(struct bpmp_host *host, u32 id);
void bpmp_host_clk_free(struct bpmp_host *host);

/* clocks_before.c */
int bpmp_host_clk_remember(struct bpmp_host *host, u32 id);
int bpmp_host_clk_record(struct bpmp_host *host, u32 id);
int bpmp_host_clk_settle(struct bpmp_host *host, u32 id, bool *stuck);
void bpmp_host_clk_forget(struct bpmp_host *host, u32 id);

int bpmp_host_reset_change(struct bpmp_host *host, const struct bpmp_op *op);
void bpmp_host_reset_release(struct bpmp_host *host);

int bpmp_host_pg_change(struct bpmp_host *host, const struct bpmp_op *op);
int bpmp_host_pg_settle(struct bpmp_host *host, u32 id);
void bpmp_host_pg_free(struct bpmp_host *host);

/* undo.c */
void bpmp_host_undo(struct bpmp_host *host);

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
 * struct bpmp_turn - the right to keep one channel of the BPMP busy
 * @since: when it was taken
 */
struct bpmp_turn {
	ktime_t since;
};

/* share.c */
struct bpmp_share *bpmp_share_get(struct tegra_bpmp *bpmp);
void bpmp_share_put(struct bpmp_share *share);
int bpmp_turn_begin(struct bpmp_share *share, struct bpmp_turn *turn,
		    bool killable);
void bpmp_turn_end(struct bpmp_share *share, const struct bpmp_turn *turn);
void bpmp_claims_lock(struct bpmp_share *share);
void bpmp_claims_unlock(struct bpmp_share *share);
int bpmp_claim(struct bpmp_host *host, enum bpmp_claim kind, u32 id);
void bpmp_claims_release(struct bpmp_host *host, bool all);

/* share.c, between bpmp_claims_lock() and bpmp_claims_unlock() */
void bpmp_note(struct bpmp_share *share, u32 clk, bool left_on);
void bpmp_unnote(struct bpmp_share *share, u32 clk);
bool bpmp_left_on(const struct bpmp_share *share, u32 clk);

/* debugfs.c */
void bpmp_host_debugfs_init(void);
void bpmp_host_debugfs_exit(void);
void bpmp_host_debugfs_add(struct bpmp_host *host);
void bpmp_host_debugfs_remove(struct bpmp_host *host);

#endif
