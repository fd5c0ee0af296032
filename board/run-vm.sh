#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Take platform devices of this board from their drivers, run a virtual machine with them, and give them back.
# Runs in any POSIX shell with the usual small tools: dash and coreutils, or busybox alone. See --help.
set -u

# >>> machine
# Made from recipe l4t-36.3. Every variable may be set in the environment instead, empty ones as well.
VM_NAME=${VM_NAME-uarta}
VM_DEVICES=${VM_DEVICES-3100000.serial}
VM_QEMU=${VM_QEMU-./qemu-system-aarch64}
VM_MACHINE=${VM_MACHINE-virt,accel=kvm}
VM_CPU=${VM_CPU-host}
VM_SMP=${VM_SMP-}
VM_MEMORY=${VM_MEMORY-1G}
VM_KERNEL=${VM_KERNEL-Image}
VM_INITRD=${VM_INITRD-}
VM_DRIVE=${VM_DRIVE-rootfs_ubuntu_nvidia_orin.img.raw}
VM_NET=${VM_NET-user,hostfwd=tcp::2222-:22}
VM_DTB=${VM_DTB-guest.dtb}
VM_APPEND=${VM_APPEND-'rootwait root=/dev/vda console=ttyAMA0'}
VM_SCMI=${VM_SCMI-}
VM_SCMI_MAP=${VM_SCMI_MAP-scmi.map}
VM_SCMI_TREE=${VM_SCMI_TREE-guest.dtbo}
VM_SCMI_SOCKET=${VM_SCMI_SOCKET-/run/bpmp-virt/uarta/scmi/socket}
VM_BPMP_HOST=${VM_BPMP_HOST-/dev/bpmp-host}
VM_BPMP_FD=${VM_BPMP_FD-3}
VM_SANDBOX=${VM_SANDBOX-auto}
VM_USER=${VM_USER-}
# <<< machine

# >>> command
# Run `$1` with QEMU's command line as its arguments. The order is the documented procedure's; above each word that
# differs stands why.
with_qemu_command() {
	callback=$1
	set --
	# the document has its author's build folder; this is the QEMU that came with this script
	set -- "$@" "$VM_QEMU"
	set -- "$@" -nographic
	set -- "$@" -machine "$VM_MACHINE"
	set -- "$@" -cpu "$VM_CPU"
	set -- "$@" -m "$VM_MEMORY"
	set -- "$@" -no-reboot
	set -- "$@" -kernel "$VM_KERNEL"
	[ -z "$VM_DRIVE" ] || set -- "$@" -drive "file=$VM_DRIVE,if=virtio,format=raw"
	[ -z "$VM_NET" ] || set -- "$@" -net "$VM_NET" -net nic
	for device in $VM_DEVICES; do
		set -- "$@" -device "vfio-platform,host=$device"
	done
	# the document calls the same file uarta.dtb; one name serves every set of devices
	set -- "$@" -dtb "$VM_DTB"
	set -- "$@" -append "$VM_APPEND"
	# added for SCMI: a stock QEMU has no window. bpmp-scmi reads the queue in the guest's memory, which is shared for
	# that
	[ -z "$VM_SCMI" ] || set -- "$@" -object "memory-backend-memfd,id=guest-memory,size=$VM_MEMORY,share=on" -machine memory-backend=guest-memory -chardev "socket,id=scmi,path=$VM_SCMI_SOCKET" -device vhost-user-scmi-pci,chardev=scmi,romfile=
	# added: the document's QEMU opens /dev/bpmp-host by itself in every machine; ours gets it opened, so that it needs
	# no right to it, and stops where it is not there
	[ -n "$VM_SCMI" ] || set -- "$@" -machine "bpmp=on,bpmp-fd=$VM_BPMP_FD"
	# added: the card's boot ROM is a file that is not part of the bundle, and -kernel needs none
	[ -z "$VM_NET" ] || set -- "$@" -global virtio-net-pci.romfile=
	# added where no network is wanted: QEMU makes a card otherwise
	[ -n "$VM_NET" ] || set -- "$@" -nic none
	# added where more than the one CPU is wanted
	[ -z "$VM_SMP" ] || set -- "$@" -smp "$VM_SMP"
	# added where the root file system is an initial RAM disk
	[ -z "$VM_INITRD" ] || set -- "$@" -initrd "$VM_INITRD"
	# added where QEMU knows seccomp: a guest that breaks out of QEMU finds few system calls
	[ -z "$VM_SANDBOX" ] || set -- "$@" -sandbox "$VM_SANDBOX"
	eval "set -- \"\$@\" $extra"
	"$callback" "$@"
}
# <<< command

