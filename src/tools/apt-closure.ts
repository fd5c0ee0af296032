// SPDX-License-Identifier: Apache-2.0
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { StepError } from '../errors.ts';
import type { Apt } from './apt.ts';

/**
 * Download `names` and the development packages that they need, and theirs; gives the .deb files. What they need besides
 * (shared libraries, interpreters, documents) is left out: nothing of it takes part in a static link.
 *
 * @throws {StepError} the archive lacks one of them
 */
export async function fetchDevelopment(apt: Apt, names: readonly string[]): Promise<readonly string[]> {
  const all = new Map<string, string>();
  let wanted: readonly string[] = names;
  while (wanted.length > 0) {
    const stanzas = await apt.run('apt-cache', ['show', '--no-all-versions', ...wanted], apt.pool);
    for (const stanza of stanzas.split(/\n\n+/)) {
      const name = field(stanza, 'Package');
      const file = field(stanza, 'Filename');
      if (name !== undefined && file !== undefined) all.set(name, stanza);
    }
    const missing = wanted.filter((name) => !all.has(name));
    if (missing.length > 0) {
      throw new StepError(
        `the archive has no package ${missing.join(', ')} for the board's architecture`,
        'Check the packages and suites of qemu.sysroot in the recipe.',
      );
    }
    const provided = new Set([...all.values()].flatMap((stanza) => packageNames(field(stanza, 'Provides'))));
    const needed = new Set([...all.values()].flatMap(developmentNeeds));
    wanted = [...needed].filter((name) => !all.has(name) && !provided.has(name));
  }
  const chosen = [...all].map(([name, stanza]) => `${name}=${field(stanza, 'Version')}`);
  await apt.run('apt-get', ['download', ...chosen.sort()], apt.pool);
  const files = await readdir(apt.pool);
  return [...all]
    .map(([name, stanza]) => {
      const start = `${name}_${(field(stanza, 'Version') ?? '').replaceAll(':', '%3a')}_`;
      const arch = field(stanza, 'Architecture');
      return files.find((file) => file === `${start}${arch}.deb`) ?? start;
    })
    .sort()
    .map((file) => join(apt.pool, file));
}

/** Of what a package depends on, the development packages; of alternatives the first. */
function developmentNeeds(stanza: string): readonly string[] {
  return packageNames(field(stanza, 'Depends')).filter((name) => /^(lib|zlib|linux-libc).*-dev$/.test(name));
}

/** The names in a list of packages, without versions and architectures; of alternatives the first. */
function packageNames(list = ''): readonly string[] {
  return list.split(',').map(
    (group) =>
      group
        .split('|')[0]
        ?.trim()
        .split(/[\s:(]/)[0] ?? '',
  );
}

function field(stanza: string, name: string): string | undefined {
  return new RegExp(`^${name}: (.*)$`, 'm').exec(stanza)?.[1];
}
