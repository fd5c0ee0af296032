#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Fuzz message handling (fuzz-message.c) and queues (fuzz-ring.c) under ASan and UBSan.
#
# QEMU    a QEMU source tree, for subprojects/libvhost-user
# BUILD   folder for the fuzzers, their corpora and what they find
# WHICH   message or ring
# RUNS    how many inputs; SECONDS_MAX instead: how long
# BLIND   without clang: random inputs (blind.c) and gcc; RUNS is wanted then
# SCMI    folder of the sources to fuzz, if not the clone's: tests plant defects there
set -eu
here=$(cd "$(dirname "$0")" && pwd)
: "${QEMU:?QEMU source tree}" "${BUILD:?folder for the fuzzers}" "${WHICH:?message or ring}"
scmi=${SCMI:-$here/../../../scmi}
vhost=$QEMU/subprojects/libvhost-user
mkdir -p "$BUILD/corpus"

if [ -n "${BLIND:-}" ]; then
	compiler=${CC:-gcc} engine=$here/blind.c with=-fsanitize=address,undefined library=-fsanitize=address
else
	compiler=${CLANG:-clang} engine='' with=-fsanitize=fuzzer,address,undefined library=-fsanitize=fuzzer-no-link,address
fi
compile() { # ARGUMENT...
	"$compiler" -std=gnu11 -D_GNU_SOURCE -g -O2 -fno-sanitize-recover=all -I "$scmi" -I "$here" -isystem "$vhost" "$@"
}

# shellcheck disable=SC2086 # no word where there is no engine of ours
case $WHICH in
message)
	length=512
	compile $with -Wall -Wextra -Werror "$here/fuzz-message.c" "$here/fake.c" $engine "$scmi/domains.c" \
		"$scmi"/scmi*.c -o "$BUILD/message"
	;;
ring)
	length=1024
	# The library's own unaligned accesses are QEMU's, and so are its warnings.
	compile $library -w -c "$vhost/libvhost-user.c" -o "$BUILD/libvhost-user.o"
	compile $with -Wall -Wextra -Werror "$here/fuzz-ring.c" "$here/fake.c" $engine "$scmi/device.c" \
		"$scmi/frontend.c" "$scmi/domains.c" "$scmi"/scmi*.c "$BUILD/libvhost-user.o" -o "$BUILD/ring"
	;;
esac

cd "$BUILD"
if [ -n "${BLIND:-}" ]; then
	set -- "$RUNS" "$length"
elif [ -n "${RUNS:-}" ]; then
	set -- "-runs=$RUNS" "-max_len=$length" -print_final_stats=1 corpus
else
	set -- "-max_total_time=${SECONDS_MAX:-60}" "-max_len=$length" -print_final_stats=1 corpus
fi
"./$WHICH" "$@" >fuzz.log 2>&1 || {
	grep -E 'broken rule|ERROR|SUMMARY|runtime error' fuzz.log || tail -n 20 fuzz.log
	exit 10
}
grep number_of_executed_units fuzz.log
