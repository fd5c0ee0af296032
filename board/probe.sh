#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Ask this board what only silicon and its firmware can answer, and print the answers.
#
#   probe.sh [--risky]
#
# Lines of fields separated by tabs: `begin ID`, `answer ID NAME VALUE`, `none ID REASON`, `end ID`. Without --risky it
# reads files of /proc and /sys, asks the host proxy for rates of clocks that are a machine's own, and runs a virtual
# machine of 41 instructions without a device. What it prints says nothing of the owner: no serial number, no name, no
# address, no command line. Runs in any POSIX shell with the usual small tools.
set -u

# Tests run this script on a prepared tree of files; on a board it is empty.
root=${BPMP_VIRT_ROOT-}
bundle=${BPMP_VIRT_BUNDLE-/opt/bpmp-virt}
clk_tree=$root/sys/kernel/debug/bpmp/debug/clk/clk_tree
risky=no
[ "${1-}" != --risky ] || risky=yes

answer() { printf 'answer\t%s\t%s\t%s\n' "$id" "$1" "$2"; }
none() { printf 'none\t%s\t%s\n' "$id" "$1"; }

# question ID safe|risky TITLE: bpmp-virt reads these lines too.
question() {
	id=$1
	printf 'begin\t%s\n' "$id"
	if [ "$2" = risky ] && [ "$risky" = no ]; then
		none "it could stop the host: only with --risky"
	else
		"ask_$(printf '%s' "$id" | tr - _)"
	fi
	printf 'end\t%s\n' "$id"
}

# No program waits longer than this many seconds; what hangs in the kernel cannot be killed, and the line `begin` tells.
bounded() { timeout -s KILL 20 "$@"; }

strings_of() { [ ! -r "$1" ] || tr '\0' ' ' <"$1"; }

# A property that holds cells, as decimal numbers.
cells_of() {
	od -An -v -tu1 "$1" 2>/dev/null | tr -s ' \n' ' ' |
		awk '{ for (i = 1; i + 3 <= NF; i += 4) printf "%s%d", (i > 1 ? " " : ""), (($i * 256 + $(i+1)) * 256 + $(i+2)) * 256 + $(i+3) }'
}

# The host proxy's first node with clocks: its device and the first of its own clocks.
find_proxy() {
	for node in "$root"/proc/device-tree/*; do
		strings_of "$node/compatible" | grep -q nvidia,bpmp-host-proxy || continue
		label=$(strings_of "$node/label" | tr -d ' ')
		proxy=$root/dev/bpmp-host${label:+-$label}
		clock=$(cells_of "$node/allowed-clocks")
		clock=${clock%% *}
		[ -n "$clock" ] && [ -e "$proxy" ] && return
	done
	return 1
}

# Why the host proxy cannot be asked; nothing where it can.
proxy_missing() {
	if ! find_proxy; then
		echo "the host proxy has no device with clocks (bpmp-virt deploy, then deploy --boot-next)"
	elif ! command -v perl >/dev/null; then
		echo "no perl, whose ioctl() reaches the host proxy (apt-get install perl-base)"
	fi
}

# ask_proxy PROGRAM: Perl with do_ask(MRQ, REQUEST), which gives the answer, and fields(...), which prints an answer.
# The numbers are those of include/uapi/linux/bpmp-host.h.
ask_proxy() {
	# shellcheck disable=SC2016 # Perl's own
	said=$(bounded perl -e '
		use strict;
		my ($path, $clock) = @ARGV;
		open(my $file, "+<", $path) or do { print "error cannot be opened: $!\n"; exit };
		my $error = "";
		sub fields { print join(" ", @_), "\n" }
		sub do_ask {
			my ($mrq, $request) = @_;
			my $block = pack("L<6 a120 a120", $mrq, 0, length $request, 120, 0, 0, $request, "");
			$error = "";
			ioctl($file, 0xc108bc01, $block) or do { $error = "$!"; return undef };
			my (undef, undef, undef, $size, $ret) = unpack("L<4 l<", $block);
			if ($ret) { $error = "firmware $ret"; return undef }
			return substr($block, 144, $size);
		}
		sub clk { my ($command, @words) = @_; return do_ask(22, pack("L<*", $command << 24 | $clock, @words)) }
		sub number { my ($answer) = @_; return defined $answer ? unpack("L<", $answer) : "refused: $error" }
		sub uptime { open(my $up, "<", "/proc/uptime") or return 0; return (split " ", <$up>)[0] }
	'"$1" "$proxy" "$clock" 2>&1) || answer perl "ended with $?"
	printf '%s\n' "$said" | while read -r name value; do
		[ -z "$name" ] || answer "$name" "$value"
	done
}

ask_board() {
	answer compatible "$(strings_of "$root/proc/device-tree/compatible")"
	answer release "$(sed -n '1s/^# *\(R[0-9]* (release), REVISION: [0-9.]*\).*/\1/p' "$root/etc/nv_tegra_release" 2>/dev/null)"
	# Only the number: what follows it may be a person's own.
	answer kernel "$(sed 's/^\([0-9.]*\).*/\1/' "$root/proc/sys/kernel/osrelease" 2>/dev/null)"
	log=$(dmesg 2>/dev/null)
	answer firmware "$(printf '%s\n' "$log" | sed -n 's/.*bpmp: firmware: \([0-9A-Za-z.-]*\).*/\1/p' | head -n 1)"
	case $log in
	*'Stage-2 Force Write-Back'*) answer stage2-write-back yes ;;
	*) answer stage2-write-back "not in the kernel log" ;;
	esac
	answer iommus "$(find "$root/sys/class/iommu" -mindepth 1 2>/dev/null | wc -l | tr -d ' ')"
}

