#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Run those of QEMU's own qtests that have to do with the virt machine.
#
#   BUILD  QEMU's build folder
#   QSRC   its tree
set -eu

tests='device-introspect-test machine-none-test arm-cpu-features numa-test qmp-test boot-serial-test qos-test'
# shellcheck disable=SC2086 # names without spaces, one argument each
# shellcheck disable=SC2046 # a word per test
ninja -C "$BUILD" qemu-system-aarch64 $(printf 'tests/qtest/%s ' $tests)

# The source package has no option ROMs. The tests only want them to be there: no guest runs one.
data=$(find "$BUILD/qemu-bundle" -type d -path '*/share/qemu' | head -n 1)
for rom in $(grep -rhoE '"(efi|pxe)-[a-z0-9_]+\.rom"' "$QSRC/hw" | tr -d '"' | sort -u); do
	[ -e "$data/$rom" ] || head -c 65536 /dev/zero >"$data/$rom"
done

export QTEST_QEMU_BINARY="$BUILD/qemu-system-aarch64"
failed=
for test in $tests; do
	echo "== $test"
	"$BUILD/tests/qtest/$test" -k 2>&1 || failed="$failed $test"
done
[ -z "$failed" ] || {
	echo "failed:$failed" >&2
	exit 1
}
