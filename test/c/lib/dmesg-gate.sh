#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# dmesg-gate.sh LOG...: fail when a kernel log shows that a kernel found a fault in itself.
#
# Prints each line found with its file and number. Exit 0: clean, 1: something found, 2: no log, an
# empty log, or a log without a kernel's first lines (a gate that has read nothing must not pass).
# GATE_ALLOW is an extended regular expression of lines to accept; each use says why.
set -u

if [ $# -eq 0 ]; then
	echo "usage: dmesg-gate.sh LOG..." >&2
	exit 2
fi

# One pattern per line: what the kernel prints, not what we print.
patterns=$(
	cat <<'END'
BUG:
BUG at
kernel BUG
WARNING:
------------\[ cut here \]------------
Oops
Kernel panic
Unable to handle kernel
Internal error:
sleeping function called from invalid context
scheduling while atomic
preemption imbalance
Invalid wait context
possible circular locking dependency
possible recursive locking
inconsistent lock state
bad unlock balance
held lock freed
lock held when returning to user space
suspicious RCU usage
KASAN:
UBSAN:
KMSAN:
KCSAN:
KFENCE:
kmemleak: [1-9][0-9]* new suspected memory leaks
unreferenced object
double free
refcount_t:
list_(add|del) corruption
ODEBUG:
usercopy: Kernel memory
detected buffer overflow
Buffer overflow detected
blocked for more than [0-9]+ seconds
soft lockup
hard LOCKUP
rcu_(preempt|sched).*(stall|starved)
irq [0-9]+: nobody cared
[Uu]nbalanced
already (disabled|unprepared|unprotected)
Unpreparing enabled
END
)

status=0
for log in "$@"; do
	if ! [ -s "$log" ]; then
		echo "dmesg-gate: $log: missing or empty" >&2
		exit 2
	fi
	if ! grep -q 'Linux version' "$log"; then
		echo "dmesg-gate: $log: no kernel's log (no 'Linux version')" >&2
		exit 2
	fi
	found=$(grep -anE -e "$patterns" "$log" | grep -avE -e "${GATE_ALLOW:-^$}" || :)
	if [ -n "$found" ]; then
		printf '%s\n' "$found" | sed "s|^|$log:|"
		status=1
	fi
done
exit $status
