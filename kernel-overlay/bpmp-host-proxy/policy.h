/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a virtual machine may ask of the BPMP.
 *
 * Pure functions of (message, policy, state of the VM): they log nothing, take
 * no lock, allocate nothing and talk to nobody, so the same object is tested
 * by KUnit, by a fuzzer and by a model checker in user space.
 *
 * How the driver uses them, once per request:
 *
 *	bpmp_policy_decide(policy, vm, mrq, tx, tx_len, rx_room, &d);
 *	switch (d.verdict) {
 *	case BPMP_ANSWER:	the answer is in d.answer, nothing else to do
 *	case BPMP_REFUSE:	the same, and worth counting and tracing
 *	case BPMP_FORWARD:	send d.mrq with d.tx, d.tx_size; receive
 *				d.rx_size bytes into a zeroed buffer; then
 *				bpmp_policy_filter()
 *	case BPMP_CHANGE:	do d.op through the host's frameworks, then
 *				bpmp_vm_apply() and bpmp_policy_finish()
 *	}
 *	d.answer goes back to the VM.
 *
 * The caller serialises everything that takes the same struct bpmp_vm, and
 * holds that lock from bpmp_policy_decide() to bpmp_vm_apply(). A FORWARD does
 * not depend on the VM's state: the lock may be dropped before the firmware is
 * asked.
 *
 * When a VM ends: while (bpmp_vm_undo_next(policy, vm, &op)) { do op;
 * bpmp_vm_undone(vm, &op); }.
 */
#ifndef BPMP_POLICY_H
#define BPMP_POLICY_H

#include <linux/types.h>
#include <soc/tegra/bpmp-abi.h>

/*
 * Ids at or above this are foreign to every VM. Tegra234 ends at clock 476,
 * reset 193 and power domain 40 or so, Tegra264 stays below 600.
 */
#define BPMP_POLICY_IDS		1024

/* Longest payload of either direction, in bytes. */
#define BPMP_PAYLOAD_MAX	120

/* In place of a clock id: there is none. */
#define BPMP_NO_CLOCK		(~(u32)0)

/**
 * struct bpmp_idset - set of ids below BPMP_POLICY_IDS
 * @words: bit i % 64 of word i / 64 says that id i is in the set
 */
struct bpmp_idset {
	u64 words[BPMP_POLICY_IDS / 64];
};

bool bpmp_idset_has(const struct bpmp_idset *set, u32 id);
void bpmp_idset_add(struct bpmp_idset *set, u32 id);
void bpmp_idset_del(struct bpmp_idset *set, u32 id);
u32 bpmp_idset_count(const struct bpmp_idset *set);
/* The lowest id of the set, or BPMP_POLICY_IDS where it is empty. */
u32 bpmp_idset_first(const struct bpmp_idset *set);
/* One more than the highest id of the set, 0 where it is empty. */
u32 bpmp_idset_end(const struct bpmp_idset *set);

/**
 * enum bpmp_clk_class - what a clock is to a VM
 * @BPMP_CLK_FOREIGN: none of its business: looks like a hole
 * @BPMP_CLK_ANCESTOR: a possible parent of a visible clock: can be looked at
 * @BPMP_CLK_SHARED: can be looked at, enabled and disabled, never changed
 * @BPMP_CLK_OWN: assigned to this VM
 */
enum bpmp_clk_class {
	BPMP_CLK_FOREIGN,
	BPMP_CLK_ANCESTOR,
	BPMP_CLK_SHARED,
	BPMP_CLK_OWN,
	BPMP_CLK_CLASSES
};