ask_query_tag() {
	none "no interface sends MRQ 1: it makes the firmware write to an address, and the host proxy refuses it"
}

ask_reset_refcounts() {
	none "no interface sends command 13 of MRQ_CLK: it could take the host's clocks away, and the host proxy refuses it"
}

ask_clock_state() {
	if [ ! -r "$clk_tree" ]; then
		none "no bpmp/debug/clk/clk_tree in /sys/kernel/debug: debugfs is not mounted, or the kernel has no CONFIG_DEBUG_FS"
		return
	fi
	# name on rate bpmp mrq vdd
	bounded cat "$clk_tree" | awk -v OFS='\t' '
		NR == 1 { sub(/^ +/, ""); gsub(/ +/, " "); print "columns", $0; for (i = 1; i <= NF; i++) { if ($i == "bpmp") b = i; if ($i == "mrq") m = i } }
		NR > 1 && NF >= 5 && $2 ~ /^[0-9]+$/ { n++; if (m) seen[$m]++; if (b) own[$b]++
			if ($m > 0 && $2 == 0) odd++; if ($m == 0 && $2 > 0) without++ }
		END {
			print "clocks", n + 0
			text = ""; for (v in seen) text = text v " (" seen[v] ") "; print "values-of-mrq", text
			text = ""; for (v in own) text = text v " (" own[v] ") "; print "values-of-bpmp", text
			print "wanted-by-mrq-and-off", odd + 0
			print "on-without-mrq", without + 0
		}' | while IFS='	' read -r name value; do answer "$name" "$value"; done
}

ask_transfer_cost() {
	reason=$(proxy_missing)
	if [ -n "$reason" ]; then
		none "$reason"
		return
	fi
	find_proxy
	# shellcheck disable=SC2016 # Perl's own
	ask_proxy '
		# struct bpmp_host_info of bpmp-host.h: 72 bytes, whose first word says so.
		my $info = pack("L< x68", 72);
		if (ioctl($file, 0xbc02, $info)) {
			my (undef, undef, $version, $own, $shared, $ancestors) = unpack("L<6", $info);
			fields("interface", "version $version, clocks $own own $shared shared $ancestors ancestors");
		}
		my ($count, $began) = (0, uptime());
		while ($count < 5000 && !$error) {
			last if $count % 100 == 0 && uptime() - $began > 5;
			$count++ if defined clk(1);
		}
		my $ms = (uptime() - $began) * 1000;
		fields("get-rate-error", $error) if $error;
		fields("get-rate-transfers", $count);
		fields("get-rate-milliseconds", sprintf("%d", $ms));
	'
}

