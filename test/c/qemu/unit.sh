#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Build and run the unit test of the back ends in a QEMU's build folder. Needs no machine, so it is what runs under TSan.
#
#   BUILD  QEMU's build folder
#   QSRC   its tree
#   BPMP_TEST_STORM_SECONDS=N  how long two threads ask while a misbehaving model comes and goes (2)
set -eu

ninja -C "$BUILD" tests/unit/test-bpmp-backend
export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_leaks=0:abort_on_error=1}"
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-halt_on_error=1:print_stacktrace=1}"
# What QEMU itself and glib, which is not built for it, are known for.
export TSAN_OPTIONS="${TSAN_OPTIONS:-halt_on_error=1:suppressions=$QSRC/tests/tsan/suppressions.tsan}"
"$BUILD/tests/unit/test-bpmp-backend" --tap -k