/**
 * struct bpmp_policy - what one VM may see and do
 * @clk: clocks by class; the set of BPMP_CLK_FOREIGN stays empty
 * @reset: resets of its own
 * @pg: power domains of its own
 * @clk_busy: own or shared clocks that may not be changed at present (held by
 *	the host or by another VM, or left in doubt by a failed undo): -EBUSY
 * @reset_busy: the same of resets
 * @pg_busy: the same of power domains
 * @demoted: clocks listed as own that are shared, since they can feed others.
 *	Set by bpmp_policy_close()
 * @unknown: clocks listed that the firmware does not have. The same holds
 * @rank: longest way from a clock down to an own or shared one; an ancestor's
 *	is higher than that of everything it may feed, which gives the order of
 *	the undo. Set by bpmp_policy_close()
 *
 * Starts as zeroes (nothing allowed). Filled by the bpmp_policy_add_*()
 * functions, then by bpmp_policy_close(), and constant after that but for the
 * busy sets.
 */
struct bpmp_policy {
	struct bpmp_idset clk[BPMP_CLK_CLASSES];
	struct bpmp_idset reset;
	struct bpmp_idset pg;
	struct bpmp_idset clk_busy;
	struct bpmp_idset reset_busy;
	struct bpmp_idset pg_busy;
	struct bpmp_idset demoted;
	struct bpmp_idset unknown;
	u8 rank[BPMP_POLICY_IDS];
};

/*
 * Each returns 0, -ERANGE for an id that no policy can hold, or -EEXIST for a
 * clock that is listed already, in this class or another.
 */
int bpmp_policy_add_clock(struct bpmp_policy *policy, u32 id,
			  enum bpmp_clk_class class);
int bpmp_policy_add_reset(struct bpmp_policy *policy, u32 id);
int bpmp_policy_add_pg(struct bpmp_policy *policy, u32 id);

enum bpmp_clk_class bpmp_policy_clk_class(const struct bpmp_policy *policy,
					  u32 id);
/* Whether it is of any class but BPMP_CLK_FOREIGN. */
bool bpmp_policy_clk_visible(const struct bpmp_policy *policy, u32 id);

/**
 * typedef bpmp_clk_info_fn - read what the firmware says of a clock
 * @ctx: as given to bpmp_policy_close()
 * @id: the clock
 * @info: where the firmware's answer goes; zeroed before the call, and left so
 *	where the firmware knows no such clock
 *
 * Return: 0, or a negative errno that ends the closure (firmware out of reach).
 */
typedef int (*bpmp_clk_info_fn)(void *ctx, u32 id,
				struct cmd_clk_get_all_info_response *info);

/**
 * bpmp_policy_close() - make every possible parent of a visible clock visible
 * @policy: with its own and shared clocks added
 * @get_info: called once or more for every id below BPMP_POLICY_IDS; may sleep
 * @ctx: for @get_info
 *
 * An own clock that can feed one that is not own becomes shared: its rate is
 * not for this VM to change, since that changes the other's too.
 *
 * A clock that the firmware does not know (empty name) leaves its class and
 * becomes a hole: Linux 6.12 frees memory twice where a clock names a parent
 * that is not there, so nothing may ever name it. After a failure it may be
 * called again.
 *
 * Return: 0, or what @get_info failed with.
 */
int bpmp_policy_close(struct bpmp_policy *policy, bpmp_clk_info_fn get_info,
		      void *ctx);

/**
 * enum bpmp_op_kind - changes of state, all done through the host's frameworks
 * @BPMP_OP_NONE: no change
 * @BPMP_OP_CLK_ENABLE: clk_prepare_enable()
 * @BPMP_OP_CLK_DISABLE: clk_disable_unprepare()
 * @BPMP_OP_CLK_SET_RATE: clk_set_rate() to value, in Hz
 * @BPMP_OP_CLK_SET_PARENT: clk_set_parent() to the clock with the id value
 * @BPMP_OP_RESET_ASSERT: reset_control_assert()
 * @BPMP_OP_RESET_DEASSERT: reset_control_deassert()
 * @BPMP_OP_RESET_MODULE: reset_control_reset(): ends deasserted
 * @BPMP_OP_PG_ON: power domain on
 * @BPMP_OP_PG_OFF: power domain off, as far as this VM is concerned
 */