# Tests run this script on a prepared tree of files, with a program in tee's place that is the kernel behind it.
root=${BPMP_VIRT_ROOT-}
tee=${BPMP_VIRT_TEE-tee}
platform=$root/sys/bus/platform
vfio_driver=$platform/drivers/vfio-platform
unsafe=$root/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts
run_dir=$root/run/bpmp-virt
state=$run_dir/$VM_NAME

# Exit codes, those of bpmp-virt: 2 the command line, 3 this machine lacks something. Else QEMU's own.
usage_error=2
refused=3

action=run
dry_run=
verbose=
extra=
owner=
rc=0
# What this run took: DEVICE=DRIVER or DEVICE=DRIVER=OVERRIDE words, last first.
taken=
made_unsafe=

help() {
	cat <<END
Usage: run-vm.sh [--dry-run] [--verbose] [--check | --bind | --give-back | --to-host | --settings]
                 [-- QEMU ARGUMENTS]

Takes $VM_DEVICES from the drivers that hold them, runs the virtual machine
"$VM_NAME", and gives the devices back when it ends, however it ends. A device that
vfio-platform had before (by the board's device tree, or by --bind) stays with it.

  --check      only look whether it could be done
  --bind       take the devices and leave them to vfio-platform (libvirt's hook)
  --give-back  undo --bind, and what a killed run left; does nothing where nothing is owed
  --to-host    let the board's own drivers have the devices, whoever keeps them from those,
               until the next run or boot
  --settings   print the settings as a shell reads them
  --dry-run    print every write and the command, change nothing
  --verbose    print them and do it

Settings, from the environment or as here:

END
	settings
}

settings() {
	for setting in NAME DEVICES QEMU MACHINE CPU SMP MEMORY KERNEL INITRD DRIVE NET DTB APPEND SCMI SCMI_MAP SCMI_TREE \
		SCMI_SOCKET BPMP_HOST BPMP_FD SANDBOX USER; do
		value=
		eval "value=\$VM_$setting"
		printf 'VM_%s=%s\n' "$setting" "$(quote "$value")"
	done
}

say() {
	printf 'run-vm: %s\n' "$*" >&2
}

# refuse WHAT NEXT: say what is wrong and what to do, and end; what was taken is given back.
refuse() {
	say "$1"
	say "  -> $2"
	exit "$refused"
}

# The first word quoted so that a shell reads it as it is.
quote() {
	case $1 in
	'' | *[!A-Za-z0-9_@%+=:,./-]*) printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")" ;;
	*) printf '%s' "$1" ;;
	esac
}

print_command() {
	line=
	for word in "$@"; do
		line="$line${line:+ }$(quote "$word")"
	done
	printf '%s\n' "$line"
}

# put VALUE FILE: the only place that changes anything below /sys and /run.
put() {
	if [ -n "$dry_run$verbose" ]; then
		printf 'echo %s > %s\n' "$(quote "$1")" "${2#"$root"}"
		[ -z "$dry_run" ] || return 0
	fi
	printf '%s\n' "$1" | "$tee" "$2" >/dev/null
}

read_word() {
	[ -r "$1" ] && read -r word <"$1" && printf '%s\n' "$word"
}

