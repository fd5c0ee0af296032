// SPDX-License-Identifier: Apache-2.0
import { UsageError } from '../../errors.ts';
import type { Floating, MirrorSuites } from '../../recipe/floating.ts';
import type { Pin } from '../../recipe/lock-file.ts';
import { type AptContext, candidates, openApt } from '../../tools/apt/apt.ts';
import { resolveDevelopment } from '../../tools/apt/apt-closure.ts';
import { MESON_ARCHIVE } from '../../tools/build/meson.ts';
import { SLIRP_SOURCE } from '../../tools/build/static-slirp.ts';
import { remoteSum } from '../../tools/fetch/remote-sum.ts';
import { remoteRef } from '../../tools/git/git-remote.ts';

/**
 * What something that floats is now.
 *
 * @throws {UsageError} a server answers, and has no such tag, branch, package or file
 */
export async function pinSource(source: Floating, ctx: AptContext): Promise<Pin> {
  switch (source.kind) {
    case 'git':
      return { commit: await commitOf(source.key, source.urls, source.ref, ctx) };
    case 'http':
      return { sha256: await sumOfFirst(source.key, source.urls, ctx) };
    case 'debian':
      return {
        version: await newest(source.package, !source.package.startsWith('linux-source'), source, ctx),
      };
    case 'sysroot':
      return { versions: await sysrootVersions(source, ctx) };
    case 'meson':
      return { version: await newest('meson', false, MESON_ARCHIVE, ctx) };
  }
}

async function newest(
  name: string,
  isSource: boolean,
  { mirror, suites }: MirrorSuites,
  ctx: AptContext,
): Promise<string> {
  const [first] = await candidates(await openApt({ mirror, suites }, ctx), name, isSource);
  return first?.version ?? '';
}

/** What a sysroot would be made of now: what `build-sysroot` asks the archive for, asked in the same way. */
async function sysrootVersions(
  { packages, mirror, suites }: Extract<Floating, { kind: 'sysroot' }>,
  ctx: AptContext,
): Promise<Readonly<Record<string, string>>> {
  const apt = await openApt({ mirror, suites, architecture: 'arm64' }, ctx);
  const found = await resolveDevelopment(apt, packages);
  const versions = Object.fromEntries(found.map(({ name, version }) => [name, version]));
  if (!packages.includes('libslirp-dev')) return versions;
  return { ...versions, [`src:${SLIRP_SOURCE}`]: await newest(SLIRP_SOURCE, true, { mirror, suites }, ctx) };
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
