#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Build bpmp-scmi: build.sh QEMU OUT
#
# QEMU  a QEMU source tree, for subprojects/libvhost-user
# OUT   the program to write
#
# CC and CFLAGS as usual; LDFLAGS is -static where it is not set, so that the program needs nothing of a board.
set -eu
qemu=${1:?QEMU source tree}
out=${2:?program to write}
here=$(cd "$(dirname "$0")" && pwd)
vhost=$qemu/subprojects/libvhost-user
objects=$out.objects

compile() { # SOURCE ARGUMENT...
	source=$1
	shift
	# shellcheck disable=SC2086 # words
	${CC:-cc} -std=gnu11 -D_GNU_SOURCE ${CFLAGS--O2 -g} "$@" -fstack-protector-strong \
		-c "$source" -o "$objects/$(basename "$source" .c).o"
}

rm -rf "$objects"
mkdir -p "$objects"
for source in "$here"/*.c; do
	compile "$source" -Wall -Wextra -Werror -Wmissing-prototypes -Wdeclaration-after-statement \
		-I "$here" -isystem "$vhost" -isystem "$here/../qemu-overlay/include" -isystem "$here/../kernel-overlay/include/uapi"
done
# QEMU's own file, with QEMU's own warnings
compile "$vhost/libvhost-user.c" -w -I "$vhost"
# shellcheck disable=SC2086 # words
${CC:-cc} ${CFLAGS--O2 -g} ${LDFLAGS--static} -pthread -o "$out.part" "$objects"/*.o
rm -rf "$objects"
mv "$out.part" "$out"
