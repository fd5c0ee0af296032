#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Prove the policy with CBMC; see cbmc-decide.c and cbmc-answer.c for what is
# proven.
#
# KSRC   kernel tree, for include/soc/tegra/bpmp-abi.h
# CACHE  folder that keeps CBMC from one run to the next
# MIRROR Debian mirror; if not given, the one of the system's own sources
# POLICY policy.c to prove, if not the overlay's: tests plant defects there
# PROOFS which of them, if not all
#
# CBMC 6.6 is a package of Debian trixie. It is unpacked, with the libraries of
# trixie that it needs, into CACHE and run from there: nothing is installed and
# nothing of the system changes.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
overlay=$here/../../../kernel-overlay/bpmp-host-proxy
: "${KSRC:?kernel tree}" "${CACHE:?folder for CBMC}"
POLICY=${POLICY:-$overlay/policy.c}

mirror() {
	sed -n 's,^URIs: *\(http[^ ]*/debian\) *$,\1,p' \
		/etc/apt/sources.list.d/*.sources 2>/dev/null | head -n 1
}

fetch() {
	apt=$CACHE/apt
	mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$CACHE/debs"
	uri=${MIRROR:-$(mirror)}
	echo "deb [arch=amd64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]" \
		"${uri:-http://deb.debian.org/debian} trixie main" >"$apt/sources.list"
	set -- -q -o Dir::Etc::sourcelist="$apt/sources.list" \
		-o Dir::Etc::sourceparts=- -o Dir::State::lists="$apt/lists" \
		-o Dir::Cache="$apt/cache" -o APT::Architecture=amd64 \
		-o APT::Architectures=amd64 -o APT::Sandbox::User= \
		-o Acquire::Languages=none
	apt-get "$@" update
	(cd "$CACHE/debs" && apt-get "$@" download cbmc minisat libc6 libstdc++6 \
		libgcc-s1 zlib1g)
	rm -rf "$CACHE/root.new"
	for deb in "$CACHE"/debs/*.deb; do
		dpkg-deb -x "$deb" "$CACHE/root.new"
	done
	mv "$CACHE/root.new" "$CACHE/root"
	rm -rf "$apt" "$CACHE/debs"
}

if [ ! -d "$CACHE/root" ]; then fetch >&2; fi
root=$CACHE/root
loader=$(find "$root" -name ld-linux-x86-64.so.2 | head -n 1)
lib=$root/usr/lib/x86_64-linux-gnu:$root/usr/lib

abi=$CACHE/include/soc/tegra
mkdir -p "$abi"
cp "$KSRC/include/soc/tegra/bpmp-abi.h" "$abi/"

tool() { # PROGRAM [ARGUMENT...]
	program=$1
	shift
	"$loader" --library-path "$lib" "$root/usr/bin/$program" "$@"
}

binary() { # NAME FILE...: NAME.gb, to be proven
	name=$1
	shift
	tool goto-cc -DBPMP_ABI_HAVE_STDC -I "$here/compat" -I "$here" -I "$overlay" \
		-I "$CACHE/include" -o "$CACHE/$name.gb" "$here/cbmc-string.c" "$@"
}

binary ids "$here/cbmc-ids.c" "$overlay/policy_ids.c"
binary decide "$here/cbmc-decide.c" "$here/cbmc-lists.c" "$POLICY"
binary answer "$here/cbmc-answer.c" "$here/cbmc-lists.c" "$overlay/policy_answer.c"
tool goto-instrument --remove-function-body decide_clk \
	--remove-function-body decide_reset --remove-function-body decide_pg \
	"$CACHE/decide.gb" "$CACHE/others.gb" >/dev/null

# prove NAME LOOPS BINARY: how far loops go is the longest over what is copied:
# 16 words of a set, 32 bytes of firmware tag, 40 of a name, or all of a payload.
# CBMC asserts that it suffices.
prove() {
	case " ${PROOFS:-$1} " in *" $1 "*) ;; *) return 0 ;; esac
	from=$(date +%s)
	if tool cbmc "$CACHE/$3.gb" --function "$1" --bounds-check \
		--pointer-check --pointer-overflow-check --signed-overflow-check \
		--undefined-shift-check --div-by-zero-check --enum-range-check \
		--unwind "$2" --unwinding-assertions --slice-formula \
		--max-field-sensitivity-array-size 128 --verbosity 6 \
		>"$CACHE/$1.log" 2>&1; then
		echo "$1: $(grep -E '^VERIFICATION' "$CACHE/$1.log")," \
			"$(($(date +%s) - from)) s"
	else
		echo "$1:"
		grep -E 'FAILURE|^VERIFICATION' "$CACHE/$1.log" ||
			tail -n 20 "$CACHE/$1.log"
		return 1
	fi
}

# Two at a time; each list ends with its first failure.
(
	prove prove_clk 17 decide
	prove prove_pg 17 decide
	prove prove_lookup 17 ids
	prove prove_end 17 ids
	prove prove_change 17 ids
	prove prove_add 17 ids
) &
first=$!
status=0
(
	prove prove_all_info 121 answer
	prove prove_filter 41 answer
	prove prove_filter_end 41 answer
	prove prove_finish 18 answer
	prove prove_reset 17 decide
	prove prove_others 33 others
) &
wait "$!" || status=1
wait "$first" || status=1
exit "$status"
