#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Bring a fresh machine (Node >= 20.19, apt) to where everything here can be built and tested: says what it installs, installs
# only what is missing, asks nothing. With `--hard` also what the hard tests want.
set -eu
cd "$(dirname "$0")/.."

# program, pkg-config:NAME or header:NAME, and the package that brings it. src/tools/process/host-packages.ts has the same knowledge for
# what recipes need; this list must work before there is a node_modules.
NEEDS='
aarch64-linux-gnu-gcc gcc-aarch64-linux-gnu
header:/usr/aarch64-linux-gnu/include/stdio.h libc6-dev-arm64-cross
bc bc
bison bison
file:/bin/busybox busybox-static
bzip2 bzip2
ccache ccache
cpio cpio
cpp cpp
file:/sbin/depmod kmod
dpkg-source dpkg-dev
dtc device-tree-compiler
dt-validate dt-schema
file:/usr/share/keyrings/debian-archive-keyring.gpg debian-archive-keyring
flex flex
flock util-linux
g++ g++
gcc gcc
git git
file:/usr/sbin/mke2fs e2fsprogs
header:/usr/include/libelf.h libelf-dev
header:/usr/include/openssl/opensslv.h libssl-dev
lbzip2 lbzip2
header:/usr/include/libfdt.h libfdt-dev
make make
meson meson
ninja ninja-build
pkg-config pkg-config
pkg-config:glib-2.0 libglib2.0-dev
pkg-config:pixman-1 libpixman-1-dev
pkg-config:slirp libslirp-dev
pkg-config:libseccomp libseccomp-dev
python3 python3
file:/usr/lib/python3/dist-packages/setuptools python3-setuptools
rsync rsync
shellcheck shellcheck
sparse sparse
ssh openssh-client
file:/usr/sbin/sshd openssh-server
xz xz-utils
zstd zstd
'
# The model checker is fetched by test/c/policy/cbmc.sh: this release's is too old.
HARD_NEEDS='
clang clang
file:/usr/lib/llvm-14/lib/clang/14.0.6/lib/linux/libclang_rt.fuzzer-x86_64.a libclang-rt-14-dev
'
[ "${1:-}" != --hard ] || NEEDS="$NEEDS$HARD_NEEDS"

have() {
    case $1 in
    header:*) [ -e "${1#header:}" ] ;;
    file:*) [ -e "${1#file:}" ] ;;
    pkg-config:*) pkg-config --exists "${1#pkg-config:}" 2>/dev/null ;;
    *) command -v "$1" >/dev/null 2>&1 ;;
    esac
}

missing_packages() {
    printf '%s\n' "$NEEDS" | while read -r what package; do
        [ -z "$what" ] || have "$what" || printf '%s ' "$package"
    done
}

install_packages() {
    if [ "$(id -u)" = 0 ]; then
        sudo=
    elif command -v sudo >/dev/null 2>&1; then
        sudo=sudo
    else
        echo "setup: neither root nor sudo; have somebody run: apt-get install --no-install-recommends $*" >&2
        exit 3
    fi
    echo "setup: apt-get install $*"
    export DEBIAN_FRONTEND=noninteractive
    # Lists that are there may do; a mirror that answers nothing is found out by the install.
    $sudo apt-get update -q </dev/null || true
    # shellcheck disable=SC2086 # no word where there is no sudo
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" </dev/null
}

check_node() {
    command -v node >/dev/null 2>&1 || {
        echo 'setup: Node.js >= 20.19 is not installed (https://nodejs.org)' >&2
        exit 3
    }
    node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' || {
        echo "setup: Node.js $(node --version) is too old; 20.19 or newer is wanted" >&2
        exit 3
    }
}

# node_modules belongs to one package-lock.json and one Node: a stamp inside says which.
install_modules() {
    stamp=node_modules/.bpmp-virt-stamp
    want="$(node --version) $(sha256sum <package-lock.json)"
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ]; then
        return
    fi
    echo 'setup: npm ci'
    npm ci --no-audit --no-fund </dev/null || exit 3
    printf '%s' "$want" >"$stamp"
}

packages=$(missing_packages)
# shellcheck disable=SC2086 # one word a package
[ -z "$packages" ] || install_packages $packages
check_node
install_modules
