#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Run those of QEMU's own qtests that have to do with the virt machine.
#
#   BUILD  QEMU's build folder
set -eu

tests='device-introspect-test machine-none-test arm-cpu-features numa-test qmp-test boot-serial-test'
for t in $tests; do
    set -- "$@" "tests/qtest/$t"
done
ninja -C "$BUILD" qemu-system-aarch64 "$@"

# The source package has no option ROMs, and virt has a network card unless it is told otherwise.
data=$(find "$BUILD/qemu-bundle" -type d -path '*/share/qemu' | head -n 1)
[ -e "$data/efi-virtio.rom" ] || head -c 65536 /dev/zero > "$data/efi-virtio.rom"

export QTEST_QEMU_BINARY="$BUILD/qemu-system-aarch64"
for t in $tests; do
    echo "== $t"
    "$BUILD/tests/qtest/$t" -k 2>&1
done
