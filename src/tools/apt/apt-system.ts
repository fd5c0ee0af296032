// SPDX-License-Identifier: Apache-2.0
import { CommandError, StepError } from '../../errors.ts';
import type { Apt } from './apt.ts';
import type { Package } from './apt-closure.ts';

/**
 * `wanted` (names and apt-patterns(7)) and all that they need, as apt would install them on an arm64 machine that has nothing, in
 * that order. What is only recommended is left out.
 *
 * @throws {StepError} the archive lacks one, or they cannot be installed together
 */
export async function resolveSystem(apt: Apt, wanted: readonly string[]): Promise<readonly Package[]> {
  const options = ['APT::Architecture=arm64', 'APT::Install-Recommends=false', 'Debug::NoLocking=1'];
  const words = options.flatMap((option) => ['-o', option]);
  const said = await apt
    .run('apt-get', [...words, '--simulate', 'install', ...wanted], apt.pool)
    .catch((error: unknown) => {
      if (!(error instanceof CommandError)) throw error;
      throw new StepError(
        `these packages cannot be installed together: ${wanted.join(' ')}`,
        'Correct packages, suites or mirror; the log has what apt-get said.',
        { cause: error },
      );
    });
  // Inst NAME (VERSION RELEASE... [ARCHITECTURE])
  return [...said.matchAll(/^Inst (\S+) \((\S+) .*\[(\w+)\]\)/gm)].map(
    ([, name = '', version = '', architecture = '']) => ({
      name: name.replace(/:arm64$/, ''),
      version,
      architecture,
    }),
  );
}
