#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Say whether this board can run the virtual machine of this folder, what is in the way, and what fixes it.
#
#   doctor.sh [--host-only]
#
# One line per check, four fields separated by tabs: ok, warn or fail; the check; what was found; the command or the
# change that fixes it, - where nothing is to be done. Ends with 0 where nothing failed, 3 otherwise. Changes nothing.
# Runs in any POSIX shell with the usual small tools: dash and coreutils, or busybox alone.
set -u

# Tests run this script on a prepared tree of files; on a board it is empty.
root=${BPMP_VIRT_ROOT-}
bundle=${BPMP_VIRT_BUNDLE-$(dirname "$0")}
failed=0

report() {
	printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "${4:--}"
	[ "$1" != fail ] || failed=3
}

ok() { report ok "$@"; }
warn() { report warn "$@"; }
fail() { report fail "$@"; }

read_word() {
	[ -r "$1" ] && { read -r word <"$1" || [ -n "${word-}" ]; } && printf '%s\n' "$word"
}

# A property of a device tree in /proc that holds strings, one per line.
strings_of() {
	[ ! -r "$1" ] || tr '\0' '\n' <"$1"
}

# A property that holds cells, as decimal numbers. od swaps no bytes that way.
cells_of() {
	od -An -v -tu1 "$1" 2>/dev/null | tr -s ' \n' ' ' |
		awk '{ for (i = 1; i + 3 <= NF; i += 4) printf "%s%d", (i > 1 ? " " : ""), (($i * 256 + $(i+1)) * 256 + $(i+2)) * 256 + $(i+3) }'
}

# dtb_cells FILE PROPERTY: the first such property of a compiled device tree, as decimal cells. A walk through the
# structure block (Devicetree Specification, chapter 5): boards have no dtc.
dtb_cells() {
	od -An -v -tu1 "$1" 2>/dev/null | awk -v want="$2" '
		function be32(at) { return ((b[at] * 256 + b[at+1]) * 256 + b[at+2]) * 256 + b[at+3] }
		{ for (i = 1; i <= NF; i++) b[n++] = $i }
		END {
			if (n < 40 || be32(0) != 3490578157) exit 1
			at = be32(8); names = be32(12)
			for (i = 0; i < length(want); i++) code[i] = index(ascii(), substr(want, i + 1, 1)) + 31
			while (at < n) {
				token = be32(at); at += 4
				if (token == 1) { while (b[at]) at++; at = int((at + 4) / 4) * 4 }
				else if (token == 3) {
					size = be32(at); name = names + be32(at + 4); at += 8
					for (i = 0; i < length(want) && b[name + i] == code[i]; i++);
					if (i == length(want) && b[name + i] == 0) {
						for (i = 0; i + 3 < size; i += 4) printf "%s%d", (i ? " " : ""), be32(at + i)
						exit
					}
					at += int((size + 3) / 4) * 4
				}
				else if (token != 2 && token != 4) exit 1
			}
		}
		function ascii() {
			return " !\"#$%&\047()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz"
		}'
}

# --- the host --------------------------------------------------------------------------------------------------------

check_release() {
	line=$(head -n 1 "$root/etc/nv_tegra_release" 2>/dev/null)
	case $line in
	'# R36 '*) ok release "Jetson Linux: $(printf '%s' "$line" | sed 's/^# //; s/, GCID.*//')" ;;
	'') warn release "not Jetson Linux (no /etc/nv_tegra_release)" "nothing, if that is meant" ;;
	'# R39 '*) fail release "${line#\# }: JetPack 7.2, which nobody has tried; 36.x is needed" "build l4t-36.5, then bpmp-virt flash" ;;
	'# R38 '*) fail release "${line#\# }: that is Jetson Thor's; an Orin with 36.x is needed" "use an Orin" ;;
	*) fail release "${line#\# }: 36.x is needed" "flash Jetson Linux 36.3: bpmp-virt flash" ;;
	esac
}

