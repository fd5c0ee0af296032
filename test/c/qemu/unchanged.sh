#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Is every machine what it is in a QEMU that has never seen our patches, and so is virt where the window is switched off?
#
#   PRISTINE  qemu-system-aarch64 of the unpatched source
#   PATCHED   qemu-system-aarch64 of the same source with overlay and patches
set -eu

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# Memory, objects and devices of a machine, or why there is none.
look() {
	binary=$1 machine=$2 out=$3
	printf 'info mtree\ninfo qom-tree\ninfo qtree\nquit\n' |
		timeout 60 "$binary" -M "$machine" -display none -nodefaults -S -monitor stdio 2>&1 |
		# Lists that QEMU keeps by address come in any order.
		sed -e '/^QEMU /d' -e '/^(qemu)/d' -e "s|^$binary: ||" | sort >"$out"
}

tree() {
	timeout 60 "$1" -M "$2,dtb-randomness=off,dumpdtb=$3" -display none -nodefaults 2>/dev/null
}

machines() {
	"$1" -M help | sed 1d | sort
}

machines "$PRISTINE" >"$tmp/machines"
machines "$PATCHED" | diff "$tmp/machines" -

tree "$PRISTINE" virt "$tmp/old.dtb"
for machine in virt virt,bpmp=off; do
	tree "$PATCHED" "$machine" "$tmp/new.dtb"
	cmp "$tmp/old.dtb" "$tmp/new.dtb"
	echo "$machine: same device tree"
done

for of in $(cut -d " " -f 1 "$tmp/machines") virt,bpmp=off; do
	look "$PRISTINE" "${of%,bpmp=off}" "$tmp/old"
	look "$PATCHED" "$of" "$tmp/new"
	diff "$tmp/old" "$tmp/new"
	echo "$of: same $(wc -l <"$tmp/new") lines of memory, objects and devices"
done
