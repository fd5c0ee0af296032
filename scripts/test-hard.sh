#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# npm run test:hard: debug kernels, sanitizers, fuzzers, proofs. Words choose files by a part of their path. `--budget S`: what does not fit
# into S seconds is named and counted as skipped; without it all run. With BPMP_VIRT_REPORTS=DIR the results are left there as hard.json.
set -eu
cd "$(dirname "$0")/.."
. scripts/stages.sh

stage setup sh scripts/setup.sh demo test hard
stage build npm run --silent build
stage 'build the scripts' npm run --silent build:scripts
stage 'hard tests' node dist/scripts/test-hard.js ${BPMP_VIRT_REPORTS:+--report "$BPMP_VIRT_REPORTS/hard.json"} "$@"