enum bpmp_op_kind {
	BPMP_OP_NONE,
	BPMP_OP_CLK_ENABLE,
	BPMP_OP_CLK_DISABLE,
	BPMP_OP_CLK_SET_RATE,
	BPMP_OP_CLK_SET_PARENT,
	BPMP_OP_RESET_ASSERT,
	BPMP_OP_RESET_DEASSERT,
	BPMP_OP_RESET_MODULE,
	BPMP_OP_PG_ON,
	BPMP_OP_PG_OFF,
};

/**
 * struct bpmp_op - one change of state
 * @kind: what to do
 * @id: to which clock, reset or power domain
 * @value: rate in Hz (never negative) or id of the parent, where kind has one
 */
struct bpmp_op {
	enum bpmp_op_kind kind;
	u32 id;
	s64 value;
};

/**
 * struct bpmp_vm - what one VM has done so far
 * @clk_on: clocks it has enabled. One bit per clock, not a count: the firmware
 *	keeps a boolean per master, and to the VM this is the firmware
 * @clk_rate_changed: clocks whose rate the undo has to restore
 * @clk_parent_changed: clocks whose parent the undo has to restore
 * @reset_deasserted: resets that the undo has to assert
 * @pg_on: power domains it has switched on
 * @clk_order: the clocks of @clk_on, in the order in which they were enabled
 * @clk_count: how many entries @clk_order has
 * @rate: rate of own clocks before the VM changed any, in Hz; 0 = unknown
 * @parent: parent of own clocks at that time, or BPMP_NO_CLOCK
 *
 * Large (14 KiB): never on a stack. bpmp_vm_init() makes a new one, then
 * bpmp_vm_record_clock() is called for each own clock, before the first change
 * of any: a change of one moves those that it feeds.
 */
struct bpmp_vm {
	struct bpmp_idset clk_on;
	struct bpmp_idset clk_rate_changed;
	struct bpmp_idset clk_parent_changed;
	struct bpmp_idset reset_deasserted;
	struct bpmp_idset pg_on;
	u16 clk_order[BPMP_POLICY_IDS];
	u32 clk_count;
	s64 rate[BPMP_POLICY_IDS];
	u32 parent[BPMP_POLICY_IDS];
};

void bpmp_vm_init(struct bpmp_vm *vm);
void bpmp_vm_record_clock(struct bpmp_vm *vm, u32 id, s64 rate, u32 parent);

/**
 * bpmp_vm_apply() - note that a change was done, or tried
 * @policy: of this VM
 * @vm: the VM that asked for it
 * @op: the change, from a decision
 * @ok: whether it succeeded. A failed change of rate, parent or reset may have
 *	gone half way and is noted for the undo all the same
 *
 * A change of rate or parent moves the clock and may move every own clock that
 * is ranked below it: all of them are noted, and the undo looks at each.
 */
void bpmp_vm_apply(const struct bpmp_policy *policy, struct bpmp_vm *vm,
		   const struct bpmp_op *op, bool ok);

/**
 * bpmp_vm_undo_next() - the next step of putting everything back
 * @policy: of this VM
 * @vm: the VM that ended or was reset
 * @op: the change to make
 *
 * Order: resets are asserted while the clocks still run, then enables are
 * dropped last-in first-out. What runs after that is somebody else's. Of the
 * rest parents and then rates are restored, what feeds others first. Power
 * domains go last.
 *
 * Return: false where nothing is left to do.
 */
bool bpmp_vm_undo_next(const struct bpmp_policy *policy,
		       const struct bpmp_vm *vm, struct bpmp_op *op);

/**
 * bpmp_vm_undone() - strike a step of the undo off the list
 * @vm: the VM
 * @op: from bpmp_vm_undo_next(), done or failed. Where it failed the caller
 *	adds the id to the policy's busy set
 */
void bpmp_vm_undone(struct bpmp_vm *vm, const struct bpmp_op *op);

/**
 * enum bpmp_verdict - what to do with a request
 * @BPMP_REFUSE: not allowed or malformed; answer.status says which
 * @BPMP_ANSWER: answered here; nothing reaches the firmware
 * @BPMP_FORWARD: a question that the firmware answers
 * @BPMP_CHANGE: a change of state
 */
