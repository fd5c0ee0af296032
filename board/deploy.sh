#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The board's side of `bpmp-virt deploy`: it carries out, the tool decides. Sent over ssh as one argument of sh, so that
# a lost connection cannot leave half of it running; kept on the board for the service that ends a boot on trial.
#
#   deploy.sh facts            what the tool has to know, one `key value` a line; on standard input the paths that it
#                              wants to put files at
#   deploy.sh stage            unpack a tar from standard input into the staging folder
#   deploy.sh commit           do what standard input says, see commit()
#   deploy.sh end-trial        make DEFAULT what it was before `deploy --boot-next`
#   deploy.sh reboot           in a second
#
# Nothing that is in use is written over: a file is made aside, flushed, and renamed.
set -u

# Tests run this script on a prepared tree of files; on a board it is empty.
root=${BPMP_VIRT_ROOT-}
home=$root/opt/bpmp-virt
record=$home/.deployed
stage=$home/.stage
conf=$root/boot/extlinux/extlinux.conf
# Our comment in extlinux.conf, kept here too: who strips comments must not make a trial last, nor lose what DEFAULT was.
marker=$home/.marker

die() {
	printf 'deploy: %s\n' "$*" >&2
	exit 3
}

hash_of() {
	sha256sum "$1" 2>/dev/null | cut -c 1-64
}

# The first byte of an EFI variable's value, after four bytes of attributes.
efi_byte() {
	od -An -v -tu1 -j4 -N1 "$root/sys/firmware/efi/efivars/$1" 2>/dev/null | tr -d ' '
}

fact() {
	printf '%s %s\n' "$1" "$2"
}

# Our comments in a boot menu, as we write them, however somebody has indented them.
markers() {
	tr -d '\r' 2>/dev/null <"$1" | sed -n 's/^[ 	]*#[ 	]*>>> bpmp-virt/# >>> bpmp-virt/p'
}

# What we put down, as `SHA256 PATH` lines; a path may have several, of a deployment that was cut off in the middle.
recorded() {
	[ ! -r "$record" ] || sed 's,^/,- /,' "$record"
}

# Paths from standard input where something is that we did not put there.
strangers() {
	awk -v ours="$record" 'BEGIN { while ((getline line < ours) > 0) { sub(/^[^\/]* /, "", line); have[line] = 1 } }
		!($0 in have)' | while read -r path; do
		if [ -L "$root$path" ] || [ -e "$root$path" ]; then
			hash=$(hash_of "$root$path")
			fact here "${hash:--} $path"
		fi
	done
}

# The device behind a root= of a kernel command line; - where there is none, nothing where this board cannot tell.
device_of() {
	case $1 in
	*/PARTNROFF=*) return ;;
	# The kernel takes either case; the links are in small letters.
	PARTUUID=*) set -- partuuid "$(printf '%s' "${1#*=}" | tr 'A-F' 'a-f')" ;;
	PARTLABEL=*) set -- partlabel "${1#*=}" ;;
	UUID=*) set -- uuid "${1#*=}" ;;
	LABEL=*) set -- label "${1#*=}" ;;
	/dev/*)
		target=$(readlink "$root$1") && printf '/dev/%s\n' "${target##*/}" || printf '%s\n' "$1"
		return
		;;
	*) return ;;
	esac
	[ -d "$root/dev/disk/by-$1" ] || return
	target=$(readlink "$root/dev/disk/by-$1/$2") && printf '/dev/%s\n' "${target##*/}" || printf '%s\n' -
}

# `spec device` for each root= that a command line or the boot menu has.
roots() {
	sed 's/#.*//' "$root/proc/cmdline" "$conf" 2>/dev/null | tr -d '\r' | tr -s '[:space:]' '\n' |
		sed -n 's/^root=//p' | sort -u | while read -r spec; do
		device=$(device_of "$spec")
		[ -z "$device" ] || fact root-spec "$spec $device"
	done
}

