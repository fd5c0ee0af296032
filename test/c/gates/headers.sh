#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Build the host proxy out of tree against the headers of a Debian kernel for
# arm64: no warning of the compiler, and nothing that modpost complains of.
#
# HEADERS  unpacked linux-headers-*-common, linux-headers-*-arm64 and
#          linux-kbuild-* of one kernel, see test/helpers/lab/debian-headers.ts
# OUT      folder for what is made here
# CROSS_COMPILE (aarch64-linux-gnu-)
# Prints the kernel that the module is for.
set -eu
root=$(cd "$(dirname "$0")/../../.." && pwd)
: "${HEADERS:?unpacked headers}" "${OUT:?folder to work in}"
cross=${CROSS_COMPILE:-aarch64-linux-gnu-}
cc=${cross}gcc
if command -v ccache >/dev/null; then cc="ccache $cc"; fi

mkdir -p "$OUT"
OUT=$(cd "$OUT" && pwd)
for common in "$HEADERS"/usr/src/linux-headers-*-common; do :; done
arm64=${common%-common}-arm64

rm -rf "$OUT/overlay"
cp -as "$root/kernel-overlay" "$OUT/overlay"

# Debian's kernels leave the BPMP driver out: its header has empty functions
# then. Here it is as if they had it, with what it exports.
for symbol in tegra_bpmp_get tegra_bpmp_put tegra_bpmp_transfer; do
	printf '0x00000000\t%s\tvmlinux\tEXPORT_SYMBOL_GPL\t\n' "$symbol"
done >"$OUT/bpmp.symvers"

# No debugging information: that only takes time.
make -C "$common" O="$arm64" M="$OUT/overlay/bpmp-host-proxy" ARCH=arm64 \
	CROSS_COMPILE="$cross" CC="$cc" \
	KCFLAGS='-Werror -DCONFIG_TEGRA_BPMP=1' \
	KBUILD_EXTRA_SYMBOLS="$OUT/bpmp.symvers" \
	CONFIG_DEBUG_INFO= CONFIG_DEBUG_INFO_BTF_MODULES= \
	CONFIG_TEGRA_BPMP_HOST_PROXY=m -j2 modules >"$OUT/build.log" 2>&1 || {
	tail -n 40 "$OUT/build.log"
	exit 1
}
if grep -iE 'modpost.*(warning|error)|(warning|error):.*modpost' "$OUT/build.log"; then
	exit 1
fi
tr '\0' '\n' <"$OUT/overlay/bpmp-host-proxy/bpmp-host-proxy.ko" |
	sed -n 's/^vermagic=\([^ ]*\) .*/\1/p'
