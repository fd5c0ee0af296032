// SPDX-License-Identifier: Apache-2.0
import { formatCommand } from '../../command.ts';

/** What a step asks for → the package of Debian and Ubuntu that has it, where that is not its own name. */
const PACKAGES: Readonly<Record<string, string>> = {
  'aarch64-linux-gnu-gcc': 'gcc-aarch64-linux-gnu libc6-dev-arm64-cross',
  'apt-cache': 'apt',
  'apt-get': 'apt',
  cpp: 'cpp',
  depmod: 'kmod',
  'dpkg-deb': 'dpkg',
  'dpkg-source': 'dpkg-dev',
  dtc: 'device-tree-compiler',
  fdtoverlay: 'device-tree-compiler',
  flock: 'util-linux',
  gcc: 'gcc libc6-dev libssl-dev libelf-dev',
  'header:libfdt.h': 'libfdt-dev',
  ninja: 'ninja-build',
  'pkg-config:glib-2.0': 'libglib2.0-dev',
  'pkg-config:libseccomp': 'libseccomp-dev',
  'pkg-config:pixman-1': 'libpixman-1-dev',
  'pkg-config:slirp': 'libslirp-dev',
  python3: 'python3 python3-venv',
  scp: 'openssh-client',
  ssh: 'openssh-client',
  strip: 'binutils',
  sync: 'coreutils',
  xz: 'xz-utils',
};

/** The packages that bring `tools`, each once, sorted. */
function packagesOf(tools: readonly string[]): readonly string[] {
  return [...new Set(tools.flatMap((tool) => (PACKAGES[tool] ?? tool).split(' ')))].sort();
}

/** The line that installs `tools`, to be shown to a person: we never run it ourselves. */
export function aptLine(tools: readonly string[]): string {
  return formatCommand(['sudo', 'apt-get', 'install', '--no-install-recommends', ...packagesOf(tools)]);
}
