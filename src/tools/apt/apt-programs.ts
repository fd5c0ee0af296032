// SPDX-License-Identifier: Apache-2.0
import { fillFolder } from '../files/folder.ts';
import { type Apt, type AptContext, type AptRequest, openApt } from './apt.ts';
import { downloadPackages, type Package } from './apt-closure.ts';

/**
 * Unpack packages of an archive with all that they need to run (no recommendations) into the folder `into`, which is there whole
 * or not at all. Nothing is installed, and no script of a package runs.
 *
 * @throws {EnvironmentError} the archive cannot be reached
 * @throws {CommandError} it has not all that they need
 */
export async function unpackPrograms(
  names: readonly string[],
  archive: AptRequest & { readonly architecture: string },
  into: string,
  ctx: AptContext,
): Promise<void> {
  const apt = await openApt(archive, ctx);
  const debs = await downloadPackages(apt, await resolvePrograms(apt, names, archive.architecture));
  await fillFolder(into, async (aside) => {
    for (const deb of debs) await ctx.run(['dpkg-deb', '-x', deb, aside], apt.pool);
  });
}

/** `names` and what they depend on, as apt would install them on a machine that has nothing. */
async function resolvePrograms(
  apt: Apt,
  names: readonly string[],
  architecture: string,
): Promise<readonly Package[]> {
  const options = [`APT::Architecture=${architecture}`, 'Debug::NoLocking=1'].flatMap((word) => ['-o', word]);
  const words = ['install', '--simulate', '-y', '--no-install-recommends', ...options, ...names];
  const said = await apt.run('apt-get', words, apt.pool);
  // Inst libfdt1 (1.7.2-2+b1 Debian:13.2/stable [arm64])
  return [...said.matchAll(/^Inst ([^\s:]+)(?::\S+)? \((\S+) .*\[(\w+)\]\)/gm)].map(
    ([, name = '', version = '', of = '']) => ({ name, version, architecture: of }),
  );
}
