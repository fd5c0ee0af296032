#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Boot a kernel as guest on a firmware model and try what only a guest's kernel
# can: see module/guest-test.c and init.c. Then boot it twice where the probe of
# the BPMP fails.
#
# KBUILD     build folder of an arm64 kernel with both proxies and modules
# QEMU       qemu-system-aarch64 with nvidia-bpmp-guest
# SOCKET     socket of a firmware model
# DEAF       socket of another, which refuses every PING
# OUT        folder for what is made and for the logs
# ROUNDS     transfers of each thread of the SMP test, 2000 if not given
# CROSS_COMPILE  aarch64-linux-gnu- if not given
set -eu
here=$(cd "$(dirname "$0")" && pwd)
: "${KBUILD:?kernel build}" "${QEMU:?QEMU}" "${SOCKET:?firmware model}"
: "${DEAF:?firmware model that refuses PING}" "${OUT:?folder to work in}"
cross=${CROSS_COMPILE:-aarch64-linux-gnu-}

mkdir -p "$OUT/module" "$OUT/root"
OUT=$(cd "$OUT" && pwd)
cp "$here/module/Kbuild" "$here/module/guest-test.c" "$OUT/module/"
make -s -C "$KBUILD" ARCH=arm64 CROSS_COMPILE="$cross" M="$OUT/module" modules
"${cross}strip" --strip-debug -o "$OUT/root/guest-test.ko" "$OUT/module/guest-test.ko"
"${cross}gcc" -O2 -Wall -Wextra -static -o "$OUT/root/init" "$here/init.c"
(cd "$OUT/root" && printf 'init\nguest-test.ko\n' | cpio -o -H newc --quiet) >"$OUT/root.cpio"

# boot NAME SOCKET [OPTION...]: the console goes to NAME.log
boot() {
	name=$1
	socket=$2
	shift 2
	timeout "${TIME_OUT:-900}" "$QEMU" \
		-machine virt,gic-version=3,bpmp=on,bpmp-chardev=firmware \
		-cpu max -smp 4 -m 512 -nic none -display none -no-reboot \
		-chardev "socket,id=firmware,path=$socket" \
		-chardev "file,id=console,path=$OUT/$name.log" -serial chardev:console \
		-kernel "$KBUILD/arch/arm64/boot/Image" -initrd "$OUT/root.cpio" \
		"$@" </dev/null
}

bad=0
expect() {
	if grep -q "$2" "$OUT/$1.log"; then
		echo "ok $1: $2"
	else
		echo "not ok $1: $2"
		bad=1
	fi
}

common='console=ttyAMA0 rdinit=/init loglevel=7 panic=-1'
boot guest "$SOCKET" -append "$common guest_test.rounds=${ROUNDS:-2000}"
expect guest 'BPMP window version 2 at 0x90c0000'

boot deaf "$DEAF" -append "$common -- failing"
expect deaf 'failed to ping BPMP: -'

# In place of the window there is a flash chip: it reads as zero.
"$QEMU" -machine virt,gic-version=3,bpmp=on,bpmp-chardev=firmware,dumpdtb="$OUT/virt.dtb" \
	-cpu max -smp 4 -m 512 -chardev "socket,id=firmware,path=$SOCKET" -nic none \
	-display none >/dev/null 2>&1
fdtput -t x "$OUT/virt.dtb" /bpmp virtual-pa 0 4000000
boot nowhere "$SOCKET" -append "$common -- failing" -dtb "$OUT/virt.dtb"
expect nowhere 'no BPMP window at 0x4000000'

for name in guest deaf nowhere; do
	expect "$name" 'TAP done'
	sed -n "s/.*TAP \(not ok\|ok\) /\1 $name: /p" "$OUT/$name.log" | tr -d '\r'
	if grep -q 'TAP not ok' "$OUT/$name.log"; then
		# A failed probe leaves no BPMP: there that line is the aim.
		[ "$(grep 'TAP not ok' "$OUT/$name.log" | grep -vc 'G0 the BPMP is there')" = 0 ] &&
			[ "$name" != guest ] || bad=1
	fi
	"$here/../lib/dmesg-gate.sh" "$OUT/$name.log" || bad=1
done
exit "$bad"
