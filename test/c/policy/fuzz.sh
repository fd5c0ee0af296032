#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Fuzz policy, answer filter and undo (see fuzz.c) under ASan and UBSan.
#
# KSRC    kernel tree, for include/soc/tegra/bpmp-abi.h
# BUILD   folder for the fuzzer, its corpus and what it finds
# SECONDS_MAX  how long, 60 if not given; RUNS instead: how many inputs
# POLICY  policy.c to fuzz, if not the overlay's: tests plant defects there
set -eu
here=$(cd "$(dirname "$0")" && pwd)
overlay=$here/../../../kernel-overlay/bpmp-host-proxy
: "${KSRC:?kernel tree}" "${BUILD:?folder for the fuzzer}"

mkdir -p "$BUILD/include/soc/tegra" "$BUILD/corpus"
cp "$KSRC/include/soc/tegra/bpmp-abi.h" "$BUILD/include/soc/tegra/"
compile() { # SANITIZERS ARGUMENT...
	sanitizers=$1
	shift
	${CLANG:-clang} -g -O2 "-fsanitize=$sanitizers" -fno-sanitize-recover=all \
		-Wall -Wextra -Werror -Wno-sign-compare -DBPMP_ABI_HAVE_STDC \
		-I "$here/compat" -I "$overlay" -I "$BUILD/include" "$@"
}
# What the checks compare tells the fuzzer nothing, and is two thirds of all
# comparisons: they are not traced.
compile address,undefined -c "$here/fuzz.c" -o "$BUILD/fuzz.o"
compile fuzzer,address,undefined "$BUILD/fuzz.o" "$here/firmware.c" \
	"${POLICY:-$overlay/policy.c}" "$overlay/policy_ids.c" \
	"$overlay/policy_vm.c" "$overlay/policy_answer.c" -o "$BUILD/fuzz"

if [ -n "${RUNS:-}" ]; then limit=-runs=$RUNS; else limit=-max_total_time=${SECONDS_MAX:-60}; fi
cd "$BUILD"
./fuzz "$limit" -max_len=96 -print_final_stats=1 -artifact_prefix="$BUILD/" \
	corpus >fuzz.log 2>&1 || {
	grep -E 'broken rule|ERROR|SUMMARY|runtime error' fuzz.log || tail -n 20 fuzz.log
	exit 10
}
grep -E 'number_of_executed_units|^Done' fuzz.log
