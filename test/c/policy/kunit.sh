#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Run the KUnit suite of the policy in a user-mode Linux kernel that has little
# else: tools/testing/kunit/kunit.py builds four times as much.
#
# KSRC   kernel tree with the overlay linked in and the patch applied
# BUILD  folder for the build, kept for the next run
# JOBS   parallel compilers, 2 if not given
#
# Ends in 0 where every test passed and the suite was really there.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
: "${KSRC:?kernel tree with the overlay}" "${BUILD:?folder for the build}"

cc=gcc
if command -v ccache >/dev/null; then cc='ccache gcc'; fi
# Objects of another clone's tree will do.
export CCACHE_BASEDIR="${CCACHE_BASEDIR:-$(dirname "$BUILD")}" CCACHE_NOHASHDIR=1

mkdir -p "$BUILD"
log=$BUILD/kunit.log
uml() {
	make -s -C "$KSRC" O="$BUILD" ARCH=um CC="$cc" "$@" >"$log" 2>&1 || {
		cat "$log"
		exit 1
	}
}
uml KCONFIG_ALLCONFIG="$here/kunitconfig" allnoconfig
uml -j"${JOBS:-2}" linux

timeout 120 "$BUILD/linux" mem=64M kunit_shutdown=halt </dev/null >"$log" 2>&1 || true
grep -E '^ *(ok|not ok) ' "$log" || cat "$log"
if grep -q '^ *not ok ' "$log"; then exit 1; fi
cases=$(grep -c '^ *ok .*_test' "$log" || true)
wanted=$(grep -c '	KUNIT_CASE(' "$KSRC/drivers/firmware/tegra/bpmp-host-proxy/policy_kunit.c")
echo "kunit: $cases of $wanted cases passed"
[ "$cases" -eq "$wanted" ]