# The driver that holds a device; nothing where none does.
driver_of() {
	link=$(readlink "$platform/devices/$1/driver") && printf '%s\n' "${link##*/}"
}

group_of() {
	link=$(readlink "$platform/devices/$1/iommu_group") && printf '%s\n' "${link##*/}"
}

# Names of the terminals that belong to a device: its driver's own and, from Linux 6.5 on, those below its ports.
ttys_of() {
	for tty in "$platform/devices/$1"/tty/* "$platform/devices/$1"/*/tty/* "$platform/devices/$1"/*/*/tty/*; do
		[ ! -e "$tty" ] || printf '%s\n' "${tty##*/}"
	done
}

# --- checks: nothing here changes anything ---------------------------------------------------------------------------

check_board() {
	[ -n "$VM_DEVICES" ] || refuse "no device to pass through" "set VM_DEVICES, for example to 3100000.serial"
	[ "$action" != bind ] || [ -n "$VM_SCMI" ] || return 0
	[ -e "$root$VM_BPMP_HOST" ] ||
		refuse "$VM_BPMP_HOST is not there: this kernel has no host proxy, or its device tree no policy node" \
			"boot the kernel and the device tree of this bundle; doctor.sh says what is missing"
	command -v "$VM_QEMU" >/dev/null || refuse "$VM_QEMU cannot be run" "name another QEMU by VM_QEMU"
	if [ -n "$VM_SCMI" ]; then
		check_scmi
		set -- "$VM_SCMI_TREE" "$VM_SCMI_MAP"
	else
		set -- "$VM_DTB"
	fi
	for file in "$VM_KERNEL" "$@" ${VM_INITRD:+"$VM_INITRD"} ${VM_DRIVE:+"$VM_DRIVE"}; do
		[ -e "$file" ] || refuse "$file is not in $(pwd)" "put it there, or name another by its VM_ variable (--help)"
	done
}

# A stock QEMU must have both devices: vhost-user-scmi-pci came with 8.2, vfio-platform went with 10.2.
check_scmi() {
	command -v "$VM_SCMI" >/dev/null || refuse "$VM_SCMI cannot be run" "it is part of the bundle; name it by VM_SCMI"
	command -v fdtoverlay >/dev/null ||
		refuse "fdtoverlay is not installed: the guest's device tree cannot be made" "apt-get install device-tree-compiler"
	version=$("$VM_QEMU" --version </dev/null 2>/dev/null | sed -n 's/^QEMU emulator version \([0-9]*\.[0-9]*\).*/\1/p')
	case $version in
	8.2 | 9.* | 10.0 | 10.1) ;;
	*) refuse "$VM_QEMU is version ${version:-unknown}: a guest over SCMI needs 8.2 to 10.1" \
		"install another qemu-system-arm (bookworm-backports, trixie, noble have one), or use the window" ;;
	esac
}

check_device() {
	[ -d "$platform/devices/$1" ] ||
		refuse "$1 is not a platform device of this board" "ls /sys/bus/platform/devices has the names"
	check_not_console "$1"
	check_not_disk "$1"
	check_group "$1"
	for other in "$run_dir"/*/"$1".driver; do
		[ -e "$other" ] && [ "${other%/*}" != "$state" ] && is_alive "${other%/*}" &&
			refuse "$1 belongs to the running machine ${other%/*}" "stop that one first"
	done
}

# The first process that has a terminal open. ls for all processes at once: a readlink for each file takes seconds.
user_of_tty() {
	# shellcheck disable=SC2012
	ls -l "$root"/proc/[0-9]*/fd 2>/dev/null |
		awk -v tty="/dev/$1" '/fd:$/ { sub("/fd:$", ""); sub(".*/", ""); pid = $0 } $NF == tty { print pid; exit }'
}

