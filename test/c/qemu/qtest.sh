#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Build and run the qtests of the BPMP devices in a QEMU that is already built.
#
#   BUILD  QEMU's build folder
#   UAPI   folder of <linux/bpmp-host.h>
#   SANITIZED=1                where QEMU is built with ASan
#   QTESTS=NAMES               test programs, all by default
#   BPMP_TEST_FUZZ_SECONDS=N   how long random accesses go on (1)
#   BPMP_TEST_STORM_SECONDS=N  how long CPUs ring while a misbehaving model comes and goes (2)
#   BPMP_VIRT_FIGURES=1        bounds are the specification's, not ten times that
#
# usage: qtest.sh [options of the test programs, such as -p PATH]
set -eu

here=$(cd "$(dirname "$0")" && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

tests="${QTESTS:-nvidia-bpmp-guest-test nvidia-bpmp-block-test nvidia-bpmp-virt-test nvidia-bpmp-cpu-test
    bpmp-backend-chardev-test bpmp-backend-host-test tegra-hsuart-test}"
# shellcheck disable=SC2086 # names without spaces, one argument each
# shellcheck disable=SC2046 # a word per test
ninja -C "$BUILD" qemu-system-aarch64 $(printf 'tests/qtest/%s ' $tests)

gcc -shared -fPIC -Wall -Wextra -Werror -O2 -I "$UAPI" -o "$tmp/host-shim.so" "$here/host-shim.c" -ldl
gcc -shared -fPIC -Wall -Wextra -Werror -O2 -o "$tmp/fake-vfio.so" "$here/../fake-vfio/fake-vfio.c" -ldl
shim=$tmp/host-shim.so vfio=$tmp/fake-vfio.so
if [ "${SANITIZED:-0}" != 0 ]; then
	# configure says nothing where it finds no sanitizers.
	for runtime in libasan libubsan; do
		ldd "$BUILD/qemu-system-aarch64" | grep -q "$runtime" || {
			echo "QEMU is built without $runtime" >&2
			exit 1
		}
	done
	# Its runtime must come first of all that is preloaded.
	shim=$(gcc -print-file-name=libasan.so):$shim
	vfio=$(gcc -print-file-name=libasan.so):$vfio
fi

export BPMP_TEST_HOST_SHIM="$shim" BPMP_TEST_FAKE_VFIO="$vfio"
export QTEST_QEMU_BINARY="$BUILD/qemu-system-aarch64"
# Leaks at exit are QEMU's own habit: it leaves its machine to the kernel.
export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_leaks=0:abort_on_error=1}"
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-halt_on_error=1:print_stacktrace=1}"

failed=
for test in $tests; do
	echo "== $test"
	"$BUILD/tests/qtest/$test" -k "$@" >"$tmp/$test" 2>&1 || failed="$failed $test"
	cat "$tmp/$test"
done
# Once more at the end, where whoever sees the last lines alone sees them.
for test in $failed; do
	echo "== failed: $test"
	grep -vE '^(ok|#)' "$tmp/$test" || true
done
[ -z "$failed" ]
