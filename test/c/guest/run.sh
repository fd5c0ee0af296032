#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Boot a kernel as guest on a firmware model and try what only a guest's kernel
# can: see module/guest-test.c and init.c. Then boot it where the probe of the
# BPMP fails, in three ways.
#
# KBUILD     build folder of an arm64 kernel with both proxies and modules
# QEMU       qemu-system-aarch64 with nvidia-bpmp-guest
# SOCKET     socket of a firmware model
# DEAF       socket of another, which refuses every PING
# OUT        folder for what is made and for the logs
# BOOTS      which of guest, deaf, nowhere and silent, if not all
# CROSS_COMPILE  aarch64-linux-gnu- if not given
set -eu
here=$(cd "$(dirname "$0")" && pwd)
: "${KBUILD:?kernel build}" "${QEMU:?QEMU}" "${SOCKET:?firmware model}"
: "${DEAF:?firmware model that refuses PING}" "${OUT:?folder to work in}"
cross=${CROSS_COMPILE:-aarch64-linux-gnu-}
bad=0

mkdir -p "$OUT/module" "$OUT/root"
OUT=$(cd "$OUT" && pwd)
cp "$here/module/Kbuild" "$here/module/guest-test.c" "$OUT/module/"
make -s -C "$KBUILD" ARCH=arm64 CROSS_COMPILE="$cross" M="$OUT/module" modules
"${cross}strip" --strip-debug -o "$OUT/root/guest-test.ko" "$OUT/module/guest-test.ko"
"${cross}gcc" -O2 -Wall -Wextra -static -o "$OUT/root/init" "$here/init.c"
(cd "$OUT/root" && printf 'init\nguest-test.ko\n' | cpio -o -H newc --quiet) >"$OUT/root.cpio"

# boot NAME SOCKET [OPTION...]: the console goes to NAME.log
boots=${BOOTS:-guest deaf nowhere silent}
boot() {
	name=$1
	socket=$2
	shift 2
	case " $boots " in *" $name "*) ;; *) return 0 ;; esac
	timeout "${TIME_OUT:-900}" "$QEMU" \
		-machine virt,gic-version=3,bpmp=on,bpmp-chardev=firmware \
		-cpu max -smp 4 -m 512 -nic none -display none -no-reboot \
		-chardev "socket,id=firmware,path=$socket" \
		-chardev "file,id=console,path=$OUT/$name.log" -serial chardev:console \
		-kernel "$KBUILD/arch/arm64/boot/Image" -initrd "$OUT/root.cpio" \
		"$@" </dev/null
}

expect() {
	case " $boots " in *" $1 "*) ;; *) return 0 ;; esac
	if grep -q "$2" "$OUT/$1.log"; then
		echo "ok $1: $2"
	else
		echo "not ok $1: $2"
		bad=1
	fi
}

# G10: const, and exported to nobody.
if "${cross}nm" "$KBUILD/drivers/firmware/tegra/bpmp-guest-proxy/bpmp-guest-proxy.o" |
	grep -qE ' [Rr] tegra_bpmp_guest_soc$' &&
	! grep -q tegra_bpmp_guest "$KBUILD/Module.symvers"; then
	echo 'ok G10 const and not exported'
else
	echo 'not ok G10 const and not exported'
	bad=1
fi

common='console=ttyAMA0 rdinit=/init loglevel=7 panic=-1 printk.devkmsg=on'
boot guest "$SOCKET" -append "$common"
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

# In place of the window there is memory: what version 1 looks like, but for the
# answers. A refusal without a word must not be taken for a success.
fdtput -t x "$OUT/virt.dtb" /bpmp virtual-pa 0 5e000000
boot silent "$SOCKET" -append "$common mem=448M -- failing" -dtb "$OUT/virt.dtb"
expect silent 'BPMP window version 1 at 0x5e000000'
expect silent 'failed to ping BPMP: -121'

for name in $boots; do
	expect "$name" 'TAP done'
	sed -n "s/.*TAP \(not ok\|ok\) /\1 $name: /p" "$OUT/$name.log" | tr -d '\r'
	if grep -q 'TAP not ok' "$OUT/$name.log"; then bad=1; fi
	"$here/../lib/dmesg-gate.sh" "$OUT/$name.log" || bad=1
done
exit "$bad"
