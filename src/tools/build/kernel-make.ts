// SPDX-License-Identifier: Apache-2.0
import { relative } from 'node:path';
import type { Command } from '../../command.ts';

/** What every `make` of one kernel build must be told alike: another compiler or path means another build. */
export type KernelMake = {
  /** Absolute. */
  readonly tree: string;
  /** Absolute. */
  readonly out: string;
  /** `aarch64-linux-gnu-`. */
  readonly crossCompile: string;
  /** Put ccache before the compiler. */
  readonly ccache: boolean;
  /** Build time to write into the Image, seconds since 1970. */
  readonly epoch: number;
};

/**
 * `make` for an arm64 kernel whose result depends neither on who builds it, nor where, nor when
 * (Documentation/kbuild/reproducible-builds.rst).
 */
export function kernelMake(build: KernelMake, words: readonly string[]): Command {
  const { tree, out, crossCompile, ccache, epoch } = build;
  const map = prefixMaps(build);
  return [
    'make',
    '-C',
    tree,
    `O=${out}`,
    'ARCH=arm64',
    `CROSS_COMPILE=${crossCompile}`,
    ...(ccache ? [`CC=ccache ${crossCompile}gcc`] : []),
    'KBUILD_BUILD_USER=bpmp-virt',
    'KBUILD_BUILD_HOST=bpmp-virt',
    `KBUILD_BUILD_TIMESTAMP=${new Date(epoch * 1000).toUTCString()}`,
    'KBUILD_BUILD_VERSION=1',
    // Set, if empty: else the name of the kernel tells whether the tree is a git repository, and a changed one.
    'LOCALVERSION=',
    `KCFLAGS=${map}`,
    `KAFLAGS=${map}`,
    ...words,
  ];
}

/**
 * Flags that replace the folders by `.` in the names of source files that the compiler puts into the Image, so that it does not
 * depend on where the folders are. The tree is named twice: absolute, and relative to the build folder as ccache passes it on.
 * One difference stays: kbuild names KVM's sources by paths with `..`, and ccache shortens those.
 */
function prefixMaps({ tree, out }: KernelMake): string {
  return [out, tree, relative(out, tree)].map((prefix) => `-ffile-prefix-map=${prefix}=.`).join(' ');
}
