// SPDX-License-Identifier: Apache-2.0
import process from 'node:process';

/**
 * What ccache must be told so that a build in one work folder finds the objects of another: paths below `work` (absolute) are
 * taken relative to the build folder. The compilers' own prefix maps keep either path out of the objects. What the user has
 * set himself stays; without ccache nothing reads it.
 *
 * @param depend whether the lists of included files that the compiler writes do for ccache instead of a preprocessor of its
 *   own: quicker the first time, but a header that names its folder (QEMU's trace events) is then another header in another
 *   folder
 */
export function ccacheEnv(work: string, depend: boolean): Readonly<Record<string, string>> {
  const { CCACHE_BASEDIR = work, CCACHE_NOHASHDIR = '1', CCACHE_DEPEND } = process.env;
  const set = CCACHE_DEPEND ?? (depend ? '1' : undefined);
  return { CCACHE_BASEDIR, CCACHE_NOHASHDIR, ...(set === undefined ? {} : { CCACHE_DEPEND: set }) };
}
