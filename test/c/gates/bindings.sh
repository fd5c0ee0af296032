#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The bindings of our nodes are well-formed, and mean what they say: each
# example is valid by its own binding, and no longer with an error planted. The
# node of a guest is valid by the kernel's own binding of the BPMP, which our
# patch extends, and so are the nodes that were valid before.
#
# KSRC   kernel tree with our patches, for include/dt-bindings and that binding
# BUILD  folder to work in
set -eu
root=$(cd "$(dirname "$0")/../../.." && pwd)
bindings=$root/kernel-overlay/Documentation/devicetree/bindings
bpmp=Documentation/devicetree/bindings/firmware/nvidia,tegra186-bpmp.yaml
: "${KSRC:?kernel tree}" "${BUILD:?folder to work in}"
bad=0
mkdir -p "$BUILD"
cd "$BUILD"

# check DTS: 0 where dt-validate has nothing to say, which its exit code hides.
check() {
	cpp -nostdinc -undef -x assembler-with-cpp -I "$KSRC/include" "$1" >"$1.i"
	dtc -q -@ -I dts -O dtb -o "$1.dtb" "$1.i"
	dt-validate -m -s schema.json "$1.dtb" >"$1.log" 2>&1
	# The frame that dt-extract-example puts around is not a board, and the
	# other nodes of the BPMP's examples have schemas that are not here.
	! grep -vE ": /: compatible:|'foo'|: \['nvidia,tegra186-(hsp|sysram|bpmp-i2c|bpmp-thermal)'" "$1.log" | grep -E 'bpmp' >"$1.said"
}

# plant BINDING SED: with that change the example must be found invalid.
plant() {
	sed "$2" "$1.dts" >planted.dts
	if cmp -s "$1.dts" planted.dts; then
		echo "$1: $2 changes nothing"
		bad=1
	elif check planted.dts; then
		echo "$1: $2 is not found"
		bad=1
	else
		echo "$1: found: $2"
	fi
}

rm -rf all
mkdir -p all/firmware
cp "$bindings"/firmware/*.yaml "$KSRC/$bpmp" all/firmware/
bindings=$PWD/all
dt-doc-validate -u "$bindings" "$bindings"/firmware/*.yaml >doc.log 2>&1 || bad=1
if [ -s doc.log ]; then
	cat doc.log
	bad=1
fi
dt-mk-schema -j -o schema.json "$bindings"

for file in "$bindings"/firmware/*.yaml; do
	name=$(basename "$file" .yaml)
	dt-extract-example "$file" >"$name.dts"
	if check "$name.dts"; then
		echo "$name: the example is valid"
	else
		cat "$name.dts.said"
		bad=1
	fi
done
plant nvidia,bpmp-host-proxy 's/TEGRA234_CLK_UARTA/1024/'
plant nvidia,bpmp-host-proxy 's/passthrough-devices = .*/passthrough-devices;/'
plant nvidia,bpmp-host-proxy 's/label = .*/label = "..\/x";/'
plant nvidia,bpmp-host-proxy 's/allowed-resets/allow-resets/'
plant nvidia,bpmp-host-proxy 's/passthrough-devices = .*/&\n nvidia,compatible-write = <1>;/'
# The example of a virtual machine, then those of the real BPMP.
plant nvidia,tegra186-bpmp '/virtual-pa/d'
plant nvidia,tegra186-bpmp 's/virtual-pa/reg = <1 2>; virtual-pa/'
plant nvidia,tegra186-bpmp 's/virtual-pa/memory-region = <\&dram_cpu_bpmp_mail>; virtual-pa/'
plant nvidia,tegra186-bpmp 's/virtual-pa/mboxes = <\&hsp_top1 0 0>; virtual-pa/'
plant nvidia,tegra186-bpmp '/mboxes = /d'
exit "$bad"