check_kernel() {
	version=$(read_word "$root/proc/sys/kernel/osrelease")
	if [ ! -r "$root/proc/config.gz" ]; then
		warn kernel "$version does not say how it was configured (no /proc/config.gz)" "CONFIG_IKCONFIG_PROC=y"
		return
	fi
	config=$(gunzip -c <"$root/proc/config.gz")
	missing=
	for symbol in KVM VFIO VFIO_PLATFORM VFIO_IOMMU_TYPE1 TEGRA_BPMP TEGRA_BPMP_HOST_PROXY; do
		printf '%s\n' "$config" | grep -q "^CONFIG_$symbol=[ym]" || missing="$missing CONFIG_$symbol"
	done
	printf '%s\n' "$config" | grep -q '^CONFIG_ARM_SMMU\(_V3\)\{0,1\}=[ym]' || missing="$missing CONFIG_ARM_SMMU"
	if [ -n "$missing" ]; then
		fail kernel "$version lacks$missing" "boot this bundle's Image: bpmp-virt deploy, then deploy --boot-next"
	else
		ok kernel "$version has what the host needs"
	fi
	# One image serves both, but a host may have another kernel than its guests.
	printf '%s\n' "$config" | grep -q '^CONFIG_TEGRA_BPMP_GUEST_PROXY=y' ||
		warn kernel-guest "this kernel would not do for a guest" "give guests this bundle's Image"
}

check_kvm() {
	if [ -e "$root/dev/kvm" ]; then
		ok kvm "/dev/kvm is there"
	else
		fail kvm "no /dev/kvm: CONFIG_KVM is off (the RT kernel has it off), or the kernel was not started at EL2" \
			"dmesg | grep -i kvm"
	fi
}

# /dev/kvm alone starts no guest: its interrupts come from the virtual half of the interrupt controller.
check_gic() {
	gic=$(grep -lE 'arm,gic-v3|arm,gic-400|arm,cortex-a15-gic' "$root"/proc/device-tree/*/compatible \
		"$root"/proc/device-tree/*/*/compatible 2>/dev/null | head -n 1)
	if [ -z "$gic" ]; then
		warn gic "the running device tree has no GIC that KVM knows (arm,gic-v3): what guests get could not be seen" \
			"boot with this bundle's device tree: bpmp-virt deploy, then deploy --boot-next"
		return
	fi
	gic=${gic%/compatible}
	kind=$(strings_of "$gic/compatible" | head -n 1)
	if [ ! -e "$gic/interrupts" ]; then
		fail gic "${gic##*/} ($kind) has no maintenance interrupt in the running device tree: KVM has no virtual GIC" \
			"boot with this bundle's device tree: bpmp-virt deploy, then deploy --boot-next"
	elif [ -r "$root/proc/interrupts" ] && ! grep -q vgic "$root/proc/interrupts"; then
		fail gic "KVM has taken no maintenance interrupt of ${gic##*/} ($kind): no guest would get an interrupt" \
			"dmesg | grep -i -e kvm -e vgic says why"
	elif [ "$kind" = arm,gic-v3 ] && printf '%s' "${VM_MACHINE-}" | grep -q 'gic-version=2'; then
		fail gic "$kind cannot give guests a GIC of version 2, which VM_MACHINE asks for" "gic: 3 in the recipe, or VM_MACHINE=virt,accel=kvm"
	else
		ok gic "$kind, with its virtual half"
	fi
}

