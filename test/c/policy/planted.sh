#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Plant one defect after the other in a copy of the policy and demand that a
# check finds it: planted.sh fuzz.sh, planted.sh cbmc.sh, planted.sh units.sh.
# The environment is the check's, see there; copies go to BUILD or CACHE.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
policy=$here/../../../kernel-overlay/bpmp-host-proxy/policy.c
check=${1:?name of the check}
work=${BUILD:-${CACHE:?}}/planted
mkdir -p "$work"

plant() {
	name=$1
	shift
	sed "$@" "$policy" >"$work/policy.c"
	if cmp -s "$policy" "$work/policy.c"; then
		echo "$name: the line to change is not there any more" >&2
		exit 1
	fi
	if POLICY=$work/policy.c "$here/$check" >"$work/log" 2>&1; then
		echo "$name: $check did not find it" >&2
		exit 1
	fi
	# Found, not broken: each check says so in its own way.
	if ! grep -qE 'broken rule|FAILURE|not ok|runtime error|ERROR: Add' "$work/log"; then
		cat "$work/log"
		exit 1
	fi
	echo "$name: found"
}

plant 'ids of 12 bits' '/^#define CLK_ID/s/GENMASK(23, 0)/GENMASK(11, 0)/'
plant 'no minimum length' '/if (tx_len < rule->tx_min)/,+1d'
