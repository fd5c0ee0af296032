#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Plant defects in the host proxy, several at a time, and demand of the attack that for each a line of its row is not ok.
#
# Takes by environment what run.sh takes; copies of the overlay and logs go below OUT.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
overlay=$here/../../../kernel-overlay
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
attack shapes policy

begin sharing
plant H2 request.c 's/^#include <linux.ktime.h>/&\n#include <linux\/slab.h>/; s/^	atomic64_inc(&host->stats.requests);/	if (!kmalloc(2048, GFP_KERNEL))\n		return;\n&/'
plant H13 clocks.c 's/if (held_by_others(host, clk))/if (false \&\& held_by_others(host, clk))/'
plant H16 clocks.c 's/clk_disable_unprepare(clk);/if (true) {\n			u32 req = CMD_CLK_DISABLE << 24 | op->id;\n			int ret;\n\n			return bpmp_fw_transfer(host, MRQ_CLK, \&req, sizeof(req), NULL, 0, \&ret);\n		}/'
plant H17 share.c 's/else if (share->owner\[kind\]\[id\] != host)/else if (false)/'
plant H18 main.c 's/^#define LOG_BURST	10/#define LOG_BURST	200/'
attack sharing limits

begin ending
plant H23 share.c 's/channels > 1 ? channels - 1 : 1/channels/'
plant H24 chardev.c '/^	if (!host->gone)$/,+1d'
attack undo lost-answers
exit "$bad"