check_not_console() {
	for tty in $(ttys_of "$1"); do
		case " $(read_word "$root/sys/class/tty/console/active") " in
		*" $tty "*) refuse "$1 ($tty) is a console of this kernel" "take console=$tty off the kernel command line" ;;
		esac
		[ "$(read_word "$root/sys/class/tty/$tty/console")" != Y ] ||
			refuse "$1 ($tty) is a console of this kernel" "take console=$tty off the kernel command line"
		user=$(user_of_tty "$tty")
		[ -z "$user" ] ||
			refuse "$1 (/dev/$tty) is in use by process $user ($(read_word "$root/proc/$user/comm"))" \
				"end it: for a login, systemctl stop serial-getty@$tty nvgetty"
	done
}

# The block devices below one, as paths of sysfs: a dm or md device is made of others.
block_path() {
	block=$(readlink -f "$1") && [ -d "$block" ] || return 0
	printf '%s\n' "$block"
	# A partition of such a device has its makings beside it.
	for slave in "$block"/slaves/* "${block%/*}"/slaves/*; do
		[ ! -e "$slave" ] || (block_path "$slave")
	done
}

# The block devices that something is mounted from or swapped to, by number and by name: a file system over several
# devices has a number of its own.
disks_in_use() {
	while read -r _ _ number _; do
		block_path "$root/sys/dev/block/$number"
	done <"$root/proc/self/mountinfo"
	for list in "$root/proc/self/mounts" "$root/proc/swaps"; do
		while read -r source _; do
			case $source in
			/dev/*) source=$(readlink -f "$root$source") && block_path "$root/sys/class/block/${source##*/}" ;;
			esac
		done <"$list"
	done
}

# Whatever a device tree says of a disk, and whoever forced it: what this board has mounted stays.
check_not_disk() {
	real=$(readlink -f "$platform/devices/$1") && [ -r "$root/proc/self/mountinfo" ] || return 0
	disk=$(disks_in_use 2>/dev/null | grep -F "$real/" | head -n 1)
	[ -n "$disk" ] || return 0
	refuse "$1 has a disk that this board uses: ${disk##*/} is mounted or swapped to" \
		"grep ${disk##*/} /proc/mounts /proc/swaps says where; unmount it first"
}

# check_group DEVICE [must]: a group is handed over whole, so nobody else may be in it. A device that has no driver may
# get its group only when it is bound; `must` says that it has to be there by now.
check_group() {
	group=$(group_of "$1") || {
		[ -z "${2-}" ] || refuse "$1 has no IOMMU group" \
			"its node of the host's device tree needs iommus = <...>: boot with host.dtbo of this bundle"
		return 0
	}
	for member in "$root/sys/kernel/iommu_groups/$group/devices"/*; do
		case " $VM_DEVICES " in
		*" ${member##*/} "*) ;;
		*) [ ! -e "$member" ] || refuse "$1 shares IOMMU group $group with ${member##*/}" \
			"pass both through, or give them different stream ids in the host's device tree" ;;
		esac
	done
}

# The strictest sandbox where this QEMU and this kernel have one: a QEMU without seccomp does not know the option, and
# one with it does not start on a kernel that takes no filters.
resolve_sandbox() {
	case $VM_SANDBOX in
	auto)
		VM_SANDBOX=
		if ! grep -q '^Seccomp_filters:' "$root/proc/self/status" 2>/dev/null; then
			say "this kernel has no seccomp filters (CONFIG_SECCOMP_FILTER): QEMU runs without its sandbox"
		elif ! "$VM_QEMU" -sandbox on -version >/dev/null 2>&1 </dev/null; then
			say "$VM_QEMU was built without seccomp: it runs without its sandbox"
		else
			VM_SANDBOX=on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny
		fi
		;;
	off) VM_SANDBOX= ;;
	esac
}

# --- one at a time ---------------------------------------------------------------------------------------------------

# Tells a process from another that got its number later: the time it was started; nothing for a dead one.
started() {
	sed 's/.*) //; /^Z/d' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20
}

is_alive() {
	[ -r "$1/pid" ] && read -r pid since <"$1/pid" && [ "$(started "$pid")" = "${since:-none}" ]
}

