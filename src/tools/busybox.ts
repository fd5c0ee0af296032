// SPDX-License-Identifier: Apache-2.0
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { StepError } from '../errors.ts';
import { type AptContext, candidates, fetchNewest, openApt } from './apt.ts';
import { exists, fillFolder, listFiles } from './folder.ts';

const PACKAGE = 'busybox-static';
const ARCHIVE = {
  mirror: 'http://deb.debian.org/debian',
  suites: ['bookworm', 'bookworm-security'],
  architecture: 'arm64',
} as const;

/**
 * The user land of emulated machines: a static arm64 busybox out of Debian's package, kept in the cache. Asks the
 * archive only where the cache has none.
 *
 * @returns the program's absolute path
 * @throws {EnvironmentError} offline, and it is not in the cache
 */
export async function fetchBusybox(ctx: AptContext): Promise<string> {
  const kept = join(ctx.cache, `${PACKAGE}-arm64`);
  if (!(await exists(kept))) await unpackInto(kept, ctx);
  const program = (await listFiles(kept)).find((file) => /(^|\/)bin\/busybox$/.test(file));
  if (program !== undefined) return join(kept, program);
  throw new StepError(`${kept} has no bin/busybox`, 'Remove that folder and run again.');
}

async function unpackInto(kept: string, ctx: AptContext): Promise<void> {
  const apt = await openApt(ARCHIVE, ctx);
  const found = await candidates(apt, PACKAGE, false);
  const deb = await fetchNewest(PACKAGE, found, undefined, async (version) => {
    await apt.run('apt-get', ['download', `${PACKAGE}=${version}`], apt.pool);
    const start = `${PACKAGE}_${version.replaceAll(':', '%3a')}_`;
    return (await readdir(apt.pool)).find((file) => file.startsWith(start)) ?? start;
  });
  await fillFolder(kept, async (aside) => {
    await ctx.run(['dpkg-deb', '-x', join(apt.pool, deb), aside], apt.pool);
  });
}
