#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Run the KUnit suite of the policy in a user-mode Linux kernel.
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

mkdir -p "$BUILD"
cd "$KSRC"
python3 tools/testing/kunit/kunit.py run --kunitconfig="$here/kunitconfig" \
	--build_dir="$BUILD" --jobs="${JOBS:-2}" --make_options "CC=$cc" \
	--raw_output=kunit >"$BUILD/kunit.log" 2>&1 || {
	cat "$BUILD/kunit.log"
	exit 1
}

grep -E '^ *(ok|not ok) ' "$BUILD/kunit.log"
if grep -q '^ *not ok ' "$BUILD/kunit.log"; then exit 1; fi
cases=$(grep -c '^ *ok .*_test' "$BUILD/kunit.log")
wanted=$(grep -c '	KUNIT_CASE(' "$KSRC/drivers/firmware/tegra/bpmp-host-proxy/policy_kunit.c")
echo "kunit: $cases of $wanted cases passed"
[ "$cases" -eq "$wanted" ]
