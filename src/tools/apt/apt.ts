// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError, EnvironmentError, StepError, UsageError } from '../../errors.ts';
import { exists } from '../files/folder.ts';
import { makeFolder } from '../files/make-folder.ts';
import { withLock } from '../files/with-lock.ts';
import { writeFileWhole } from '../files/write-file.ts';
import type { Run } from '../process/exec.ts';
import { DEBIAN_KEYRING, sourceLine, systemSources } from './apt-sources.ts';
import { compareVersions } from './debian-version.ts';

export type AptRequest = {
  readonly mirror: string;
  readonly suites: readonly string[];
  /** Absent: source packages and packages of every architecture. */
  readonly architecture?: string;
};

export type AptContext = {
  readonly run: Run;
  /** The tool's cache, absolute. */
  readonly cache: string;
  readonly offline: boolean;
  /** An address as this site reaches it. */
  readonly url: (address: string) => string;
  readonly signal?: AbortSignal;
};

/** apt with lists and a cache of its own: no root, no change to the system. */
export type Apt = {
  /** Run an apt program (`apt-get`, `apt-cache`) in `cwd`. */
  readonly run: (program: 'apt-get' | 'apt-cache', words: readonly string[], cwd: string) => Promise<string>;
  /** Where downloaded files are kept. */
  readonly pool: string;
  /** Run `action` alone: apt has one set of lists for all processes. */
  readonly alone: <T>(action: () => Promise<T>) => Promise<T>;
};

/**
 * Open the archive of `request`: its lists are fetched, or, where that fails and older ones are there, those are used.
 *
 * @throws {EnvironmentError} Debian's keys are not on this machine, or there are neither lists nor a network
 */
export async function openApt(request: AptRequest, ctx: AptContext): Promise<Apt> {
  if (!(await exists(DEBIAN_KEYRING))) {
    throw new EnvironmentError(
      `${DEBIAN_KEYRING} is missing: nothing from a Debian archive can be checked`,
      'Install it: apt-get install debian-archive-keyring',
    );
  }
  const lines = await sourceLines(request, ctx.url);
  const name = createHash('sha256').update(lines).digest('hex').slice(0, 16);
  const home = join(ctx.cache, 'apt', name);
  const pool = join(ctx.cache, 'apt', 'pool');
  await makeFolder(pool);
  for (const folder of APT_FOLDERS) {
    await makeFolder(join(home, folder));
  }
  await writeFileWhole(join(home, 'etc/sources.list'), lines);
  await writeFileWhole(join(home, 'status'), '');
  await writeFileWhole(join(home, 'apt.conf'), aptSettings(home, request.architecture));
  const apt: Apt = {
    pool,
    run: (program, words, cwd) => ctx.run([program, '-c', join(home, 'apt.conf'), ...words], cwd),
    alone: (action) => withLock(join(home, 'lock'), ctx.signal, action),
  };
  await apt.alone(() => update(apt, home, ctx.offline));
  return apt;
}

/** Folders below apt's home that it wants to find. */
export const APT_FOLDERS = ['lists/partial', 'cache/archives/partial', 'etc'];

/** Lines of a sources.list for `request`. */
export async function sourceLines(request: AptRequest, url: (address: string) => string): Promise<string> {
  const system = await systemSources();
  const { mirror, suites, architecture } = request;
  const place = { mirror: url(mirror), ...(architecture === undefined ? {} : { architecture }) };
  const types = architecture === undefined ? (['deb-src', 'deb'] as const) : (['deb'] as const);
  const lines = suites.flatMap((suite) => types.map((type) => sourceLine(type, { ...place, suite }, system)));
  return lines.map((line) => `${line}\n`).join('');
}