facts() {
	strangers
	fact release "$(head -n 1 "$root/etc/nv_tegra_release" 2>/dev/null)"
	fact kernel "$(cat "$root/proc/sys/kernel/osrelease" 2>/dev/null)"
	fact serial "$(tr -d '\0' <"$root/proc/device-tree/serial-number" 2>/dev/null)"
	fact boot-id "$(cat "$root/proc/sys/kernel/random/boot_id" 2>/dev/null)"
	fact cmdline "$(cat "$root/proc/cmdline" 2>/dev/null)"
	fact compatible "$(tr '\0' ' ' <"$root/proc/device-tree/compatible" 2>/dev/null)"
	fact secure-boot "$(efi_byte SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c)"
	fact boot-mode "$(efi_byte L4TDefaultBootMode-781e084c-a330-417c-b678-38e696380cb9)"
	fact free-kib "$(df -Pk "$root/boot" 2>/dev/null | awk 'NR == 2 { print $4 }')"
	# Whether /boot is another file system than the root: UEFI reads extlinux.conf of the partition APP.
	fact boot-mount "$(awk '$2 == "/boot" { print $1 }' "$root/proc/mounts" 2>/dev/null | tail -n 1)"
	disk=$(device_of "$(awk '$2 == "/" && $1 != "rootfs" { print $1 }' "$root/proc/mounts" 2>/dev/null | tail -n 1)")
	fact root-mount "$disk"
	fact root-part "$(sed -n 's/^PARTNAME=//p' "$root/sys/class/block/${disk##*/}/uevent" 2>/dev/null)"
	fact root-type "$(awk '$2 == "/" && $1 != "rootfs" { print $3 }' "$root/proc/mounts" 2>/dev/null | tail -n 1)"
	[ ! -d "$root/sys/firmware/efi" ] || fact efi 1
	roots
	if command -v nvbootctrl >/dev/null; then
		fact slot "$(nvbootctrl -t rootfs get-current-slot 2>/dev/null)"
		fact slots "$(nvbootctrl -t rootfs dump-slots-info 2>/dev/null | tr '\n' ';')"
	fi
	if [ -r "$conf" ]; then
		fact extlinux-sha256 "$(hash_of "$conf")"
		fact extlinux "$(base64 <"$conf" | tr -d '\n')"
		tr -d '\r' <"$conf" | sed -n 's/#.*//; s/^[ 	]*INITRD[ 	]*//p' | tr -d ' 	' | while read -r path; do
			[ -f "$root$path" ] || fact absent "$path"
		done
	fi
	[ ! -r "$marker" ] || fact marker "$(base64 <"$marker" | tr -d '\n')"
	[ ! -d "$stage" ] || fact stage-left 1
	for file in "$stage"/*; do
		[ ! -f "$file" ] || [ "$(hash_of "$file")" != "${file##*/}" ] || fact staged "${file##*/}"
	done
	recorded | while read -r was path; do
		fact put "$was $path"
	done
	recorded | sed 's/^[^ ]* //' | sort -u | while read -r path; do
		hash=$(hash_of "$root$path")
		fact deployed "${hash:-missing} $path"
	done
}

unpack() {
	if ! mkdir -p "$stage" || ! tar -xf - -C "$stage"; then
		die "the files did not arrive whole: is there space?"
	fi
}

# A root file system that is to be flashed lies in a folder here: a link in it must not lead into this machine's own.
inside() {
	[ -n "$root" ] && [ "$1" != "$seen" ] || return 0
	folder=$1
	while [ ! -d "$folder" ]; do folder=${folder%/*}; done
	case $(readlink -f "$folder")/ in
	"$(readlink -f "$root")"/*) ;;
	*) die "$1 leads out of $root through a link" ;;
	esac
	seen=$1
}
seen=

# Make the folder of PATH.
make_room() {
	inside "$root${1%/*}"
	mkdir -p "$root${1%/*}" || die "$1: its folder cannot be made"
	[ ! -L "$root$1.bpmp-part" ] || rm -f "$root$1.bpmp-part"
}

# Put the file aside of PATH in its place. One file is flushed: with all of them, and a disk at work, that takes a second each.
settle_file() {
	sync "$root$1.bpmp-part" 2>/dev/null || sync
	mv -f "$root$1.bpmp-part" "$root$1" || die "$1 cannot be put in place"
}

# Put a file in place: PATH MODE, content from standard input.
put() {
	make_room "$1"
	if ! cat >"$root$1.bpmp-part" || ! chmod "$2" "$root$1.bpmp-part"; then
		die "$1 cannot be written: is there space?"
	fi
	settle_file "$1"
}

# Put a copy of FILE at PATH, with its mode and its owner.
keep_copy() {
	make_room "$2"
	cp -p "$1" "$root$2.bpmp-part" || die "$2 cannot be written: is there space?"
	settle_file "$2"
}

# What we are about to put down is on record before, so that an undo finds it whatever happens in between.
remember() {
	{
		recorded
		sed -n 's/^file \([0-9a-f]*\) [0-7]* /\1 /p' "$stage/plan"
	} | sort -u >"$stage/record"
	put /opt/bpmp-virt/.deployed 644 <"$stage/record"
}

# The record of what is there once all is done: without what was removed or left to its owner, and without the sums of
# what was replaced.
settle() {
	recorded | awk -v plan="$stage/plan" '
		BEGIN {
			while ((getline line < plan) > 0) {
				verb = line; sub(/ .*/, "", verb); sub(/^[^ ]* /, "", line)
				if (verb == "file") { sum = line; sub(/ .*/, "", sum); sub(/^[^ ]* [^ ]* /, "", line); now[line] = sum }
				if (verb == "remove" || verb == "forget") gone[line] = 1
			}
		}
		{ path = $0; sub(/^[^ ]* /, "", path) }
		!(path in gone) && (!(path in now) || now[path] == $1)' >"$stage/record"
	if [ ! -s "$stage/record" ]; then
		rm -f "$record"
	elif ! cmp -s "$stage/record" "$record"; then
		put /opt/bpmp-virt/.deployed 644 <"$stage/record"
	fi
}

