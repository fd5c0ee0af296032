// SPDX-License-Identifier: Apache-2.0
import { UsageError } from '../errors.ts';
import { loadUnlocked } from '../recipe/load.ts';
import { type Floating, floatingOf, formatLock, lockFileOf, type Pin } from '../recipe/lock.ts';
import { type AptContext, candidates, openApt } from '../tools/apt.ts';
import { exec } from '../tools/exec.ts';
import { remoteRef } from '../tools/git-remote.ts';
import { remoteSum } from '../tools/remote-sum.ts';
import type { CliContext } from './context.ts';
import { mirrorMap } from './mirrors.ts';
import { pathRoots, recipePlace } from './places.ts';

/**
 * The lock file of `recipe`, as it would be now: where it lies and its text. Nothing is written but the tool's cache.
 *
 * @param mirrors `PREFIX=URL` of the command line
 * @throws {UsageError} a server answers, and has no such tag, branch, package or file
 */
export async function lockRecipe(
  recipe: string,
  mirrors: readonly string[],
  cli: CliContext,
): Promise<{ readonly file: string; readonly text: string }> {
  const loaded = await loadUnlocked(recipe, recipePlace(cli));
  const emit = () => undefined;
  const { signal } = cli;
  const ctx: AptContext = {
    run: (command, cwd, env) => exec(command, cwd, { emit, signal, ...(env && { env }) }),
    cache: pathRoots('work', cli).cache,
    offline: false,
    url: mirrorMap(mirrors, cli.env.BPMP_VIRT_MIRROR),
    signal,
  };
  const pins: Record<string, Pin> = {};
  for (const source of floatingOf(loaded.recipe)) {
    pins[source.key] = await pinOf(source, ctx);
    cli.warn(`${source.key}: ${Object.values(pins[source.key] ?? {}).join('')}`);
  }
  return { file: lockFileOf(loaded.file), text: formatLock({ version: 1, pins }) };
}

async function pinOf(source: Floating, ctx: AptContext): Promise<Pin> {
  switch (source.kind) {
    case 'git':
      return { commit: await commitOf(source.key, source.urls, source.ref, ctx) };
    case 'http':
      return { sha256: await sumOfFirst(source.key, source.urls, ctx) };
    case 'debian': {
      const apt = await openApt({ mirror: source.mirror, suites: source.suites }, ctx);
      const [newest] = await candidates(apt, source.package, !source.package.startsWith('linux-source'));
      return { version: newest?.version ?? '' };
    }
  }
}

/** The first server that answers decides; one that cannot be reached is passed over. */
async function commitOf(key: string, urls: readonly string[], ref: string, ctx: AptContext): Promise<string> {
  let unreachable: unknown;
  for (const url of urls.map(ctx.url)) {
    const found = await remoteRef(url, ref, ctx.signal).catch((error: unknown) => {
      unreachable = error;
      return undefined;
    });
    if (found !== undefined) return found.commit;
  }
  throw new UsageError(
    `${key}: ${ref} is at none of ${urls.join(', ')}`,
    'Check the ref and the addresses in the recipe; --mirror maps an address to one that this machine reaches.',
    { cause: unreachable },
  );
}

async function sumOfFirst(key: string, urls: readonly string[], ctx: AptContext): Promise<string> {
  let unreachable: unknown;
  for (const url of urls.map(ctx.url)) {
    try {
      return await remoteSum(url, ctx.signal);
    } catch (error) {
      ctx.signal?.throwIfAborted();
      unreachable = error;
    }
  }
  throw new UsageError(
    `${key}: nothing can be had from ${urls.join(', ')}`,
    'Check the addresses in the recipe.',
    {
      cause: unreachable,
    },
  );
}
