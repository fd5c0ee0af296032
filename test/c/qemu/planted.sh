#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Plant defects in the back ends and the window, one at a time, and demand that the test which stands for it fails.
#
#   BUILD    QEMU's build folder
#   QSRC     its tree, which nobody else uses; it is as it was at the end
#   OVERLAY  qemu-overlay, which was copied into it
#   UAPI     folder of <linux/bpmp-host.h>
set -eu

here=$(cd "$(dirname "$0")" && pwd)
tmp=$(mktemp -d)
trap 'restore; rm -rf "$tmp"' EXIT
bad=0

# Put back what is not the overlay's, also of a run that was killed. Never in place: a file may have other names.
restore() {
	for each in "$OVERLAY"/hw/misc/nvidia-bpmp/*.[ch] "$OVERLAY"/include/hw/misc/*.h; do
		name=$QSRC${each#"$OVERLAY"}
		cmp -s "$each" "$name" || { rm -f "$name" && cp "$each" "$name"; }
	done
}

# Run one test of a test program; give its exit code.
run() {
	case $1 in
	test-*) "$BUILD/tests/unit/$1" -p "$2" ;;
	*) QTESTS=$1 "$here/qtest.sh" -p "/aarch64$2" ;;
	esac >"$tmp/said" 2>&1
}

# planted NAME FILE SED PROGRAM TEST: a line that is not there any more is an error.
planted() {
	file=$QSRC/hw/misc/nvidia-bpmp/$2
	[ -e "$file" ] || file=$QSRC/include/hw/misc/$2
	sed "$3" "$file" >"$tmp/planted"
	if cmp -s "$file" "$tmp/planted"; then
		echo "$1: nothing to change in $2: $3" >&2
		exit 1
	fi
	rm "$file"
	cp "$tmp/planted" "$file"
	ninja -C "$BUILD" qemu-system-aarch64 tests/unit/test-bpmp-backend >"$tmp/built" 2>&1 || {
		cat "$tmp/built" >&2
		exit 1
	}
	if run "$4" "$5"; then
		echo "$1: $4 $5 does not see it" >&2
		bad=1
	elif grep -qE "^(not ok|Bail out)|ERROR" "$tmp/said"; then
		echo "$1: found by $5"
	else
		echo "$1: $4 $5 did not run:" >&2
		cat "$tmp/said" >&2
		bad=1
	fi
	restore
}

restore
planted 'abandoned is never set' bpmp-backend.h \
	's/^    return req->kind == BPMP_REQUEST_TRANSFER && qatomic_read.*/    return false;/' \
	bpmp-backend-host-test /bpmp-backend-host/given-up
planted 'abandoned is not looked at (host)' bpmp_backend_host.c 's/if (bpmp_request_abandoned(req))/if (false)/' \
	bpmp-backend-host-test /bpmp-backend-host/given-up
planted 'abandoned is not looked at (chardev)' bpmp_backend_chardev.c 's/if (bpmp_request_abandoned(req))/if (false)/' \
	test-bpmp-backend /bpmp-backend-chardev/stuck
planted 'the host is reset before transfers have ended' bpmp_backend_host.c \
	's/(req->kind == BPMP_REQUEST_RESET && pool->running)/false/' bpmp-backend-host-test /bpmp-backend-host/given-up
planted 'a stop gives up at once' bpmp_backend.c 's/now_ms + GIVE_UP_GRACE_MS/now_ms/' \
	nvidia-bpmp-cpu-test /nvidia-bpmp-guest/cpu/stop-answered
planted 'four times the time-out' bpmp_backend.c 's/ + timeout_ms;/ + 4 * timeout_ms;/' \
	bpmp-backend-chardev-test /bpmp-backend-chardev/timeout
planted 'more answer than room' bpmp_host_device.c 's/if (t.rx_size > msg->rx_size)/if (false)/' \
	bpmp-backend-host-test /bpmp-backend-host/ioctl
planted 'a block is not looked at after the transfer' nvidia_bpmp_guest.c \
	'/The lock was free/,/}/s/if (!bpmp_guest_block_in_ram(addr))/if (false)/' \
	nvidia-bpmp-cpu-test /nvidia-bpmp-guest/cpu/block-gone
planted 'a block in a passed-through device' nvidia_bpmp_guest.c '/!memory_region_is_ram_device/d' \
	bpmp-backend-host-test /bpmp-backend-host/block-in-device
planted 'a block in ROM' nvidia_bpmp_guest.c '/!section.readonly/d' nvidia-bpmp-block-test /nvidia-bpmp-guest/v2/in-rom
planted 'an answer from before a reset' bpmp_backend.c \
	'/ledger->used = false/,/}/s/ledger_end_all_locked(ledger, &ended)/QTAILQ_INIT(\&ended)/' \
	test-bpmp-backend /bpmp-backend/reset
planted 'an answer of another connection' bpmp_backend_chardev.c \
	'/^static void connection_changed/,/^}/s/fail_pending(s, -EIO);//' \
	test-bpmp-backend /bpmp-backend-chardev/other-peer
planted 'used is never cleared' bpmp_backend.c 's/ledger->used = false;//' nvidia-bpmp-guest-test /nvidia-bpmp-guest/reset
planted 'the machine does not wait for the reset' bpmp_backend.c 's/^#define RESET_WAIT_MS 500/#define RESET_WAIT_MS 1/' \
	nvidia-bpmp-guest-test /nvidia-bpmp-guest/reset-waits
planted 'write() without being asked for' bpmp_host_device.c 's/ret != -ENOTTY || !compat/ret != -ENOTTY/' \
	bpmp-backend-host-test /bpmp-backend-host/write-unasked
planted 'write() to any device' bpmp_host_device.c 's/ret != -ENOTTY || !compat/ret == 0 || !compat/' \
	bpmp-backend-host-test /bpmp-backend-host/write-elsewhere
restore
ninja -C "$BUILD" qemu-system-aarch64 tests/unit/test-bpmp-backend >"$tmp/built" 2>&1
exit "$bad"
