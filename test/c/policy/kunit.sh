#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Run the KUnit suite of the policy in a kernel that looks for its own faults.
#
# KBUILD  build folder of an arm64 kernel with the suite, which is not enabled
# QEMU    qemu-system-aarch64
# OUT     folder for the log
#
# Ends in 0 where every case passed, all were there, and the log is clean.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
: "${KBUILD:?kernel build}" "${QEMU:?QEMU}" "${OUT:?folder to work in}"

mkdir -p "$OUT"
log=$OUT/kunit.log
timeout "${TIME_OUT:-900}" "$QEMU" -machine virt,gic-version=3 -cpu max -smp 2 -m 512 \
	-nic none -display none -no-reboot -serial "file:$log" \
	-kernel "$KBUILD/arch/arm64/boot/Image" \
	-append 'console=ttyAMA0 panic=-1 kunit.enable=1 kunit_shutdown=poweroff' </dev/null
sed 's/^\[ *[0-9.]*\] //' "$log" | tr -d '\r' >"$OUT/kunit.txt"
grep -E '^ *(ok|not ok) ' "$OUT/kunit.txt" || cat "$OUT/kunit.txt"
if grep -q '^ *not ok ' "$OUT/kunit.txt"; then exit 1; fi
cases=$(grep -c '^ *ok .*_test' "$OUT/kunit.txt" || true)
wanted=$(grep -c '	KUNIT_CASE(' "$here/../../../kernel-overlay/bpmp-host-proxy/policy_kunit.c")
echo "kunit: $cases of $wanted cases passed"
[ "$cases" -eq "$wanted" ]
"$here/../lib/dmesg-gate.sh" "$log"
