#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Compile SCMI's virtio transport for a guest kernel that leaves it out: build.sh SOURCE HEADERS OUT
#
# SOURCE   the kernel's source, unpacked, for drivers/firmware/arm_scmi (6.12 or newer, where transports are modules)
# HEADERS  its build folder or headers, as /lib/modules/VERSION/build
# OUT      scmi_transport_virtio.ko
#
# CROSS_COMPILE as usual; where it is not set and this is not an arm64 machine, aarch64-linux-gnu-.
set -eu
source=${1:?kernel source}
headers=${2:?build folder or headers of the guest kernel}
out=${3:?module to write}
driver=$source/drivers/firmware/arm_scmi

[ -e "$driver/transports/virtio.c" ] || {
	echo "$driver has no transports/virtio.c: this needs the source of Linux 6.12 or newer" >&2
	exit 2
}
if ! grep -q '^CONFIG_ARM_SCMI_PROTOCOL=[ym]' "$headers/.config"; then
	echo "the kernel of $headers has no SCMI (CONFIG_ARM_SCMI_PROTOCOL): no module adds that" >&2
	exit 3
fi
[ "$(uname -m)" = aarch64 ] || CROSS_COMPILE=${CROSS_COMPILE-aarch64-linux-gnu-}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/transports"
cp "$driver"/*.h "$work/"
cp "$driver/transports/virtio.c" "$work/transports/"
cat >"$work/Kbuild" <<END
obj-m := scmi_transport_virtio.o
scmi_transport_virtio-y := transports/virtio.o
END
make -s -C "$headers" "M=$work" ARCH=arm64 ${CROSS_COMPILE:+"CROSS_COMPILE=$CROSS_COMPILE"} modules
cp "$work/scmi_transport_virtio.ko" "$out"
