#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Boot a kernel as host with a fake BPMP behind its own BPMP drivers, and attack the host proxy.
#
# Takes by environment:
#   KBUILD   folder of a kernel built for arm64 with modules (O=); where it has the host proxy, built in or as a
#            module, that one is tested, else the overlay is built as a module out of tree
#   QEMU     qemu-system-aarch64
#   OUT      folder for what is made here; holds console.log afterwards
#   CROSS_COMPILE (aarch64-linux-gnu-), TIMEOUT (3600 s)
#   FAMILIES names of files of test/c/attack to run after bring-up (all)
#   OVERLAY  folder of another kernel-overlay, absolute: planted.sh has some
#   CALLS    how many calls must leave no memory behind (100000)
# Prints the TAP lines. Exit 0: every test ok, and the kernel's log is clean.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
: "${KBUILD:?folder of the kernel build}" "${QEMU:?qemu-system-aarch64}" "${OUT:?folder to work in}"
cross=${CROSS_COMPILE:-aarch64-linux-gnu-}
timeout=${TIMEOUT:-3600}

mkdir -p "$OUT"
OUT=$(cd "$OUT" && pwd)
rm -rf "$OUT/overlay" "$OUT/fake-bpmp" "$OUT/root"
cp -as "${OVERLAY:-$root/kernel-overlay}" "$OUT/overlay"
cp -as "$here/fake-bpmp" "$OUT/fake-bpmp"
mkdir -p "$OUT/root/dev"

module() { # folder, further arguments of make
	folder=$1
	shift
	make -s -C "$KBUILD" ARCH=arm64 CROSS_COMPILE="$cross" M="$folder" "$@" modules
}

own=$KBUILD/drivers/firmware/tegra/bpmp-host-proxy
if [ -e "$own/bpmp-host-proxy.ko" ]; then
	cp "$own/bpmp-host-proxy.ko" "$OUT/root/"
elif ! [ -e "$own/built-in.a" ]; then
	module "$OUT/overlay/bpmp-host-proxy" CONFIG_TEGRA_BPMP_HOST_PROXY=m
	cp "$OUT/overlay/bpmp-host-proxy/bpmp-host-proxy.ko" "$OUT/root/"
	: >"$OUT/root/unpatched"
fi
module "$OUT/fake-bpmp"
cp "$OUT/fake-bpmp/fake-bpmp.ko" "$OUT/root/"

"${cross}gcc" -O2 -Wall -Wextra -Werror -static -pthread -I"$root/kernel-overlay/include/uapi" \
	-o "$OUT/root/init" "$root"/test/c/attack/*.c
(cd "$OUT/root" && find . | cpio -o -H newc -R 0:0 2>/dev/null | gzip -1) >"$OUT/initrd.gz"

set -- -M virt,gic-version=3 -cpu cortex-a72 -smp 2 -m 512 -nic none -display none -no-reboot
"$QEMU" "$@" -M dumpdtb="$OUT/machine.dtb" >/dev/null 2>&1
{
	dtc -q -I dtb -O dts "$OUT/machine.dtb"
	sed "s/@MANY@/$(seq -s ' ' 220 476)/" "$here/host.dts"
} >"$OUT/host.dts"
dtc -q -I dts -O dtb -o "$OUT/host.dtb" "$OUT/host.dts"

timeout -k 10 "$timeout" "$QEMU" "$@" -kernel "$KBUILD/arch/arm64/boot/Image" \
	-initrd "$OUT/initrd.gz" -dtb "$OUT/host.dtb" -serial stdio \
	-append "console=ttyAMA0 rdinit=/init loglevel=7 kmemleak=on panic=-1 oops=panic printk.devkmsg=on${CALLS:+ CALLS=$CALLS}${FAMILIES:+ -- $FAMILIES}" \
	</dev/null >"$OUT/console.log" 2>&1 || echo "# QEMU ended with $?"

# The attack speaks through the kernel's log, which may have times.
tr -d '\r' <"$OUT/console.log" | sed -E 's/^\[ *[0-9.]+\] ((not )?ok|1\.\.|#)/\1/' >"$OUT/console.txt"
grep -aE '^(ok|not ok|1\.\.|#)' "$OUT/console.txt" || :
status=0
planned=$(sed -n 's/^1\.\.\([0-9]*\)$/\1/p' "$OUT/console.txt")
good=$(grep -ac '^ok ' "$OUT/console.txt" || :)
if [ "${planned:-0}" = 0 ] || [ "$good" != "$planned" ]; then
	echo "# $good of ${planned:-an unknown number of} tests are ok; console: $OUT/console.txt"
	status=1
fi
# In a real-time kernel the BPMP driver's probe complains of itself: its first PING takes a lock that sleeps with interrupts
# off. That report is not of our doing and goes, whole, where its trace names the probe; any other one stays.
sed '/BUG: sleeping function/{
	:more
	/ret_from_fork/!{
		$!{
			N
			b more
		}
	}
	/tegra_bpmp_transfer_atomic+.*tegra_bpmp_probe+/d
}' "$OUT/console.txt" >"$OUT/judged.txt"
# Which objects those are is for the attack program to judge.
GATE_ALLOW='kmemleak: [0-9]+ new suspected memory leaks' \
	"$root/test/c/lib/dmesg-gate.sh" "$OUT/judged.txt" || status=1
exit $status