lock() {
	[ -z "$dry_run" ] || return 0
	mkdir -p "$state"
	if [ -r "$state/qemu.pid" ] && read -r pid since <"$state/qemu.pid" && [ "$(started "$pid")" = "${since:-none}" ]; then
		refuse "QEMU of the machine $VM_NAME runs (process $pid)" "kill $pid ends it"
	fi
	# A link is made whole or not at all, so a lock is never seen without its owner.
	printf '%s %s\n' $$ "$(started $$)" >"$state/pid.$$"
	until ln "$state/pid.$$" "$state/pid" 2>/dev/null; do
		if is_alive "$state"; then
			rm -f "$state/pid.$$"
			refuse "the machine $VM_NAME is held by process $pid" "stop it, or set VM_NAME for a second machine"
		fi
		rm -f "$state/pid"
	done
	rm -f "$state/pid.$$"
	owner=yes
}

# --- take and give back ----------------------------------------------------------------------------------------------

allow_unsafe_interrupts() {
	made_unsafe=$(read_word "$state/unsafe")
	case $(read_word "$unsafe") in
	Y | 1) return 0 ;;
	'') refuse "this kernel has no VFIO (vfio_iommu_type1)" "boot the kernel of this bundle, or modprobe vfio_iommu_type1" ;;
	esac
	say "allowing unsafe interrupts: Orin's SMMU cannot keep a device that does DMA from writing to the interrupt"
	say "controller, so a guest that owns such a device could raise any interrupt of the host. A UART does no DMA."
	made_unsafe=yes
	put yes "$state/unsafe"
	put 1 "$unsafe" || refuse "unsafe interrupts cannot be allowed" \
		"add vfio_iommu_type1.allow_unsafe_interrupts=1 to the kernel command line"
}

load_vfio() {
	[ -d "$vfio_driver" ] || [ -n "$dry_run" ] || modprobe vfio-platform reset_required=0 2>/dev/null
	[ -d "$vfio_driver" ] || refuse "this kernel has no vfio-platform driver" \
		"boot the kernel of this bundle (CONFIG_VFIO_PLATFORM=y)"
}

# The driver that alone may have a device; nothing where any may.
override_of() {
	override=$(read_word "$platform/devices/$1/driver_override") && [ "$override" != '(null)' ] &&
		printf '%s\n' "$override"
}

take() {
	driver=$(driver_of "$1") || driver=-
	if [ "$driver" = vfio-platform ]; then
		if was=$(read_word "$state/$1.driver"); then
			taken="$1=$was $taken"
		else
			say "$1 is with vfio-platform already, and stays there: run-vm.sh --to-host lets the board's driver have it"
		fi
	else
		override=$(override_of "$1") || override=
		was=$driver${override:+=$override}
		taken="$1=$was $taken"
		# What is to be undone is on record before it is done: a run after a kill -9 finds it there.
		put "$was" "$state/$1.driver" || exit "$refused"
		[ "$driver" = - ] || put "$1" "$platform/drivers/$driver/unbind" ||
			refuse "$driver does not let go of $1" "dmesg | tail says why"
		put vfio-platform "$platform/devices/$1/driver_override"
		put "$1" "$vfio_driver/bind" || bind_refused "$1"
	fi
	if [ -z "$dry_run" ]; then
		[ "$(driver_of "$1")" = vfio-platform ] || bind_refused "$1"
		check_group "$1" must
	fi
	[ -z "$VM_USER" ] || own_group "$1" "$VM_USER"
}

bind_refused() {
	case $(read_word "$root/sys/module/vfio_platform/parameters/reset_required") in
	Y | 1) refuse "vfio-platform does not take $1: it wants a reset driver for it, and there is none" \
		"add vfio_platform.reset_required=0 to the kernel command line (bpmp-virt deploy does) and reboot" ;;
	esac
	refuse "vfio-platform does not take $1" \
		"dmesg | tail says why; without an IOMMU group, boot with host.dtbo of this bundle"
}