check_smmu() {
	set -- "$root"/sys/class/iommu/*
	if [ ! -e "$1" ]; then
		fail smmu "no IOMMU is in use" "boot with this bundle's device tree and a kernel with CONFIG_ARM_SMMU=y"
		return
	fi
	bypass=$(read_word "$root/sys/module/arm_smmu/parameters/disable_bypass") || bypass=
	# A kernel that does not show the parameter has it all the same; the last one on the command line counts.
	[ -n "$bypass" ] || bypass=$(tr -s ' ' '\n' 2>/dev/null <"$root/proc/cmdline" |
		sed -n 's/^arm[-_]smmu\.disable_bypass=//p' | tail -n 1)
	case $bypass in
	[NnFf0]* | [Oo][Ff]*)
		warn smmu "$# in use, but devices without a domain bypass them: one that a guest programs may reach all memory" \
			"take arm-smmu.disable_bypass=0 off the kernel command line"
		;;
	*) ok smmu "$# in use" ;;
	esac
}

check_vfio() {
	if [ ! -e "$root/dev/vfio/vfio" ]; then
		fail vfio "no /dev/vfio/vfio" "modprobe vfio_iommu_type1, or boot this bundle's Image"
		return
	fi
	if [ ! -d "$root/sys/bus/platform/drivers/vfio-platform" ]; then
		fail vfio "no vfio-platform driver" "modprobe vfio-platform reset_required=0, or boot this bundle's Image"
		return
	fi
	case $(read_word "$root/sys/module/vfio_platform/parameters/reset_required") in
	Y | 1) fail vfio "vfio-platform wants a reset driver for each device, and Tegra's have none: binding will fail" \
		"add vfio_platform.reset_required=0 to the kernel command line (bpmp-virt deploy does)" ;;
	*) ok vfio "vfio-platform takes devices without a reset driver" ;;
	esac
	case $(read_word "$root/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts") in
	Y | 1) ok unsafe-interrupts "allowed: a device that does DMA could raise any interrupt of the host" ;;
	*) warn unsafe-interrupts "not allowed; run-vm.sh allows them while a machine runs" \
		"vfio_iommu_type1.allow_unsafe_interrupts=1 on the kernel command line" ;;
	esac
}

check_policy() {
	found=
	for node in "$root"/proc/device-tree/*; do
		strings_of "$node/compatible" | grep -qx nvidia,bpmp-host-proxy || continue
		found=yes
		label=$(strings_of "$node/label")
		what="${node##*/}${label:+ ($label)}: clocks $(cells_of "$node/allowed-clocks"), resets $(cells_of "$node/allowed-resets")"
		char=/dev/bpmp-host${label:+-$label}
		if [ -e "$root$char" ]; then
			ok policy "$what; $char"
		else
			fail policy "$what, but no $char: the kernel has no host proxy, or it refused the node" "dmesg | grep bpmp-host"
		fi
	done
	[ -n "$found" ] || fail policy "the running device tree has no nvidia,bpmp-host-proxy node" \
		"boot with this bundle's host.dtbo: bpmp-virt deploy, then deploy --boot-next"
}

check_memory() {
	want=$(printf '%s' "${VM_MEMORY:-1G}" | awk '/[Gg]$/ { print $0 * 1048576; next } { print $0 * 1024 }')
	free=$(awk '/^MemAvailable:/ { print $2 }' "$root/proc/meminfo" 2>/dev/null)
	if [ -z "$free" ]; then
		warn memory "the kernel does not say what is free"
	elif [ "$free" -lt "$want" ]; then
		fail memory "$((free / 1024)) MiB free, the guest locks $((want / 1024)) MiB" "VM_MEMORY=512M, or end something"
	else
		ok memory "$((free / 1024)) MiB free, the guest locks $((want / 1024)) MiB"
	fi
}

# efi_byte NAME-GUID: the first byte of a variable's value, after four bytes of attributes.
efi_byte() {
	od -An -v -tu1 -j4 -N1 "$root/sys/firmware/efi/efivars/$1" 2>/dev/null | tr -d ' '
}

# mount_of PLACE FIELD: what is mounted there, or its type; the last counts, which hides those before.
mount_of() {
	awk -v place="$1" -v field="$2" '$2 == place && $1 != "rootfs" { print $field }' "$root/proc/mounts" 2>/dev/null | tail -n 1
}

is_partition() {
	case $1 in /dev/mmcblk* | /dev/nvme* | /dev/sd*) ;; *) return 1 ;; esac
}