enum bpmp_verdict {
	BPMP_REFUSE,
	BPMP_ANSWER,
	BPMP_FORWARD,
	BPMP_CHANGE,
};

/**
 * struct bpmp_answer - what goes back to the VM
 * @status: 0 where the firmware (or we in its place) answered, else -EACCES
 *	(policy), -EINVAL (malformed), -EBUSY, -ETIMEDOUT, ...
 * @ret: the firmware's own code, 0 or negative BPMP_E*, valid where status is 0
 * @rx_size: bytes of @rx that belong to the answer, at most the room given
 * @rx: payload; zero from @rx_size on
 */
struct bpmp_answer {
	s32 status;
	s32 ret;
	u32 rx_size;
	u8 rx[BPMP_PAYLOAD_MAX];
};

/**
 * struct bpmp_decision - verdict and everything that follows from it
 * @verdict: see enum bpmp_verdict
 * @mrq: number of the request, as asked and (FORWARD) as to be sent
 * @cmd: its command, 0 where the MRQ has none
 * @id: the clock, reset or power domain it is about, 0 where there is none
 * @rx_room: room that the VM offers for the answer
 * @op: CHANGE: what to do
 * @tx: FORWARD: request, rebuilt from parsed fields and padded with zeroes, so
 *	that the firmware never reads the rest of an older request
 * @tx_size: FORWARD: bytes to send, always all of @tx
 * @rx_size: FORWARD: bytes to receive, the exact size of the answer's struct
 * @answer: what goes back: complete after decide() where the verdict is ANSWER
 *	or REFUSE, after filter() or finish() for the others
 */
struct bpmp_decision {
	enum bpmp_verdict verdict;
	u32 mrq;
	u32 cmd;
	u32 id;
	u32 rx_room;
	struct bpmp_op op;
	u32 tx_size;
	u32 rx_size;
	u8 tx[BPMP_PAYLOAD_MAX];
	struct bpmp_answer answer;
};

/**
 * bpmp_policy_decide() - decide on one request
 * @policy: what this VM may do
 * @vm: what it has done so far
 * @mrq: number of the request
 * @tx: payload, in kernel memory that the VM cannot change meanwhile
 * @tx_len: bytes of @tx; more than BPMP_PAYLOAD_MAX is refused with -EINVAL
 * @rx_room: bytes that the VM offers for the answer; the same holds
 * @d: the decision, all of it written
 *
 * Return: @d->verdict.
 */
enum bpmp_verdict bpmp_policy_decide(const struct bpmp_policy *policy,
				     const struct bpmp_vm *vm, u32 mrq,
				     const void *tx, size_t tx_len,
				     size_t rx_room, struct bpmp_decision *d);

/**
 * bpmp_policy_filter() - turn the firmware's answer into the VM's
 * @policy: what this VM may see
 * @d: decision with verdict FORWARD; @d->answer is filled in
 * @status: 0, or the negative errno with which the transfer failed
 * @ret: the firmware's code; an answer with one carries no payload
 * @rx: what the firmware answered; the caller's buffer, not the VM's
 * @rx_len: bytes of @rx that the firmware wrote
 */
void bpmp_policy_filter(const struct bpmp_policy *policy,
			struct bpmp_decision *d, int status, int ret,
			const void *rx, size_t rx_len);

/**
 * bpmp_policy_finish() - make the answer to a change of state
 * @d: decision with verdict CHANGE; @d->answer is filled in
 * @err: 0, or the negative errno of the framework. -EINVAL is how the host's
 *	drivers report any code of the firmware, so it becomes one again;
 *	everything else is handed on as status
 * @value: the rate in Hz or the id of the parent that is in force now, for
 *	BPMP_OP_CLK_SET_RATE and BPMP_OP_CLK_SET_PARENT
 */
void bpmp_policy_finish(struct bpmp_decision *d, int err, s64 value);

#endif
