#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Plant defects in the host proxy, several at a time, and demand of the attack that for each a line of its row is not ok.
#
# Takes by environment what run.sh takes; copies of the overlay and logs go below OUT.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
overlay=$here/../../../kernel-overlay
# A defect may leave the machine waiting for good: what it said until then counts. Other groups take up to two minutes.
export TIMEOUT="${TIMEOUT:-300}"
: "${OUT:?folder to work in}"
bad=0

# plant ROW FILE SED: into the copy; a line that is not there any more is an error.
plant() {
	file=$OVERLAY/bpmp-host-proxy/$2
	cp "$file" "$file.before"
	sed -i "$3" "$file"
	if cmp -s "$file" "$file.before"; then
		echo "$1: nothing to change in $2: $3" >&2
		exit 1
	fi
	rows="$rows $1"
}

# begin NAME, then defects, then attack FAMILY...
begin() {
	work=$OUT/$1
	rows=
	rm -rf "$work"
	mkdir -p "$work"
	cp -r "$overlay" "$work/planted"
	export OVERLAY="$work/planted"
}

attack() {
	if OUT=$work/run CALLS=20000 FAMILIES="$*" "$here/run.sh" >"$work/tap" 2>&1; then
		echo "$work: nothing was found" >&2
		bad=1
	fi
	for row in $rows; do
		if grep -qE "^not ok [0-9]+ - ([A-Z0-9]+ )*${row}[ :]" "$work/tap"; then
			echo "$row: found"
		else
			echo "$row: not found, see $work/tap" >&2
			bad=1
		fi
	done
}

begin asking
plant passthrough passthrough.c 's/err = device_set_driver_override(.*/err = 0;/'
plant H1 chardev.c 's/ || msg.rx_size > BPMP_PAYLOAD_MAX)/)/'
plant H3 policy.c '/^static.* decide_ping(/,/^}/s/tx_len < sizeof(req)/false/'
plant H4 chardev.c 's/len != sizeof(msg) && len != COMPAT_LONG/len < sizeof(msg)/'
plant H6 chardev.c 's/msg->ret = err ?: answer->ret;/msg->ret = 0;/'
plant H7 chardev.c 's/msg.flags || msg.reserved ||//'
plant H8 policy.c '/^#define CLK_ID/s/GENMASK(23, 0)/GENMASK(11, 0)/'
# shellcheck disable=SC2016 # sed's $
plant H10 policy.c '/act on the whole chip/,$s/return refuse(/return mrq == MRQ_DEBUG ? answer(d, 0) : refuse(/'
plant H14 firmware.c 's/.size = sizeof(frame) }/.size = tx_size }/'
plant H15 policy.c 's/^	d->rx_size = rx_size;/	d->rx_size = BPMP_PAYLOAD_MAX;/'
plant H19 chardev.c 's/misc.mode = 0600/misc.mode = 0666/'
plant H20 of.c 's/return dev_err_probe(dev, count,/return false \&\& dev_err_probe(dev, count,/'
plant H30 chardev.c 's/file->f_cred != current_cred()/false/'
attack shapes policy

begin sharing
plant H2 request.c 's/^#include <linux.ktime.h>/&\n#include <linux\/slab.h>/; s/^	atomic64_inc(&host->stats.requests);/	if (!kmalloc(2048, GFP_KERNEL))\n		return;\n&/'
plant H13 clocks.c 's/if (bpmp_clk_used_by_others(host, op->id))/if (false)/'
plant H16 clocks.c 's/clk_disable_unprepare(bpmp_clk(host, id));/return bpmp_fw_clk_switch(host, id, false);/'
plant H17 share.c 's/else if (share->owner\[kind\]\[id\] != host)/else if (false)/'
plant H18 main.c 's/^#define LOG_BURST	10/#define LOG_BURST	200/'
attack sharing limits

begin using
plant H27 users.c 's/"clk_prepare_count" }/"clk_enable_count" }/'
plant H28 resets.c 's/if (host_may_hold(host, op->id))/if (false)/'
plant H29 domains.c 's/^		pm_runtime_set_suspended(dev);//'
attack sharing

begin demoting
plant H27 policy_ids.c 's/again |= demote_parents(policy, &info)/again = false/'
plant H15 policy_answer.c 's/if (d->mrq == MRQ_PG)/if (false)/'
attack sharing policy

begin ending
plant H23 turns.c 's/return n ? n - hweight_long(share->lost) : 2;/return n ?: 2;/'
plant H24 chardev.c '/^	if (!host->gone)$/,+1d'
attack undo lost-answers

# An undo that does not ask, and one that does not know what moved.
begin asking-first
plant H27 clocks_undo.c 's/bpmp_clk_used_by_others(host, id))/false)/'
attack matrix

begin between
plant H24 policy_vm.c 's/if (policy->rank\[other\] < policy->rank\[id\])/if (false)/'
plant H26 clocks.c 's/if (!err \&\& now != want)/if (false)/'
plant H29 clocks_before.c 's/if (!on || bpmp_clk_used_by_host(host, id))/if (false)/'
attack between

# The chain of the old parent, with both of its guards gone.
begin chain
plant H24 policy_vm.c 's/if (vm->clk_count > 0 \&\& /if (bpmp_idset_first(\&vm->clk_parent_changed) == BPMP_POLICY_IDS \&\& vm->clk_count > 0 \&\& /'
plant H24 clocks.c 's/err = bpmp_host_clk_remember(host, op->id);/err = 0;/'
plant H29 domains.c 's/ \&\& !alone(dev))/ \&\& false)/'
attack between
exit "$bad"
