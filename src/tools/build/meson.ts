// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { readText } from '../../read-file.ts';
import type { AptContext } from '../apt/apt.ts';
import { unpackPackage } from '../apt/apt-package.ts';
import { compareVersions } from '../apt/debian-version.ts';
import { exists } from '../files/folder.ts';
import { withLock } from '../files/with-lock.ts';
import { isCode } from '../files/write-file.ts';

/** meson is Python without anything built: the package of this release runs on older ones as well. */
export const MESON_ARCHIVE = { mirror: 'http://deb.debian.org/debian', suites: ['trixie'] } as const;

/**
 * The oldest meson that a QEMU `tree` builds with, as its pythondeps.toml says.
 *
 * @returns undefined for a QEMU before 8.1, which has no such file and takes any meson from 0.61 on
 */
export async function wantedMeson(tree: string): Promise<string | undefined> {
  try {
    const text = await readText(join(tree, 'pythondeps.toml'));
    return /^meson\s*=\s*\{[^}]*accepted\s*=\s*">=([\d.]+)"/m.exec(text)?.[1];
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/**
 * Settings of the environment with which python3 finds a meson of at least `wanted`: none where the system's is new
 * enough, else one of Debian's, `version` or the newest, unpacked into the cache.
 */
export async function mesonEnv(
  wanted: string,
  version: string | undefined,
  ctx: AptContext,
): Promise<Readonly<Record<string, string>>> {
  const own = (await ctx.run(['/usr/bin/meson', '--version'], '/')).trim();
  if (compareVersions(own, wanted) >= 0) return {};
  const into = join(ctx.cache, version === undefined ? 'meson' : `meson-${version}`);
  await withLock(`${into}.lock`, ctx.signal, async () => {
    if (!(await exists(into))) await unpackPackage({ name: 'meson', version }, MESON_ARCHIVE, into, ctx);
  });
  return { PYTHONPATH: join(into, 'usr/lib/python3/dist-packages') };
}
