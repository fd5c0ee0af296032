#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Build a kernel that knows nothing of bpmp-virt, with modules: the host proxy must load into it.
#
# Takes by environment:
#   KSRC     kernel tree without our patch, clean (it is built with O=)
#   KBUILD   folder to build in; what is up to date there is not built again
#   CROSS_COMPILE (aarch64-linux-gnu-), JOBS (number of CPUs)
set -eu

root=$(cd "$(dirname "$0")/../../.." && pwd)
: "${KSRC:?kernel tree}" "${KBUILD:?folder to build in}"
jobs=${JOBS:-$(nproc)}

if [ -e "$KSRC/drivers/firmware/tegra/bpmp-host-proxy" ]; then
	echo "$KSRC: has the overlay; a tree without it is wanted" >&2
	exit 1
fi

mkdir -p "$KBUILD"
KBUILD=$(cd "$KBUILD" && pwd)
KSRC=$(cd "$KSRC" && pwd)
cross=${CROSS_COMPILE:-aarch64-linux-gnu-}
ccache=
if command -v ccache > /dev/null; then ccache='ccache '; fi
# As src/tools/kernel-make.ts has it: what both kernels have in common is then compiled once.
export CCACHE_BASEDIR="${CCACHE_BASEDIR:-$(dirname "$(dirname "$KBUILD")")}" CCACHE_NOHASHDIR=1
map="-ffile-prefix-map=$KBUILD=. -ffile-prefix-map=$KSRC=. -ffile-prefix-map=$(realpath --relative-to="$KBUILD" "$KSRC")=."
# Our own symbols do not exist there.
grep -vE '^CONFIG_TEGRA_BPMP_(HOST|GUEST)_PROXY=' "$root/recipes/kconfig/lab.config" > "$KBUILD/wanted.config.new"

kernel_make() {
	make -s -C "$KSRC" O="$KBUILD" ARCH=arm64 CROSS_COMPILE="$cross" \
		CC="$ccache${cross}gcc" KCFLAGS="$map" KAFLAGS="$map" "$@"
}

if ! cmp -s "$KBUILD/wanted.config.new" "$KBUILD/wanted.config"; then
	kernel_make KCONFIG_ALLCONFIG="$KBUILD/wanted.config.new" allnoconfig
	grep '^CONFIG_.*=y' "$KBUILD/wanted.config.new" | while read -r line; do
		grep -qx "$line" "$KBUILD/.config" || {
			echo "$line is not in the result" >&2
			exit 1
		}
	done
	mv "$KBUILD/wanted.config.new" "$KBUILD/wanted.config"
fi
kernel_make -j"$jobs" Image modules
