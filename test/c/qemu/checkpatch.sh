#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# QEMU's own checkpatch over our files and patches.
#
#   QSRC     a QEMU tree with the overlay copied in
#   OVERLAY  qemu-overlay
#   PATCHES  the folder of that version's patches
set -eu

cd "$QSRC"
files=$(cd "$OVERLAY" && find . -type f | sed 's|^\./||')
# shellcheck disable=SC2086 # names without spaces, one argument each
perl scripts/checkpatch.pl --no-tree --no-signoff --terse -f $files
perl scripts/checkpatch.pl --no-tree --terse "$PATCHES"/*.patch