# A guest without devices: counts of the timer for 4096 calls that KVM answers (PSCI version) and for 4096 reads that
# QEMU answers (the PL011's flags); after them it goes off. Its 41 words, from top to bottom:
#	movz x19,#0x900,lsl#16; mrs x0,cntfrq_el0; bl print
#	mov x21,#4096; isb; mrs x20,cntvct_el0; 1: movz w0,#0x8400,lsl#16; hvc #0; subs x21,x21,#1; b.ne 1b
#	isb; mrs x0,cntvct_el0; sub x0,x0,x20; bl print
#	mov x21,#4096; isb; mrs x20,cntvct_el0; 2: ldr w1,[x19,#0x18]; subs x21,x21,#1; b.ne 2b
#	isb; mrs x0,cntvct_el0; sub x0,x0,x20; bl print
#	movz w0,#0x8400,lsl#16; movk w0,#8; hvc #0; b .
#	print: mov x2,#60; 3: lsr x1,x0,x2; and w1,w1,#15; add w1,w1,#48; cmp w1,#57; b.ls 4f; add w1,w1,#39
#	4: str w1,[x19]; subs x2,x2,#4; b.pl 3b; mov w1,#10; str w1,[x19]; ret
exit_guest() {
	printf '\023\040\241\322\000\340\073\325\032\000\000\224\025\000\202\322\337\077\003\325\124\340\073\325'
	printf '\000\200\260\122\002\000\000\324\265\006\000\361\241\377\377\124\337\077\003\325\100\340\073\325'
	printf '\000\000\024\313\017\000\000\224\025\000\202\322\337\077\003\325\124\340\073\325\141\032\100\271'
	printf '\265\006\000\361\301\377\377\124\337\077\003\325\100\340\073\325\000\000\024\313\005\000\000\224'
	printf '\000\200\260\122\000\001\200\162\002\000\000\324\000\000\000\024\202\007\200\322\001\044\302\232'
	printf '\041\014\000\022\041\300\000\021\077\344\000\161\111\000\000\124\041\234\000\021\141\002\000\271'
	printf '\102\020\000\361\005\377\377\124\101\001\200\122\141\002\000\271\300\003\137\326'
}

ask_exit_cost() {
	qemu=
	for each in "$bundle/qemu-system-aarch64" qemu-system-aarch64; do
		[ -n "$qemu" ] || qemu=$(command -v "$each") || qemu=
	done
	if [ ! -e "$root/dev/kvm" ] || [ -z "$qemu" ]; then
		none "it needs /dev/kvm and a qemu-system-aarch64 in the folder of the bundle or in PATH"
		return
	fi
	guest=$(mktemp) || return
	exit_guest >"$guest"
	said=$(bounded "$qemu" -M virt,gic-version=3,accel=kvm -cpu host -m 64M -nodefaults -display none -serial stdio \
		-kernel "$guest" 2>/dev/null </dev/null | tr -d '\r')
	rm -f "$guest"
	# shellcheck disable=SC2046 # three words
	set -- $(printf '%s\n' "$said" | grep -xE '[0-9a-f]{16}')
	if [ $# != 3 ]; then
		none "the guest gave $# of 3 numbers"
		return
	fi
	answer timer-hertz "$((0x$1))"
	answer ticks-for-4096-exits-to-kvm "$((0x$2))"
	answer ticks-for-4096-exits-to-qemu "$((0x$3))"
}

# Where devmem is: BusyBox's, as a program or as an applet.
find_devmem() {
	if command -v devmem >/dev/null; then
		devmem=devmem
	elif busybox devmem 2>&1 | grep -qi usage; then
		devmem='busybox devmem'
	else
		return 1
	fi
}

# Where firmware puts its answers (docs of the BPMP's IVC: 256 bytes a channel; a head of 128, then code, flags, 120 bytes).
ask_answer_frames() {
	node=$root/proc/device-tree/sram@40000000/sram@71000
	if ! strings_of "$node/label" | grep -q cpu-bpmp-rx || [ "$(cells_of "$node/reg")" != '462848 4096' ]; then
		none "the running device tree has no cpu-bpmp-rx at 0x40071000"
		return
	elif ! find_devmem; then
		none "no devmem (apt-get install busybox-static)"
		return
	fi
	if [ -r "$clk_tree" ]; then
		# Long answers, and after them a short one: that of CLOSE.
		bounded cat "$clk_tree" >/dev/null
		answer before "answers of MRQ_DEBUG, the last of them without data"
	else
		answer before "whatever the host asked last"
	fi
	for channel in 0 1 2; do
		full=0
		at=$((0x40071000 + channel * 256 + 136))
		last=$((at + 120))
		while [ "$at" -lt "$last" ]; do
			# shellcheck disable=SC2086 # one word or two
			word=$(bounded $devmem "$at" 32) || word=unread
			case $word in
			unread)
				none "/dev/mem does not give it (CONFIG_IO_STRICT_DEVMEM, lockdown)"
				return
				;;
			0x00000000) ;;
			*) full=$((full + 1)) ;;
			esac
			at=$((at + 4))
		done
		answer "words-left-in-channel-$channel" "$full of 30"
	done
}