# Lines from standard input, in order:
#   menu SHA256                 extlinux.conf still has to be that
#   save PATH TO                a copy of what somebody changed
#   file SHA256 MODE PATH       put the staged file SHA256 there
#   extlinux OLD NEW BACKUP     the staged file NEW replaces extlinux.conf, if that still is OLD; a copy goes to BACKUP
#   remove PATH
#   forget PATH                 it is its owner's from now on
commit() {
	mkdir -p "$stage"
	cat >"$stage/plan" || die "the plan did not arrive"
	tail -n 1 "$stage/plan" | grep -qx end || die "the plan did not arrive whole"
	while read -r verb hash _ path; do
		case $verb in
		menu) [ "$(hash_of "$conf")" = "$hash" ] || die "extlinux.conf was changed by somebody else meanwhile: deploy again" ;;
		file) [ "$(hash_of "$stage/$hash")" = "$hash" ] || die "$path did not arrive whole: deploy again" ;;
		esac
	done <"$stage/plan"
	remember
	while read -r verb first second third; do
		case $verb in
		save) [ -e "$root$second" ] || keep_copy "$root$first" "$second" ;;
		file) put "$third" "$second" <"$stage/$first" ;;
		extlinux) replace_conf "$first" "$second" "$third" ;;
		remove) remove "$first" ;;
		esac
	done <"$stage/plan"
	settle
	[ -e "$record" ] || rm -f "$marker"
	# Of a run that was cut off; the menu may be whole by now.
	rm -f "$marker.bpmp-part"
	rm -rf "$stage"
	rmdir "$home" 2>/dev/null
	sync
}

replace_conf() {
	[ "$(hash_of "$conf")" = "$1" ] || die "extlinux.conf was changed by somebody else meanwhile: deploy again"
	[ "$(hash_of "$stage/$2")" = "$2" ] || die "extlinux.conf did not arrive whole: deploy again"
	[ "$3" = - ] || [ -e "$root$3" ] || keep_copy "$conf" "$3"
	# While both menus are possible, so are both comments.
	{
		cat "$marker" 2>/dev/null
		markers "$stage/$2"
	} | sort -u >"$stage/marker"
	put /opt/bpmp-virt/.marker 600 <"$stage/marker"
	swap_conf "$1" "$stage/$2"
	markers "$conf" >"$stage/marker"
	put /opt/bpmp-virt/.marker 600 <"$stage/marker"
}

