#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Bring a fresh machine (Node >= 20.19, apt) to where everything here can be built and tested: says what it installs, installs
# only what is missing, asks nothing.
#
#   setup.sh demo           what `npm run demo` needs
#   setup.sh demo test      what the tests need as well; hard: the hard tests
#
# src/tools/process/host-packages.json has the lists, and the packages by which `bpmp-virt check` answers.
set -eu
cd "$(dirname "$0")/.."

# probes KIND...: a line each, `PROBE PACKAGE...`. Must work before there is a node_modules.
probes() {
	node -e '
        const { packages, ...lists } = JSON.parse(require("fs").readFileSync("src/tools/process/host-packages.json", "utf8"));
        for (const list of process.argv.slice(1)) for (const probe of lists[list]) console.log(probe, packages[probe] ?? probe);
    ' "$@"
}

have() {
	case $1 in
	header:*) [ -e "/usr/include/${1#header:}" ] || [ -e "/usr/include/$(uname -m)-linux-gnu/${1#header:}" ] ;;
	file:*) [ -e "${1#file:}" ] ;;
	pkg-config:*) pkg-config --exists "${1#pkg-config:}" 2>/dev/null ;;
	*) command -v "$1" >/dev/null 2>&1 || [ -x "/sbin/$1" ] ;;
	esac
}

missing_packages() {
	probes "$@" | while read -r probe packages; do
		have "$probe" || printf '%s ' "$packages"
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

check_node
packages=$(missing_packages "$@")
# shellcheck disable=SC2086 # one word a package
[ -z "$packages" ] || install_packages $packages
install_modules
