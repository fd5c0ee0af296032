// SPDX-License-Identifier: Apache-2.0
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError, StepError } from '../../errors.ts';
import type { Apt } from './apt.ts';

/** A binary package, exactly. */
export type Package = { readonly name: string; readonly version: string; readonly architecture: string };

/**
 * `names` and the development packages that they need, and theirs, sorted by name. What they need besides (shared
 * libraries, interpreters, documents) is left out: nothing of it takes part in a static link.
 *
 * @param versions exact versions by name; of what is not in it the newest is taken
 * @throws {StepError} the archive lacks one of them
 */
export async function resolveDevelopment(
  apt: Apt,
  names: readonly string[],
  versions: Readonly<Record<string, string>> = {},
): Promise<readonly Package[]> {
  const all = new Map<string, string>();
  let wanted: readonly string[] = names;
  while (wanted.length > 0) {
    for (const [name, stanza] of await describe(apt, wanted, versions)) all.set(name, stanza);
    const missing = wanted.filter((name) => !all.has(name));
    if (missing.length > 0) throw notThere(missing.map((name) => wordFor(name, versions)));
    const provided = new Set([...all.values()].flatMap((stanza) => packageNames(field(stanza, 'Provides'))));
    const needed = new Set([...all.values()].flatMap(developmentNeeds));
    wanted = [...needed].filter((name) => !all.has(name) && !provided.has(name));
  }
  const found = [...all].map(([name, stanza]) => ({
    name,
    version: field(stanza, 'Version') ?? '',
    architecture: field(stanza, 'Architecture') ?? '',
  }));
  return found.sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** Download `packages` to the pool; gives the .deb files. */
export async function downloadPackages(apt: Apt, packages: readonly Package[]): Promise<readonly string[]> {
  const words = packages.map(({ name, version }) => `${name}=${version}`);
  await apt.run('apt-get', ['download', ...words], apt.pool);
  const files = new Set(await readdir(apt.pool));
  return packages.map(({ name, version, architecture }) => {
    // apt writes the epoch's colon as %3a.
    const file = `${name}_${version.replaceAll(':', '%3a')}_${architecture}.deb`;
    if (!files.has(file)) throw new StepError(`apt-get left no ${file} in ${apt.pool}`, 'Run it again.');
    return join(apt.pool, file);
  });
}

/** What the archive says of each of `names`, by name. */
async function describe(
  apt: Apt,
  names: readonly string[],
  versions: Readonly<Record<string, string>>,
): Promise<ReadonlyMap<string, string>> {
  const words = names.map((name) => wordFor(name, versions));
  try {
    const stanzas = await apt.run('apt-cache', ['show', '--no-all-versions', ...words], apt.pool);
    return new Map(
      stanzas.split(/\n\n+/).flatMap((stanza) => {
        const name = field(stanza, 'Package');
        return name === undefined || field(stanza, 'Filename') === undefined ? [] : [[name, stanza]];
      }),
    );
  } catch (error) {
    // Of several words it passes over those that it does not know; it fails where it knows none.
    if (!(error instanceof CommandError)) throw error;
    throw notThere(words, error);
  }
}

/** A package as apt takes it on a command line. */
function wordFor(name: string, versions: Readonly<Record<string, string>>): string {
  return versions[name] === undefined ? name : `${name}=${versions[name]}`;
}

function notThere(words: readonly string[], cause?: CommandError): StepError {
  return new StepError(
    `the archive has no package ${words.join(', ')} for the board's architecture`,
    'Check the packages and suites of qemu.sysroot in the recipe; where a version that was locked has left the archive, ' +
      'run `bpmp-virt lock` again, or map the archive to one that keeps old versions with --mirror FROM=TO.',
    { cause },
  );
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
