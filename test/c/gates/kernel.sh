#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The gates of the kernel's maintainers for everything of ours:
# checkpatch --strict without an error, warning or check on each file of the
# overlay and on the patch, and no warning of gcc (W=1) or sparse (C=2) in our
# folders.
#
# KSRC   kernel tree with the overlay linked in and the patch applied
# BUILD  build folder of it, configured for arm64, with both proxies. Stack
#        frames over its CONFIG_FRAME_WARN are warnings too
# CROSS_COMPILE  aarch64-linux-gnu- if not given
set -eu
root=$(cd "$(dirname "$0")/../../.." && pwd)
: "${KSRC:?kernel tree with the overlay}" "${BUILD:?its build folder}"
cross=${CROSS_COMPILE:-aarch64-linux-gnu-}
if command -v ccache >/dev/null; then cross="ccache $cross"; fi
log=$BUILD/gates.log
bad=0

clean() { grep -q '^total: 0 errors, 0 warnings, 0 checks, ' "$log"; }

for file in $(find "$root/kernel-overlay" -type f | sort); do
	(cd "$KSRC" && scripts/checkpatch.pl --strict --no-tree -f "$file") \
		>"$log" 2>&1 || true
	if ! clean; then
		cat "$log"
		bad=1
	fi
done

# The tree is not a clone: what commits a patch names, it cannot look up.
for patch in "$root"/patches/linux-*/*.patch; do
	(cd "$KSRC" && scripts/checkpatch.pl --strict --ignore UNKNOWN_COMMIT_ID \
		"$patch") >"$log" 2>&1 || true
	if ! clean; then
		cat "$log"
		bad=1
	fi
done

make -C "$KSRC" O="$BUILD" ARCH=arm64 CROSS_COMPILE="$cross" prepare >"$log" 2>&1 ||
	{
		tail -n 20 "$log"
		exit 1
	}
for folder in bpmp-guest-proxy bpmp-host-proxy; do
	make -C "$KSRC" O="$BUILD" ARCH=arm64 CROSS_COMPILE="$cross" W=1 C=2 \
		"drivers/firmware/tegra/$folder/" >"$log" 2>&1 ||
		{
			tail -n 20 "$log"
			bad=1
		}
	if grep -E "$folder/.*(warning|error):" "$log"; then bad=1; fi
	checked=$(grep -c "CHECK .*$folder/" "$log" || true)
	echo "$folder: sparse looked at $checked files"
	[ "$checked" -gt 0 ] || bad=1
done

exit "$bad"
