// SPDX-License-Identifier: Apache-2.0
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fillFolder } from '../files/folder.ts';
import { type AptContext, type AptRequest, candidates, fetchNewest, openApt } from './apt.ts';

/**
 * Unpack a binary package of an archive, the newest version where none is given, into the folder `into`, which is there whole or
 * not at all.
 *
 * @throws {EnvironmentError} the archive cannot be reached, or has no such package
 */
export async function unpackPackage(
  { name, version }: { readonly name: string; readonly version?: string | undefined },
  archive: AptRequest,
  into: string,
  ctx: AptContext,
): Promise<void> {
  const apt = await openApt(archive, ctx);
  const found = await candidates(apt, name, false);
  const deb = await fetchNewest(name, found, version, async (exact) => {
    await apt.run('apt-get', ['download', `${name}=${exact}`], apt.pool);
    const start = `${name}_${exact.replaceAll(':', '%3a')}_`;
    return (await readdir(apt.pool)).find((file) => file.startsWith(start)) ?? start;
  });
  await fillFolder(into, async (aside) => {
    await ctx.run(['dpkg-deb', '-x', join(apt.pool, deb), aside], apt.pool);
  });
}
