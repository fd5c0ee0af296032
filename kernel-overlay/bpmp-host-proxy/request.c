// SPDX-License-Identifier: GPL-2.0-only
/*
 * One request of a virtual machine: ask the policy, do what it says.
 */
#include <linux/device.h>
#include <linux/errno.h>
#include <linux/ktime.h>

#include "host.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

/* Every refusal is counted and traced; the first of its kind is logged. */
static void note_refusal(struct bpmp_host *host, const struct bpmp_decision *d)
{
	u32 mrq = min(d->mrq, BPMP_HOST_LOG_MRQS - 1);
	u32 cmd = min(d->cmd, BPMP_HOST_LOG_CMDS - 1);

	atomic64_inc(&host->stats.refused);
	if (test_and_set_bit(mrq * BPMP_HOST_LOG_CMDS + cmd, host->logged))
		return;

	if (__ratelimit(&host->log_limit))
		dev_warn(host->dev, "refused MRQ %u command %u id %u: %d (more of this kind are only counted)\n",
			 d->mrq, d->cmd, d->id, d->answer.status);
}

static int do_change(struct bpmp_host *host, struct bpmp_change *change)
{
	switch (change->op->kind) {
	case BPMP_OP_RESET_ASSERT:
	case BPMP_OP_RESET_DEASSERT:
	case BPMP_OP_RESET_MODULE:
		return bpmp_host_reset_change(host, change);
	case BPMP_OP_PG_ON:
	case BPMP_OP_PG_OFF:
		return bpmp_host_pg_change(host, change);
	default:
		return bpmp_host_clk_change(host, change);
	}
}

/* Under @lock, so that the state that was decided on is the one changed. */
static int change(struct bpmp_host *host, struct bpmp_decision *d)
{
	struct bpmp_change change = { .op = &d->op };
	bool counted;
	int err;

	err = do_change(host, &change);
	if (err == -EINTR && !change.done)
		return err;

	/* Dropped is dropped, whatever the firmware made of it. */
	counted = d->op.kind == BPMP_OP_CLK_DISABLE ||
		  d->op.kind == BPMP_OP_PG_OFF;
	if (change.done)
		bpmp_vm_apply(&host->policy, &host->vm, &d->op,
			      !err || counted);
	bpmp_policy_finish(d, err, change.value);
	if (!err)
		atomic64_inc(&host->stats.changed);

	return 0;
}

static int forward(struct bpmp_host *host, struct bpmp_decision *d)
{
	u8 rx[BPMP_PAYLOAD_MAX];
	int ret = 0;
	int err;

	err = bpmp_turn_begin(host, true);
	if (err)
		return err;

	err = bpmp_fw_transfer(host, d->mrq, d->tx, d->tx_size, rx, d->rx_size,
			       &ret);
	bpmp_turn_end(host);

	bpmp_policy_filter(&host->policy, d, err, ret, rx, d->rx_size);
	atomic64_inc(&host->stats.forwarded);

	return 0;
}

static int handle(struct bpmp_host *host, u32 mrq, const void *tx,
		  size_t tx_size, size_t rx_room, struct bpmp_decision *d)
{
	int err = 0;

	err = mutex_lock_killable(&host->lock);
	if (err)
		return err;

	bpmp_policy_decide(&host->policy, &host->vm, mrq, tx, tx_size, rx_room,
			   d);
	trace_bpmp_decision(host->name, d);
	if (d->verdict == BPMP_CHANGE)
		err = change(host, d);

	mutex_unlock(&host->lock);

	/* A question depends on no state: let others in meanwhile. */
	if (d->verdict == BPMP_FORWARD)
		err = forward(host, d);

	return err;
}

/* What include/uapi/linux/bpmp-host.h lists; whatever else failed, failed. */
static int documented(int err)
{
	switch (err) {
	case 0:
	case -EACCES:
	case -EAGAIN:
	case -EBUSY:
	case -EINTR:
	case -EINVAL:
	case -ENODEV:
	case -ETIMEDOUT:
		return err;
	default:
		return -EIO;
	}
}

static void count(struct bpmp_host *host, const struct bpmp_decision *d)
{
	atomic64_inc(&host->stats.requests);
	if (d->verdict == BPMP_ANSWER)
		atomic64_inc(&host->stats.answered);
	else if (d->verdict == BPMP_REFUSE || d->answer.status == -EBUSY)
		note_refusal(host, d);
	else if (d->answer.status || d->answer.ret)
		atomic64_inc(&host->stats.failed);
}

/**
 * bpmp_host_request() - one request of a virtual machine
 * @host: the machine
 * @mrq: number of the request
 * @tx: payload, a copy that user space cannot change
 * @tx_size: its bytes
 * @rx_room: room for the answer, in bytes
 * @answer: what goes back where 0 is returned
 *
 * Return: 0 when the firmware, or the policy in its place, has answered; else
 * a negative errno: -EACCES policy, -EBUSY held by somebody else, -EINVAL
 * malformed, -ENODEV the driver was unbound or the host's framework has no such
 * clock, -EINTR killed, -EAGAIN the host is suspending, -ETIMEDOUT no answer,
 * -EIO anything else.
 */
int bpmp_host_request(struct bpmp_host *host, u32 mrq, const void *tx,
		      size_t tx_size, size_t rx_room,
		      struct bpmp_answer *answer)
{
	ktime_t start = ktime_get();
	struct bpmp_decision d;
	int err;

	err = down_read_killable(&host->calls);
	if (err)
		return err;

	if (host->gone) {
		err = -ENODEV;
		goto out;
	}

	err = handle(host, mrq, tx, tx_size, rx_room, &d);
	if (err)
		goto out;

	count(host, &d);
	trace_bpmp_answer(host->name, &d,
			  ktime_to_ns(ktime_sub(ktime_get(), start)));
	*answer = d.answer;
	err = answer->status;
out:
	err = documented(err);
	up_read(&host->calls);

	return err;
}
