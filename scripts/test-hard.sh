#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# npm run test:hard: debug kernels, sanitizers, fuzzers, proofs. Words are passed on to vitest.
set -eu
cd "$(dirname "$0")/.."
. scripts/stages.sh

stage setup sh scripts/setup.sh demo test hard
stage build npm run --silent build
stage 'hard tests' vitest hard --project hard "$@"