# UEFI reads extlinux.conf and the kernel from the file system that is the root.
check_boot_mount() {
	boot=$(mount_of /boot 1)
	top=$(mount_of / 1)
	[ -n "$boot" ] || return 0
	case $top in
	/dev/mapper/* | /dev/dm-*) fail boot-mount "the root file system is encrypted ($top), with a /boot of its own ($boot): not supported" \
		"use a board without disk encryption" ;;
	*) fail boot-mount "/boot is a file system of its own ($boot): UEFI reads /boot of the partition APP" \
		"umount /boot, where /boot below it is the one that boots" ;;
	esac
}

# Whether UEFI reads what is the root here: a service or an initial RAM disk may have gone on to another file system.
check_root() {
	kind=$(mount_of / 3)
	top=$(mount_of / 1)
	started=$(tr -s ' ' '\n' 2>/dev/null <"$root/proc/cmdline" | sed -n 's/^root=//p' | tail -n 1)
	case $kind in
	overlay | tmpfs | ramfs | aufs)
		fail root "in memory ($kind): what is put there is gone at the next boot" "switch overlayroot off"
		return
		;;
	esac
	if is_partition "$started" && is_partition "$top" && [ "$started" != "$top" ]; then
		fail root "the board was started from $started and went on to $top: UEFI reads /boot of the first" \
			"flash $top so that UEFI boots from it, or work on $started"
	fi
}

check_boot() {
	if [ ! -e "$root/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c" ]; then
		warn secure-boot "no EFI variables: whether secure boot is on, and the boot mode, cannot be seen" \
			"mount -t efivarfs efivarfs /sys/firmware/efi/efivars, where UEFI started this kernel"
		return
	fi
	if [ "$(efi_byte SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c)" = 1 ]; then
		fail secure-boot "on: an entry without signatures does not boot" "sign Image, device tree and extlinux.conf yourself"
	else
		ok secure-boot "off"
	fi
	case $(efi_byte L4TDefaultBootMode-781e084c-a330-417c-b678-38e696380cb9) in
	'' | 0 | 1) ok boot-mode "extlinux.conf is read" ;;
	2) fail boot-mode "UEFI boots the kernel partition, not extlinux.conf" "UEFI menu: L4T Configuration, boot mode Application" ;;
	*) fail boot-mode "UEFI boots recovery, not extlinux.conf" "UEFI menu: L4T Configuration, boot mode Application" ;;
	esac
}

# Keys are matched by prefix and # starts a comment anywhere: so UEFI's own reader does.
check_extlinux() {
	file=$root/boot/extlinux/extlinux.conf
	if [ ! -r "$file" ]; then
		warn extlinux "no /boot/extlinux/extlinux.conf" "nothing, where something else boots the kernel"
		return
	fi
	entries=$(sed 's/#.*//' "$file" | grep -c '^[ 	]*LABEL')
	default=$(sed -n 's/#.*//; s/^[ 	]*DEFAULT[ 	]*//p' "$file" | tail -n 1 | tr -d '\r')
	if [ "$entries" -gt 10 ]; then
		fail extlinux "$entries entries: UEFI reads 10, and the lines of the others overwrite the tenth" "remove some"
	elif grep -q '^# >>> bpmp-virt' "$file"; then
		ok extlinux "$entries entries, DEFAULT $default, with one of bpmp-virt"
	else
		warn extlinux "$entries entries, DEFAULT $default, none of bpmp-virt" "bpmp-virt deploy"
	fi
}

check_space() {
	free=$(df -Pk "$root/boot" 2>/dev/null | awk 'NR == 2 { print $4 }')
	if [ -z "$free" ]; then
		warn space "no /boot"
	elif [ "$free" -lt 131072 ]; then
		fail space "$((free / 1024)) MiB free in /boot, a deployment needs 128" "remove old kernels of yours from /boot"
	else
		ok space "$((free / 1024)) MiB free in /boot"
	fi
}

# --- the machine -----------------------------------------------------------------------------------------------------

