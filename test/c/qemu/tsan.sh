#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The unit test of the back ends under ThreadSanitizer, in a build of its own: QEMU as a whole is not clean under it.
#
#   QSRC  a QEMU tree with overlay and patches, of a version that takes the system's meson
#   OUT   folder to build in
#   BPMP_TEST_STORM_SECONDS=N  how long two threads ask while a misbehaving model comes and goes (2)
set -eu

here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$OUT"
cd "$OUT"
if [ ! -e configured ]; then
	"$QSRC/configure" --target-list=aarch64-softmmu --without-default-features --without-default-devices \
		--with-devices-aarch64=bpmp-virt --enable-fdt=system --enable-tcg --enable-trace-backends=log --disable-docs \
		--meson=/usr/bin/meson --with-git-submodules=ignore --cc='ccache gcc' --enable-tsan --extra-cflags='-O1 -g1' >configure.log 2>&1 || {
		cat configure.log >&2
		exit 1
	}
	: >configured
fi
BUILD=$OUT QSRC=$QSRC "$here/unit.sh" >said 2>&1 || {
	cat said >&2
	exit 1
}
# configure says nothing where the compiler has no such thing.
ldd tests/unit/test-bpmp-backend | grep -q libtsan || {
	echo 'built without libtsan' >&2
	exit 1
}
cat said
