#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# npm run demo: build everything from a Debian mirror, then boot the virtual Orin with it: a virtual machine inside it writes to
# its passed-through UART. With --stock first, that machine has Debian's own QEMU and kernel, over SCMI. Words are passed on to
# `bpmp-virt run`.
set -eu
cd "$(dirname "$0")/.."
. scripts/stages.sh

recipe=debian-6.12
# The documented test, then a clock that is not this machine's: CLK ENABLE (7) of i2c1 (48).
# shellcheck disable=SC2016 # the guest's shell expands it
demo='echo 123 > /dev/ttyTHS0; echo "enable i2c1: $(bpmp-ask 22 0x07000030)"'
if [ "${1-}" = --stock ]; then
	shift
	recipe=debian-6.12-stock
	# Over SCMI that clock has no number by which it could be asked for.
	demo='echo 123 > /dev/ttyTHS0'
fi
[ $# -gt 0 ] || set -- --exec "$demo"

stage setup sh scripts/setup.sh demo
stage 'build the tool' npm run --silent build
stage 'build kernel, QEMU, device trees' node dist/cli/main.js build "$recipe"
stage 'boot the virtual Orin' node dist/cli/main.js run "$recipe" --emulate orin "$@"