# own_group DEVICE USER: the node through which QEMU gets the group.
own_group() {
	group=$(group_of "$1") && [ -e "$root/dev/vfio/$group" ] || return 0
	[ -z "$dry_run$verbose" ] || print_command chown "$2" "/dev/vfio/$group"
	[ -n "$dry_run" ] || chown "$2" "$root/dev/vfio/$group"
}

# give_back_one DEVICE DRIVER[=OVERRIDE]: `-` it had none, `?` nobody knows, the kernel finds one.
give_back_one() {
	if [ -n "$dry_run" ] || [ "$(driver_of "$1")" = vfio-platform ]; then
		put "$1" "$vfio_driver/unbind"
	fi
	case $2 in
	*=*) put "${2#*=}" "$platform/devices/$1/driver_override" ;;
	*) put '' "$platform/devices/$1/driver_override" ;;
	esac
	set -- "$1" "${2%%=*}"
	case $2 in
	-) ;;
	'?') put "$1" "$platform/drivers_probe" ;;
	*) [ "$(driver_of "$1")" = "$2" ] && [ -z "$dry_run" ] || put "$1" "$platform/drivers/$2/bind" ||
		say "$2 did not take $1 back: dmesg | tail says why" ;;
	esac
}

# Everything in `taken`, last taken first.
give_back() {
	end_scmi
	for device in $VM_DEVICES; do
		[ -z "$VM_USER" ] || own_group "$device" root
	done
	for pair in $taken; do
		give_back_one "${pair%%=*}" "${pair#*=}"
	done
	[ -z "$made_unsafe" ] || put 0 "$unsafe"
	[ -n "$dry_run" ] || rm -rf "$state"
}

# --give-back: what a killed run left behind. --to-host: that, and what the tree or somebody keeps for machines.
find_taken() {
	made_unsafe=$(read_word "$state/unsafe")
	for device in $VM_DEVICES; do
		if [ "$action" = to_host ]; then
			[ -z "$(override_of "$device")" ] || taken="$device=? $taken"
		elif was=$(read_word "$state/$device.driver"); then
			taken="$device=$was $taken"
		fi
	done
}

# --- QEMU ------------------------------------------------------------------------------------------------------------

# Another user needs the memory of the guest locked by VFIO, which its limit would not allow.
as_user() {
	[ -n "$VM_USER" ] && [ -z "$dry_run" ] || return 0
	# shellcheck disable=SC3045 # dash and busybox have it
	ulimit -l unlimited 2>/dev/null || say "the limit of locked memory stays: QEMU may not get the guest's memory"
	setpriv --reuid "$VM_USER" --regid "$(id -g "$VM_USER")" --init-groups true 2>/dev/null ||
		refuse "setpriv cannot become $VM_USER" "install util-linux, or leave VM_USER empty"
}

# --- SCMI ------------------------------------------------------------------------------------------------------------