# Whether a policy node of the running tree keeps a device off the board's own drivers.
is_kept() {
	phandle=$(cells_of "$root/sys/bus/platform/devices/$1/of_node/phandle")
	[ -n "$phandle" ] || return 1
	for list in "$root"/proc/device-tree/*/passthrough-devices; do
		case " $(cells_of "$list") " in *" $phandle "*) return 0 ;; esac
	done
	return 1
}

check_device() {
	device=$root/sys/bus/platform/devices/$1
	if [ ! -d "$device" ]; then
		fail "device $1" "not a device of this board" "ls /sys/bus/platform/devices; VM_DEVICES names another"
		return
	fi
	driver=$(readlink "$device/driver") || driver=
	driver=${driver##*/}
	group=$(readlink "$device/iommu_group") || group=
	group=${group##*/}
	others=
	for member in "$root/sys/kernel/iommu_groups/$group/devices"/*; do
		case " $VM_DEVICES " in
		*" ${member##*/} "*) ;;
		*) [ ! -e "$member" ] || others="$others ${member##*/}" ;;
		esac
	done
	if [ -z "$group" ] && [ -n "$driver" ]; then
		fail "device $1" "held by $driver, in no IOMMU group" "boot with this bundle's host.dtbo: its node needs iommus"
	elif [ -z "$group" ]; then
		warn "device $1" "held by no driver; it gets its IOMMU group when it is bound"
	elif [ -n "$others" ]; then
		fail "device $1" "shares IOMMU group $group with$others" \
			"boot with this bundle's host.dtbo, which gives it a stream of its own (bpmp-virt deploy, then deploy --boot-next); or pass all of them through"
	elif ! is_kept "$1"; then
		ok "device $1" "held by ${driver:-no driver}, alone in IOMMU group $group"
	elif [ -z "$driver" ] || [ "$driver" = vfio-platform ]; then
		ok "device $1" "kept for machines by the device tree, held by ${driver:-no driver}, alone in IOMMU group $group"
	else
		warn "device $1" "the device tree keeps it for machines, but $driver has it, until run-vm.sh takes it" \
			"nothing after run-vm.sh --to-host; else a kernel with this bundle's host proxy built in"
	fi
}

# Whether a node of the device tree takes part.
is_on() {
	case $(strings_of "$1/status") in '' | ok | okay) ;; *) return 1 ;; esac
}

