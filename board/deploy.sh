#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The board's side of `bpmp-virt deploy`: it carries out, the tool decides. Sent over ssh as one argument of sh, so that
# a lost connection cannot leave half of it running; kept on the board for the service that ends a boot on trial.
#
#   deploy.sh facts            what the tool has to know, one `key value` a line
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

facts() {
	fact release "$(head -n 1 "$root/etc/nv_tegra_release" 2>/dev/null)"
	fact kernel "$(cat "$root/proc/sys/kernel/osrelease" 2>/dev/null)"
	fact boot-id "$(cat "$root/proc/sys/kernel/random/boot_id" 2>/dev/null)"
	fact cmdline "$(cat "$root/proc/cmdline" 2>/dev/null)"
	fact compatible "$(tr '\0' ' ' <"$root/proc/device-tree/compatible" 2>/dev/null)"
	fact secure-boot "$(efi_byte SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c)"
	fact boot-mode "$(efi_byte L4TDefaultBootMode-781e084c-a330-417c-b678-38e696380cb9)"
	fact free-kib "$(df -Pk "$root/boot" 2>/dev/null | awk 'NR == 2 { print $4 }')"
	# Whether /boot is another file system than the root: UEFI reads extlinux.conf of the partition APP.
	fact boot-mount "$(awk '$2 == "/boot" { print $1 }' "$root/proc/mounts" 2>/dev/null)"
	if command -v nvbootctrl >/dev/null; then
		fact slot "$(nvbootctrl -t rootfs get-current-slot 2>/dev/null)"
		fact slots "$(nvbootctrl -t rootfs dump-slots-info 2>/dev/null | tr '\n' ';')"
	fi
	if [ -r "$conf" ]; then
		fact extlinux-sha256 "$(hash_of "$conf")"
		fact extlinux "$(base64 <"$conf" | tr -d '\n')"
		sed -n 's/#.*//; s/^[ 	]*INITRD[ 	]*//p' "$conf" | tr -d ' 	\r' | while read -r path; do
			[ -f "$root$path" ] || fact absent "$path"
		done
	fi
	for file in "$stage"/*; do
		[ ! -f "$file" ] || [ "$(hash_of "$file")" != "${file##*/}" ] || fact staged "${file##*/}"
	done
	[ ! -r "$record" ] || while read -r path; do
		hash=$(hash_of "$root$path")
		fact deployed "${hash:-missing} $path"
	done <"$record"
}

unpack() {
	if ! mkdir -p "$stage" || ! tar -xf - -C "$stage"; then
		die "the files did not arrive whole: is there space?"
	fi
}

# Put a file in place: PATH MODE, content from standard input.
put() {
	mkdir -p "$(dirname "$root$1")" || die "$1: its folder cannot be made"
	if ! cat >"$root$1.bpmp-part" || ! chmod "$2" "$root$1.bpmp-part"; then
		die "$1 cannot be written: is there space?"
	fi
	sync
	mv -f "$root$1.bpmp-part" "$root$1" || die "$1 cannot be put in place"
}

# What we are about to put down is on record before, so that an undo finds it whatever happens in between.
remember() {
	{
		cat "$record" 2>/dev/null
		sed -n 's/^file [0-9a-f]* [0-7]* //p' "$stage/plan"
	} | sort -u >"$stage/record"
	put /opt/bpmp-virt/.deployed 644 <"$stage/record"
}

# Lines from standard input, in order:
#   file SHA256 MODE PATH       put the staged file SHA256 there
#   extlinux OLD NEW BACKUP     the staged file NEW replaces extlinux.conf, if that still is OLD; a copy goes to BACKUP
#   remove PATH
commit() {
	mkdir -p "$stage"
	cat >"$stage/plan" || die "the plan did not arrive"
	tail -n 1 "$stage/plan" | grep -qx end || die "the plan did not arrive whole"
	while read -r verb hash _ path; do
		case $verb in
		file) [ "$(hash_of "$stage/$hash")" = "$hash" ] || die "$path did not arrive whole: deploy again" ;;
		esac
	done <"$stage/plan"
	remember
	while read -r verb first second third; do
		case $verb in
		file) put "$third" "$second" <"$stage/$first" ;;
		extlinux) replace_conf "$first" "$second" "$third" ;;
		remove) remove "$first" ;;
		esac
	done <"$stage/plan"
	rm -rf "$stage"
	rmdir "$home" 2>/dev/null
	sync
}

replace_conf() {
	[ "$(hash_of "$conf")" = "$1" ] || die "extlinux.conf was changed by somebody else meanwhile: deploy again"
	[ "$(hash_of "$stage/$2")" = "$2" ] || die "extlinux.conf did not arrive whole: deploy again"
	[ "$3" = - ] || [ -e "$root$3" ] || put "$3" 644 <"$conf"
	put /boot/extlinux/extlinux.conf 644 <"$stage/$2"
	sync
}

# Only what is on record as ours; then it is off the record.
remove() {
	grep -qxF "$1" "$record" || die "$1 is not ours"
	rm -f "$root$1"
	folder=$(dirname "$1")
	while rmdir "$root$folder" 2>/dev/null; do
		folder=$(dirname "$folder")
	done
	grep -vxF "$1" "$record" >"$stage/record"
	if [ -s "$stage/record" ]; then
		put /opt/bpmp-virt/.deployed 644 <"$stage/record"
	else
		rm -f "$record"
	fi
}

# The service's part: the entry was on trial for one boot, and this is that boot.
end_trial() {
	grep -q '^# >>> bpmp-virt [^ ]* trial' "$conf" || return 0
	was=$(sed -n 's/^# >>> bpmp-virt .* was=//p' "$conf" | sed 's/[\/&]/\\&/g')
	! grep -q '^# >>> bpmp-virt [^=]* cr ' "$conf" || was=$was$(printf '\r')
	if [ -n "$was" ]; then
		sed "s/^\([ 	]*DEFAULT[ 	]*\)bpmp-virt/\1$was/" "$conf"
	else
		# The file had no DEFAULT line: the one it has is ours.
		sed '/^DEFAULT bpmp-virt$/d' "$conf"
	fi | sed 's/^\(# >>> bpmp-virt [^ ]*\) trial/\1/; s/^\(# >>> bpmp-virt [^=]*\) was=.*/\1/; s/^\(# >>> bpmp-virt .*\) cr$/\1/' |
		put /boot/extlinux/extlinux.conf 644
	sync
}

# One at a time: after a lost connection the board may still be at what the tool asked for.
lock() {
	[ ! -d "$home" ] || ! command -v flock >/dev/null || { exec 8<"$home" && flock -w 60 8; } ||
		die "another deployment is at work"
}

main() {
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