# The folder of the socket and of the tree, for the machine's user alone.
scmi_folder() {
	scmi_dir=${VM_SCMI_SOCKET%/*}
	[ -z "$dry_run" ] || return 0
	mkdir -p "$scmi_dir" && chmod 700 "$scmi_dir" && rm -f "$VM_SCMI_SOCKET"
	[ -z "$VM_USER" ] || chown "$VM_USER" "$scmi_dir"
}

# The tree that this QEMU makes for this CPU, accelerator and number of CPUs, and what the machine has besides.
make_tree() {
	base=$scmi_dir/base.dtb
	set -- "$VM_QEMU" -machine "$VM_MACHINE,dumpdtb=$base" -cpu "$VM_CPU" -m "$VM_MEMORY" -nodefaults -display none
	[ -z "$VM_SMP" ] || set -- "$@" -smp "$VM_SMP"
	[ -z "$dry_run$verbose" ] || print_command "$@"
	[ -z "$dry_run$verbose" ] || print_command fdtoverlay -i "$base" -o "$VM_DTB" "$VM_SCMI_TREE"
	[ -z "$dry_run" ] || return 0
	if ! said=$("$@" 2>&1 </dev/null) || [ ! -s "$base" ]; then
		refuse "$VM_QEMU does not make its device tree: $said" "it runs with the same machine, CPU and accelerator later"
	fi
	fdtoverlay -i "$base" -o "$VM_DTB" "$VM_SCMI_TREE" ||
		refuse "$VM_SCMI_TREE does not fit the tree that $VM_QEMU makes" "was it made for another machine?"
}

# bpmp-scmi has the host proxy open, and QEMU has not. It must listen when QEMU starts.
start_scmi() {
	set -- "$VM_SCMI" --map "$VM_SCMI_MAP" --bpmp-fd "$VM_BPMP_FD" --socket-path "$VM_SCMI_SOCKET"
	[ -z "$VM_USER" ] || set -- setpriv --reuid "$VM_USER" --regid "$(id -g "$VM_USER")" --init-groups "$@"
	[ -z "$dry_run$verbose" ] || printf '%s %s<>%s\n' "$(print_command "$@")" "$VM_BPMP_FD" "$VM_BPMP_HOST"
	[ -z "$dry_run" ] || return 0
	eval '"$@" </dev/null '"$VM_BPMP_FD"'<>"$root$VM_BPMP_HOST" &'
	scmi=$!
	scmi_since=$(started "$scmi")
	printf '%s %s\n' "$scmi" "$scmi_since" >"$state/scmi.pid"
	until [ -e "$VM_SCMI_SOCKET" ]; do
		[ -n "$(started "$scmi")" ] || refuse "$VM_SCMI did not start" "what it said is above"
		sleep 0.1 2>/dev/null || sleep 1
	done
}

# watch_scmi: without bpmp-scmi the clocks of the guest stop, and each of its requests would wait a minute: QEMU ends too.
watch_scmi() {
	while [ "$(started "$scmi")" = "$scmi_since" ]; do
		sleep 1
	done
	sleep 1
	[ "$(started "$qemu")" != "$qemu_since" ] || {
		say "bpmp-scmi has ended, and what the machine did is undone: ending QEMU"
		kill "$qemu"
	}
}

# What the machine did is undone when bpmp-scmi ends: only then may the device go back.
end_scmi() {
	[ -r "$state/scmi.pid" ] && read -r pid since <"$state/scmi.pid" || return 0
	# It listens where QEMU never came, and ends by itself where that has gone.
	[ ! -e "$VM_SCMI_SOCKET" ] || [ "$(started "$pid")" != "${since:-none}" ] || kill "$pid"
	while [ "$(started "$pid")" = "${since:-none}" ]; do
		sleep 0.1 2>/dev/null || sleep 1
	done
}

start() {
	if [ -n "$VM_SCMI" ]; then
		(eval ": $VM_BPMP_FD"'<>"$root$VM_BPMP_HOST"') 2>/dev/null || [ -n "$dry_run" ] ||
			refuse "$VM_BPMP_HOST cannot be opened: it is open in another program" "each machine needs a node of its own"
		scmi_folder
		make_tree
		start_scmi
	fi
	[ -z "$VM_USER" ] || set -- setpriv --reuid "$VM_USER" --regid "$(id -g "$VM_USER")" --init-groups "$@"
	[ -z "$dry_run$verbose" ] || if [ -n "$VM_SCMI" ]; then
		print_command "$@"
	else
		printf '%s %s<>%s\n' "$(print_command "$@")" "$VM_BPMP_FD" "$VM_BPMP_HOST"
	fi
	[ -z "$dry_run" ] || return 0

	[ -n "$VM_SCMI" ] || (eval ": $VM_BPMP_FD"'<>"$root$VM_BPMP_HOST"') 2>/dev/null ||
		refuse "$VM_BPMP_HOST cannot be opened: it is open in another program" "each machine needs a node of its own"
	# A shell waits for a program in the foreground before it looks at signals, so QEMU is in the background, with the
	# terminal that a shell takes from those. The host proxy is open in QEMU alone: what the guest switched is undone
	# when QEMU ends, before the device goes back.
	exec 9<&0
	if [ -n "$VM_SCMI" ]; then
		"$@" <&9 9<&- &
	else
		eval '"$@" <&9 9<&- '"$VM_BPMP_FD"'<>"$root$VM_BPMP_HOST" &'
	fi
	qemu=$!
	exec 9<&-
	qemu_since=$(started "$qemu")
	printf '%s %s\n' "$qemu" "$qemu_since" >"$state/qemu.pid"
	watcher=
	[ -z "$VM_SCMI" ] || {
		watch_scmi &
		watcher=$!
	}
	while :; do
		wait "$qemu"
		rc=$?
		kill -0 "$qemu" 2>/dev/null || break
	done
	[ -z "$watcher" ] || kill "$watcher" 2>/dev/null
}

# On a signal QEMU is asked to end, on a second one it is made to; start() sees it end, and the exit gives back.
stop() {
	signal_rc=$1
	[ -n "${qemu-}" ] || exit "$signal_rc"
	kill "-${stopping:-TERM}" "$qemu" 2>/dev/null
	stopping=KILL
}

finish() {
	rc=$?
	trap '' INT TERM HUP
	if [ -n "$owner" ] || [ -n "$taken" ]; then
		give_back
	fi
	exit "${signal_rc:-$rc}"
}

run() {
	resolve_sandbox
	as_user
	with_qemu_command start
	return "$rc"
}

bind() {
	# libvirt starts QEMU, and finds the tree and the socket there.
	[ -z "$VM_SCMI" ] || {
		scmi_folder
		make_tree
		start_scmi
	}
	taken=
	made_unsafe=
	[ -z "$dry_run" ] || return 0
	say "$VM_DEVICES: with vfio-platform now; run-vm.sh --give-back undoes it"
	owner=
	rm -f "$state/pid"
}

main() {
	cd "$(dirname "$0")" || exit "$refused"
	[ -n "$root$dry_run" ] || [ "$action" = check ] || [ "$(id -u)" = 0 ] ||
		refuse "only root can take a device from its driver" "sudo $0"
	case $action in
	give_back | to_host)
		lock
		find_taken
		return 0
		;;
	esac
	# What is dangerous before what is missing: a disk or a console in use is named whatever else is not there yet.
	for device in $VM_DEVICES; do
		check_device "$device"
	done
	check_board
	[ "$action" != check ] || return 0
	lock
	load_vfio
	allow_unsafe_interrupts
	for device in $VM_DEVICES; do
		take "$device"
	done
	"$action"
}

while [ $# -gt 0 ]; do
	case $1 in
	--check) action=check ;;
	--bind) action=bind ;;
	--give-back) action=give_back ;;
	--to-host) action=to_host ;;
	--dry-run) dry_run=yes ;;
	--verbose) verbose=yes ;;
	--settings) settings && exit 0 ;;
	--help | -h) help && exit 0 ;;
	--)
		shift
		for word in "$@"; do
			extra="$extra $(quote "$word")"
		done
		break
		;;
	*) say "unknown word $1 (--help)" && exit "$usage_error" ;;
	esac
	shift
done

# Both become parts of paths that are written and removed as root.
case $VM_NAME in
'' | .* | -* | *[!A-Za-z0-9._-]*)
	say "VM_NAME '$VM_NAME' is not a name: letters, digits, '.', '_' and '-', and no '.' or '-' first"
	exit "$usage_error"
	;;
esac
for device in $VM_DEVICES; do
	case $device in
	.* | *[!A-Za-z0-9._:@,+-]*)
		say "VM_DEVICES has '$device', which is not a name of /sys/bus/platform/devices"
		exit "$usage_error"
		;;
	esac
done

trap finish EXIT
trap 'stop 129' HUP
trap 'stop 130' INT
trap 'stop 143' TERM
main
