#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Is virt without the window what it is in a QEMU that has never seen our patches?
#
#   PRISTINE  qemu-system-aarch64 of the unpatched source
#   PATCHED   qemu-system-aarch64 of the same source with overlay and patches
set -eu

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

look() {
    binary=$1 machine=$2 out=$3
    "$binary" -M "$machine,dtb-randomness=off,dumpdtb=$out.dtb" -display none -nodefaults 2>/dev/null
    printf 'info mtree\ninfo qom-tree\ninfo qtree\nquit\n' |
        "$binary" -M "$machine" -display none -nodefaults -S -monitor stdio |
        # Lists that QEMU keeps by address come in any order.
        grep -v -e '^QEMU ' -e '^(qemu)' | sort > "$out.tree"
}

look "$PRISTINE" virt "$tmp/old"
for machine in virt virt,bpmp=off; do
    look "$PATCHED" "$machine" "$tmp/new"
    cmp "$tmp/old.dtb" "$tmp/new.dtb"
    diff "$tmp/old.tree" "$tmp/new.tree"
    echo "$machine: same device tree, same $(wc -l < "$tmp/new.tree") lines of memory, objects and devices"
done