# Put the boot menu FILE in the place of extlinux.conf, if that still has the sum SUM. Mode and owner stay as they are, and
# so does a link. What somebody writes in this very moment goes into the file that was there, which has a second name.
swap_conf() {
	target=$(readlink -f "$conf")
	inside "${target%/*}"
	# Left by a cut: the menu's own second name, or what somebody wrote.
	if [ -e "$target.bpmp-was" ]; then
		left_sum=$(hash_of "$target.bpmp-was")
		if [ "$left_sum" = "$(hash_of "$target")" ]; then
			rm -f "$target.bpmp-was"
		else
			mv -f "$target.bpmp-was" "$target.bpmp-virt-$(printf '%.12s' "$left_sum")"
		fi
	fi
	rm -f "$target.bpmp-part"
	if ! cp -p "$target" "$target.bpmp-part" || ! cat "$2" >"$target.bpmp-part"; then
		rm -f "$target.bpmp-part"
		die "extlinux.conf cannot be written: is there space?"
	fi
	sync "$target.bpmp-part" 2>/dev/null || sync
	ln "$target" "$target.bpmp-was" 2>/dev/null
	if [ "$(hash_of "$target")" != "$1" ]; then
		rm -f "$target.bpmp-part" "$target.bpmp-was"
		die "extlinux.conf was changed by somebody else meanwhile: deploy again"
	fi
	mv -f "$target.bpmp-part" "$target" || die "extlinux.conf cannot be put in place"
	if [ -e "$target.bpmp-was" ] && [ "$(hash_of "$target.bpmp-was")" != "$1" ]; then
		mv -f "$target.bpmp-was" "$target"
		sync
		die "extlinux.conf was changed by somebody else meanwhile: deploy again"
	fi
	rm -f "$target.bpmp-was"
	sync
}

# Whether a line of the boot menu that is not a comment names a path.
is_live() {
	sed 's/#.*//; s,\\,/,g' "$conf" 2>/dev/null | tr -d '\r' | tr -s / | grep -qF "$1"
}

# Only what is on record as ours, and nothing that the board may boot.
remove() {
	recorded | sed 's/^[^ ]* //' | grep -qxF "$1" || die "$1 is not ours"
	case $1 in
	/boot/*) ! is_live "$1" || die "extlinux.conf names $1: it stays" ;;
	esac
	rm -f "$root$1"
	folder=$(dirname "$1")
	while rmdir "$root$folder" 2>/dev/null; do
		folder=$(dirname "$folder")
	done
}

# The service's part: the entry was on trial for one boot, and this is that boot.
end_trial() {
	line=$(markers "$conf" | head -n 1)
	[ -n "$line" ] || line=$(grep -e '^# >>> bpmp-virt [^ ]* trial' "$marker" 2>/dev/null | tail -n 1)
	case "${line%% was=*} " in
	*' trial '*) ;;
	*) return 0 ;;
	esac
	was=
	case $line in
	*' was='*) was=$(printf '%s' "${line#* was=}" | sed 's/[\/&\\]/\\&/g') ;;
	esac
	case "${line%% was=*} " in
	*' cr '*) was=$was$(printf '\r') ;;
	esac
	if [ -n "$was" ]; then
		# No label that merely begins like ours.
		default="s/^\([ 	]*DEFAULT[ 	]*\)bpmp-virt\([ 	#$(printf '\r')].*\)*\$/\1$was\2/"
	else
		# The file had no DEFAULT line: the one it has is ours.
		default='/^DEFAULT bpmp-virt\r*$/d'
	fi
	ours='[ 	]*#[ 	]*>>> bpmp-virt'
	marks="s/^\($ours [^ ]*\) trial/\1/; s/^\($ours .*\) was=.*/\1/
		s/^\($ours [^ ]*\) boot=[^ ]*/\1/; s/^\($ours .*\) dangling\$/\1/
		s/^\($ours .*\) cr\$/\1/"
	# Into a file, not a pipe: of a sed that fails half-way nothing may become the boot menu.
	ended=$conf.bpmp-trial
	old=$(hash_of "$conf")
	if ! sed -e "$default" -e "$marks" "$conf" >"$ended" ||
		[ "$(sed -n '$=' "$ended")" -lt $(($(sed -n '$=' "$conf") - 1)) ]; then
		rm -f "$ended"
		die "extlinux.conf cannot be written: is there space? DEFAULT is still bpmp-virt"
	fi
	cmp -s "$ended" "$conf" || swap_conf "$old" "$ended"
	rm -f "$ended"
	if [ -r "$marker" ]; then
		ended=$(sed -e "$marks" "$marker")
		printf '%s\n' "$ended" | put /opt/bpmp-virt/.marker 600
	fi
}

# One at a time: after a lost connection the board may still be at what the tool asked for.
lock() {
	[ ! -d "$home" ] || ! command -v flock >/dev/null || { exec 8<"$home" && flock -w 60 8; } ||
		die "another deployment is at work"
}

main() {
	inside "$home"
	lock
	case ${1-} in
	facts) facts ;;
	stage) unpack ;;
	commit) commit ;;
	end-trial) end_trial ;;
	reboot) (sleep 1 && reboot) >/dev/null 2>&1 </dev/null & ;;
	*) die "unknown word ${1-}" ;;
	esac
}

main "$@"
