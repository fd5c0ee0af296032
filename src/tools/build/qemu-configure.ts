// SPDX-License-Identifier: Apache-2.0
import { compareVersions } from '../apt/debian-version.ts';

/** One build of QEMU; all paths absolute. */
export type QemuBuild = {
  readonly tree: string;
  readonly out: string;
  /** The recipe's own words for configure. */
  readonly words: readonly string[];
  readonly ccache: boolean;
} & (
  | { readonly host: 'build' }
  | { readonly host: 'arm64'; readonly crossCompile: string; readonly sysroot: string }
);

/** The first QEMU whose configure makes a Python environment of its own instead of taking `--meson`. */
const OWN_PYTHON = '8.1';

/**
 * The words for QEMU's configure. `version` is the tree's own; '' means not known yet, as in a plan that is only shown.
 *
 * The board's program is static: Debian's glibc is newer than the 2.35 of Jetson's Ubuntu 22.04, and a dynamic program would
 * ask for symbol versions that are not there (`GLIBC_2.36`); nor has the board libslirp or pixman of our versions.
 */
export function configureWords(build: QemuBuild, version: string): readonly string[] {
  const maps = `-ffile-prefix-map=${build.out}=. -ffile-prefix-map=${build.tree}=.`;
  const sanitized = build.words.some((word) => /^--enable-(sanitizers|asan|ubsan)$/.test(word));
  return [
    '--target-list=aarch64-softmmu',
    ...build.words,
    '--enable-tcg',
    '--disable-install-blobs',
    '--disable-docs',
    ...(sanitized ? [] : ['--disable-debug-info']),
    ...downloadWords(version),
    ...hostWords(build),
    `--extra-cflags=${maps}`,
  ];
}

/**
 * Nothing may be fetched while we build; how to say so has changed. Before 8.1 configure takes the system's meson only
 * where no python is named: it finds python3 by PATH, which has the system's own first.
 */
function downloadWords(version: string): readonly string[] {
  if (version !== '' && compareVersions(version, OWN_PYTHON) >= 0)
    return ['--python=/usr/bin/python3', '--disable-download'];
  return ['--meson=/usr/bin/meson', '--with-git-submodules=ignore'];
}

function hostWords(build: QemuBuild): readonly string[] {
  const ccache = build.ccache ? 'ccache ' : '';
  if (build.host === 'build') return ccache === '' ? [] : ['--cc=ccache gcc', '--cxx=ccache g++'];
  const compiler = `${build.crossCompile}gcc --sysroot=${build.sysroot}`;
  return [
    `--cross-prefix=${build.crossCompile}`,
    `--cc=${ccache}${compiler}`,
    '--enable-kvm',
    '--static',
    // Not a PIE: the start code of Debian's libc.a reaches a GOT of 32 KiB, and that of a position independent QEMU is larger.
    '--disable-pie',
    // Before 8.1 configure links its own small tests without --static, and the sysroot has no shared libc.
    '--extra-ldflags=-static',
  ];
}
