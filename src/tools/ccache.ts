// SPDX-License-Identifier: Apache-2.0
import process from 'node:process';

/**
 * What ccache must be told so that a build in one work folder finds the objects of another: paths below `work` (absolute) are
 * taken relative to the build folder. The compilers' own prefix maps keep either path out of the objects. What the user has
 * set himself stays; without ccache nothing reads it. Its depend mode would save a preprocessor, but QEMU's trace headers name
 * their folder, so that nothing would be found again.
 */
export function ccacheEnv(work: string): Readonly<Record<string, string>> {
  const { CCACHE_BASEDIR = work, CCACHE_NOHASHDIR = '1' } = process.env;
  return { CCACHE_BASEDIR, CCACHE_NOHASHDIR };
}