ask_set_parent() {
	reason=$(proxy_missing)
	if [ -n "$reason" ]; then
		none "$reason"
		return
	fi
	find_proxy
	answer clock "$clock"
	# shellcheck disable=SC2016 # Perl's own
	ask_proxy '
		my $all = clk(14);
		if (!defined $all || length $all < 73) { fields("get-all-info", "refused: $error"); exit }
		my ($flags, $now, @parents) = unpack("L<18 C", $all);
		my $many = pop @parents;
		$many = 16 if $many > 16;
		my ($other) = grep { $_ != $now } @parents[0 .. $many - 1];
		fields("parents", $many);
		if (!defined $other) { fields("set-parent", "not tried: it has one parent"); exit }
		fields("enable", defined clk(7) ? "ok" : "refused: $error");
		fields("set-parent", number(clk(5, $other)) eq $other ? "ok" : "refused: $error");
		fields("parent-changed", number(clk(4)) eq $other ? "yes" : "no");
		fields("set-parent-back", number(clk(5, $now)) eq $now ? "ok" : "refused: $error");
		fields("disable", defined clk(8) ? "ok" : "refused: $error");
	'
}

ask_gated_access() {
	device=$root/sys/bus/platform/devices/3100000.serial
	driver=$(readlink "$device/driver") || driver=
	count=$root/sys/kernel/debug/clk/uarta/clk_enable_count
	if [ ! -d "$device" ]; then
		none "3100000.serial is not a device of this board"
	elif [ -n "$driver" ] && [ "${driver##*/}" != vfio-platform ]; then
		none "3100000.serial is in use by ${driver##*/}"
	elif [ "$(cat "$count" 2>/dev/null)" != 0 ]; then
		none "clk_enable_count of uarta is not 0: its clock is on, or cannot be seen"
	elif ! find_devmem; then
		none "no devmem (apt-get install busybox-static)"
	else
		before=$(dmesg 2>/dev/null | grep -ciE 'cbb|serror|slverr')
		sync
		# The scratch register, which no reading changes.
		# shellcheck disable=SC2086 # one word or two
		value=$(bounded $devmem 0x310001c 32 2>/dev/null) && code=0 || code=$?
		answer exit-code "$code"
		answer value "${value:--}"
		answer error-lines-in-the-log "$(($(dmesg 2>/dev/null | grep -ciE 'cbb|serror|slverr') - before))"
	fi
}

question board safe 'What board, firmware and kernel is it?'
question query-tag safe 'Does firmware still serve MRQ 1 (QUERY_TAG)?'
question reset-refcounts safe 'Does firmware still serve command 13 of MRQ_CLK?'
question clock-state safe 'Is the state of a clock one boolean a master?'
question transfer-cost safe 'What does a transfer cost?'
question exit-cost safe 'What does an exit of a guest cost?'
question answer-frames risky 'Does firmware clear the frames of its answers?'
question set-parent risky 'What does SET_PARENT do while the clock is on?'
question gated-access risky 'What does the bus do with an access to a device whose clock is off?'
printf 'done\n'
