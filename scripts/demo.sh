#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# npm run demo: build everything from a Debian mirror, then boot the virtual Orin with it: a virtual machine inside it writes to
# its passed-through UART. Words are passed on to `bpmp-virt run`.
set -eu
cd "$(dirname "$0")/.."
. scripts/stages.sh

stage setup sh scripts/setup.sh
stage 'build the tool' npm run --silent build
stage 'build kernel, QEMU, device trees' node dist/cli/main.js build debian-6.12
stage 'boot the virtual Orin' node dist/cli/main.js run --emulate orin "$@"
