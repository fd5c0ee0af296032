// SPDX-License-Identifier: Apache-2.0
import type { Recipe, Source } from './schema.ts';

/** Releases of a Debian archive. */
export type MirrorSuites = { readonly mirror: string; readonly suites: readonly string[] };

/** Something in a recipe that may be another thing tomorrow. */
export type Floating = { readonly key: string } & (
  | { readonly kind: 'git'; readonly urls: readonly string[]; readonly ref: string }
  | { readonly kind: 'http'; readonly urls: readonly string[] }
  | (MirrorSuites & { readonly kind: 'debian'; readonly package: string })
  | (MirrorSuites & { readonly kind: 'sysroot'; readonly packages: readonly string[] })
  | { readonly kind: 'meson' }
);

/**
 * What of a recipe floats: every git ref, every version of a Debian package, and downloads that have no sha256. A path of the
 * user's is his to keep.
 */
export function floatingOf(recipe: Recipe): readonly Floating[] {
  const { l4t, kernel, qemu } = recipe;
  return [
    ...(l4t === undefined ? [] : floatingL4t(l4t)),
    ...floatingSource('kernel.source', kernel.source),
    ...floatingSource('qemu.source', qemu.source),
    ...floatingTools(qemu),
  ];
}

function floatingL4t(l4t: NonNullable<Recipe['l4t']>): readonly Floating[] {
  const { bsp, publicSources, sources, servers, tag } = l4t;
  const files = { 'l4t.bsp': bsp, 'l4t.publicSources': publicSources };
  const trees = Object.entries(sources === 'sync' || sources === 'source-sync' ? l4t.trees : {});
  return [
    ...Object.entries(files).flatMap(([key, file]): readonly Floating[] =>
      file === undefined || file.sha256 !== undefined ? [] : [{ key, kind: 'http', urls: file.urls }],
    ),
    ...trees.map(([path, repo]): Floating => {
      const urls = servers.map((server) => joinUrl(server, repo));
      return { key: `l4t.trees.${path}`, kind: 'git', urls, ref: tag };
    }),
  ];
}

/** `repo` on `server`, with one slash between them. */
export function joinUrl(server: string, repo: string): string {
  return `${server.replace(/\/*$/, '')}/${repo}`;
}

function floatingSource(key: string, source: Source): readonly Floating[] {
  switch (source.kind) {
    case 'git':
      return [{ key, kind: 'git', urls: source.urls, ref: source.ref }];
    case 'http':
      return source.sha256 === undefined ? [{ key, kind: 'http', urls: source.urls }] : [];
    case 'debian':
      return [{ key, kind: 'debian', package: source.package, mirror: source.mirror, suites: source.suites }];
    case 'path':
      return [];
  }
}

/** What QEMU is built with that does not come with it. */
function floatingTools({ version, builds, sysroot }: Recipe['qemu']): readonly Floating[] {
  const { packages, mirror, suites } = sysroot ?? {};
  const board = builds.includes('arm64') && packages && mirror && suites;
  return [
    ...(board ? [{ key: 'qemu.sysroot', kind: 'sysroot', packages, mirror, suites } as const] : []),
    ...(namesItsMeson(version) ? [{ key: 'qemu.meson', kind: 'meson' } as const] : []),
  ];
}

/** From 8.1 on a QEMU says which meson it wants, and gets one from Debian where the machine's own is older. */
function namesItsMeson(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 8 || (major === 8 && minor >= 1);
}