/** Text of an apt.conf that comes after the system's own, so that a proxy set there still holds. */
export function aptSettings(home: string, architecture: string | undefined): string {
  const set = (name: string, value: string) => `${name} "${value.replaceAll('"', '')}";\n`;
  return [
    set('Dir::Etc::SourceList', join(home, 'etc/sources.list')),
    set('Dir::Etc::SourceParts', '/dev/null'),
    set('Dir::Etc::Preferences', '/dev/null'),
    set('Dir::Etc::PreferencesParts', '/dev/null'),
    set('Dir::State', home),
    set('Dir::State::Lists', join(home, 'lists')),
    set('Dir::State::Status', join(home, 'status')),
    set('Dir::Cache', join(home, 'cache')),
    set('Acquire::Languages', 'none'),
    set('Acquire::Retries', '3'),
    set('Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled', 'false'),
    // As root apt would become the user _apt, who cannot write here.
    set('APT::Sandbox::User', 'root'),
    ...(architecture === undefined
      ? []
      : ['#clear APT::Architectures;\n', `APT::Architectures { "${architecture}"; };\n`]),
  ].join('');
}

async function update(apt: Apt, home: string, offline: boolean): Promise<void> {
  const lists = join(home, 'lists');
  const have = (await readdir(lists)).some((name) => /_(Packages|Sources)(\.\w+)?$/.test(name));
  if (offline && have) return;
  if (offline) {
    throw new EnvironmentError(
      `the package lists of this recipe are not in ${home}`,
      'Run once without --offline on a machine that has the network, and bring its cache along.',
    );
  }
  try {
    await apt.run('apt-get', ['update', '--error-on=any'], home);
  } catch (error) {
    // A mirror that is away for an hour is not a reason to stop what older lists can still serve.
    if (!(error instanceof CommandError) || !have) throw error;
  }
}

/** One version of a package that the archive has. */
export type PackageCandidate = { readonly version: string; readonly suite: string };

/**
 * The versions of `name` that the archive has, newest first; a source package's where `source` is set.
 *
 * @throws {UsageError} it has none
 */
export async function candidates(
  apt: Apt,
  name: string,
  source: boolean,
): Promise<readonly PackageCandidate[]> {
  const table = await apt.run('apt-cache', ['madison', name], apt.pool);
  const found = table.split('\n').flatMap((line) => {
    const [, version, place = ''] = line.split('|').map((cell) => cell.trim());
    const [, suite] = /\s(\S+?)\/\S+\s/.exec(place) ?? [];
    if (version === undefined || suite === undefined || place.endsWith('Sources') !== source) return [];
    return [{ version, suite }];
  });
  found.sort((one, other) => compareVersions(other.version, one.version));
  if (found.length === 0) {
    throw new UsageError(
      `the archive of this recipe has no ${source ? 'source ' : ''}package ${name}`,
      'Check the name and the suites in the recipe.',
    );
  }
  return found;
}

/**
 * Try `fetch` with one version after the other, newest first; only `version` where it is given.
 *
 * @throws {StepError} none could be fetched
 */
export async function fetchNewest<T>(
  name: string,
  found: readonly PackageCandidate[],
  version: string | undefined,
  fetch: (version: string) => Promise<T>,
): Promise<T> {
  const versions =
    version === undefined ? [...new Set(found.map((candidate) => candidate.version))] : [version];
  let last: unknown;
  for (const candidate of versions) {
    try {
      return await fetch(candidate);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      last = error;
    }
  }
  throw notFetched(name, versions, last);
}

/**
 * Download the source package `name` to the pool, the newest that can be had, or `version`; gives its .dsc. Its files are
 * checked by the archive's signature.
 *
 * @throws {UsageError} the archive has no such source
 * @throws {StepError} it could not be fetched
 */
export async function fetchSource(apt: Apt, name: string, version: string | undefined): Promise<string> {
  return fetchNewest(name, await candidates(apt, name, true), version, async (exact) => {
    await apt.run('apt-get', ['source', '--download-only', '--only-source', `${name}=${exact}`], apt.pool);
    return join(apt.pool, `${name}_${exact.replace(/^\d+:/, '')}.dsc`);
  });
}

/** Nothing of what the archive names could be fetched. */
function notFetched(name: string, tried: readonly string[], cause: unknown): StepError {
  return new StepError(
    `${name}: none of the versions ${tried.join(', ')} could be fetched`,
    'An archive keeps only the newest of some packages: run `bpmp-virt lock` again where the version is a locked one, name another ' +
      'suite or version in the recipe, or map the archive to one that keeps old versions with --mirror FROM=TO.',
    { cause },
  );
}
