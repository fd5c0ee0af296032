#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# npm test: set up, build, check (types, lint, dead code, unit and integration tests), then the end-to-end tests. Words are passed on to
# vitest's end-to-end run. With BPMP_VIRT_REPORTS=DIR its results are left there as JSON.
set -eu
cd "$(dirname "$0")/.."
. scripts/stages.sh
all_start=$(date +%s)

stage setup sh scripts/setup.sh demo test
stage build npm run --silent build
stage types npx tsc --noEmit
stage lint npx biome check
stage 'dead code' npx knip
stage 'unit and integration tests' vitest check --project unit --project integration
stage 'end-to-end tests' vitest e2e --project e2e --project timed "$@"
stage 'measurements' sh scripts/bench.sh --quick
# What a session waits for: 40 minutes from nothing, 12 with warm caches, on two cores.
printf '== all of it: done after %d s\n' "$(($(date +%s) - all_start))"