# Its streams, and who else sends with them: members of a group that nobody has probed yet are in no group.
check_streams() {
	node=$root/sys/bus/platform/devices/$1/of_node
	own=$(cells_of "$node/iommus")
	[ -n "$own" ] || return 0
	node=$(readlink -f "$node") && node=${node#*/devicetree/base/} && node=${node#*/device-tree/}
	shared=
	for list in $(find "$root/proc/device-tree/" -name iommus 2>/dev/null | tr ' ' '?'); do
		other=${list%/iommus}
		if [ "${other#*/device-tree/}" = "$node" ] || ! is_on "$other"; then continue; fi
		same=$(printf '%s\n%s\n' "$own" "$(cells_of "$list")" |
			awk 'NR == 1 { for (i = 1; i < NF; i += 2) have[$i " " $(i+1)] = 1 }
				NR == 2 { for (i = 1; i < NF; i += 2) if (($i " " $(i+1)) in have) { print "yes"; exit } }')
		[ -z "$same" ] || shared="$shared ${other##*/}"
	done
	sids=$(printf '%s\n' "$own" | awk '{ for (i = 2; i <= NF; i += 2) printf "%s0x%x", (i > 2 ? " " : ""), $i }')
	if printf ' %s ' "$sids" | grep -q ' 0x7f '; then
		fail "stream $1" "0x7f passes every SMMU untranslated: the device would reach all memory" \
			"boot with this bundle's host.dtbo: bpmp-virt deploy, then deploy --boot-next"
	elif [ -n "$shared" ]; then
		warn "stream $1" "$sids is that of$shared too: who has one of them reaches the memory of all" \
			"boot with this bundle's host.dtbo, which gives it a stream of its own, or pass all of them through"
	else
		ok "stream $1" "$sids, of no other device"
	fi
}

# Who connects it to the pins: a driver core sets pinctrl-0 for any driver, vfio-platform too.
check_pins() {
	node=$root/sys/bus/platform/devices/$1/of_node
	[ -d "$node" ] || return 0
	first=$(strings_of "$node/pinctrl-names" | head -n 1)
	if [ -e "$node/pinctrl-0" ] && [ "$first" = default ]; then
		ok "pins $1" "the device tree sets them (pinctrl-0) when vfio-platform takes the device"
	elif [ -e "$node/pinctrl-0" ]; then
		warn "pins $1" "the device tree sets them for the state ${first:-without a name}, which vfio-platform does not ask for" \
			"name the state default in an overlay of the boot entry"
	else
		warn "pins $1" "not set by the device tree: as firmware or an overlay left them, which cannot be seen here" \
			"nothing where its signals arrive; else the overlay that jetson-io made, in OVERLAYS of the boot entry"
	fi
}

check_proxy() {
	if [ -e "$root$VM_BPMP_HOST" ]; then
		ok proxy "$VM_BPMP_HOST is this machine's"
	else
		fail proxy "no $VM_BPMP_HOST, which this machine wants" \
			"boot with this bundle's host.dtbo, or name another by VM_BPMP_HOST"
	fi
}

# The launcher's own look: a console in use, another machine that has the device.
check_launcher() {
	if said=$(sh ./run-vm.sh --check 2>&1); then
		if [ -n "$root" ] || [ "$(id -u)" = 0 ]; then
			ok launcher "run-vm.sh would start"
		else
			warn launcher "run-vm.sh would start, as far as a user sees: not who has a terminal open" "run the doctor as root"
		fi
	else
		fail launcher "$(printf '%s\n' "$said" | sed -n 's/^run-vm: //p' | head -n 1)" \
			"$(printf '%s\n' "$said" | sed -n 's/^run-vm:   -> //p' | head -n 1)"
	fi
}

check_qemu() {
	if ! version=$("$VM_QEMU" --version 2>/dev/null </dev/null); then
		fail qemu "$VM_QEMU does not run" "copy this bundle's qemu-system-aarch64 here, or name another by VM_QEMU"
		return
	fi
	version=$(printf '%s\n' "$version" | sed -n 's/^QEMU emulator version \([0-9]*\.[0-9]*\).*/\1/p')
	lacks=
	# Asked one by one: the list of all has only what a person may add, and the machine adds the window by itself.
	way=nvidia-bpmp-guest
	[ -z "${VM_SCMI-}" ] || way=vhost-user-scmi-pci
	for type in vfio-platform "$way"; do
		"$VM_QEMU" -machine none -device "$type,help" >/dev/null 2>&1 </dev/null || lacks="$lacks $type"
	done
	if [ -n "$lacks" ]; then
		fail qemu "QEMU $version lacks$lacks" "$(
			if [ -n "${VM_SCMI-}" ]; then
				echo "a guest over SCMI needs QEMU 8.2 to 10.1"
			else
				echo "use this bundle's QEMU; QEMU itself has no vfio-platform from 10.2 on"
			fi
		)"
	else
		ok qemu "QEMU $version has vfio-platform and $way"
	fi
	check_sandbox
	if [ -n "${VM_SCMI-}" ]; then
		check_scmi
	else
		check_window
	fi
}

# What a guest over SCMI needs besides a QEMU: its tree is made when it starts.
check_scmi() {
	if ! "$VM_SCMI" --print-capabilities >/dev/null 2>&1 </dev/null; then
		fail scmi "$VM_SCMI does not run" "copy this bundle's bpmp-scmi here, or name another by VM_SCMI"
	elif ! command -v fdtoverlay >/dev/null; then
		fail scmi "fdtoverlay is not installed: the guest's device tree cannot be made" "apt-get install device-tree-compiler"
	elif [ ! -r "$VM_SCMI_MAP" ] || [ ! -r "$VM_SCMI_TREE" ]; then
		fail scmi "$VM_SCMI_MAP or $VM_SCMI_TREE is not here" "copy this bundle's here"
	else
		ok scmi "bpmp-scmi runs, with $VM_SCMI_MAP and $VM_SCMI_TREE"
	fi
}

# Distributions put a kernel's configuration beside it, by the name of its release. VM_KERNEL may be a link to it.
check_guest_kernel() {
	kernel=$(readlink -f -- "$VM_KERNEL" 2>/dev/null) || return 0
	case $kernel in
	*/vmlinuz-*) config=${kernel%/*}/config-${kernel##*/vmlinuz-} ;;
	*) config=${kernel%/*}/config ;;
	esac
	if [ ! -r "$config" ]; then
		warn 'guest kernel' "no $config: nobody can tell whether $VM_KERNEL has what SCMI needs" \
			"put its configuration there, or see that CONFIG_ARM_SCMI_TRANSPORT_VIRTIO is set in it"
		return
	fi
	lacks=
	for symbol in ARM_SCMI_PROTOCOL ARM_SCMI_POWER_DOMAIN COMMON_CLK_SCMI RESET_SCMI VIRTIO_PCI; do
		grep -q "^CONFIG_$symbol=[ym]$" "$config" || lacks="$lacks CONFIG_$symbol"
	done
	if [ -n "$lacks" ]; then
		fail 'guest kernel' "missing:$lacks" "take another kernel for the guest: VM_KERNEL"
	elif ! grep -q '^CONFIG_ARM_SCMI_TRANSPORT_VIRTIO=[ym]$' "$config"; then
		warn 'guest kernel' "CONFIG_ARM_SCMI_TRANSPORT_VIRTIO missing" \
			"make the module with scmi/module/build.sh, and have the guest's initramfs load it"
	else
		ok 'guest kernel' "$config has SCMI over virtio"
	fi
}

check_sandbox() {
	if [ "$VM_SANDBOX" != auto ]; then
		ok sandbox "as VM_SANDBOX says: ${VM_SANDBOX:-none}"
	elif ! grep -q '^Seccomp_filters:' "$root/proc/self/status" 2>/dev/null; then
		warn sandbox "none: the kernel takes no seccomp filters" "CONFIG_SECCOMP_FILTER=y"
	elif ! "$VM_QEMU" -sandbox on -version >/dev/null 2>&1 </dev/null; then
		warn sandbox "none: QEMU was built without seccomp" "use this bundle's QEMU"
	else
		ok sandbox "QEMU's, in its strictest form"
	fi
}

# The same in every QEMU with our device.
check_window() {
	window=$((0x090c0000))
	place=$(dtb_cells "$VM_DTB" virtual-pa)
	if [ -z "$place" ]; then
		fail window "$VM_DTB has no virtual-pa: its kernel would look for a BPMP of its own" "copy this bundle's guest.dtb here"
	elif [ "${place##* }" != "$window" ]; then
		fail window "$(printf '%s has the window at 0x%08x, QEMU %s at 0x%08x: every request would go astray' \
			"$VM_DTB" "${place##* }" "$version" "$window")" "use guest.dtb and QEMU of the same bundle"
	else
		ok window "$(printf 'at 0x%08x in %s and in QEMU %s' "$window" "$VM_DTB" "$version")"
	fi
}

check_machine() {
	if ! cd "$bundle" 2>/dev/null || [ ! -r ./run-vm.sh ]; then
		warn machine "no run-vm.sh in $bundle: only the host was looked at" "bpmp-virt deploy"
		return
	fi
	for name in $VM_DEVICES; do
		check_device "$name"
		check_streams "$name"
		check_pins "$name"
	done
	check_proxy
	check_qemu
	[ -z "${VM_SCMI-}" ] || check_guest_kernel
	for file in "$VM_KERNEL" ${VM_DRIVE:+"$VM_DRIVE"} ${VM_INITRD:+"$VM_INITRD"}; do
		if [ -e "$file" ]; then ok "file $file" "is there"; else
			fail "file $file" "not in $bundle" "put it there, or name another by its VM_ variable"
		fi
	done
	check_launcher
}

[ ! -r "$bundle/run-vm.sh" ] || eval "$(sh "$bundle/run-vm.sh" --settings)"
check_release
check_kernel
check_kvm
check_gic
check_smmu
check_vfio
check_policy
check_memory
check_boot_mount
check_root
check_boot
check_extlinux
check_space
[ "${1-}" = --host-only ] || check_machine
exit "$failed"
