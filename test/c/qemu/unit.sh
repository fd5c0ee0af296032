#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Build and run the unit test of the back ends in a QEMU's build folder. It needs no machine.
#
#   BUILD  QEMU's build folder
#   BPMP_TEST_STORM_SECONDS=N  how long two threads ask while a misbehaving model comes and goes (2)
set -eu

ninja -C "$BUILD" tests/unit/test-bpmp-backend
"$BUILD/tests/unit/test-bpmp-backend" --tap -k
