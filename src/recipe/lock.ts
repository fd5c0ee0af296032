// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { UsageError } from '../errors.ts';
import type { Recipe, Source } from './schema.ts';
import { commit, sha256 } from './source-schema.ts';

const pin = z.union([
  z.strictObject({ commit }),
  z.strictObject({ sha256 }),
  z.strictObject({ version: z.string().min(1) }),
]);

const lockSchema = z.strictObject({
  version: z.literal(1),
  /** Key of the recipe (`kernel.source`, `l4t.trees.nvgpu`) → what it was when it was locked. */
  pins: z.record(z.string(), pin),
});

export type Pin = z.infer<typeof pin>;
export type Lock = z.infer<typeof lockSchema>;

/** Something in a recipe that may be another thing tomorrow. */
export type Floating =
  | { readonly key: string; readonly kind: 'git'; readonly urls: readonly string[]; readonly ref: string }
  | { readonly key: string; readonly kind: 'http'; readonly urls: readonly string[] }
  | {
      readonly key: string;
      readonly kind: 'debian';
      readonly package: string;
      readonly mirror: string;
      readonly suites: readonly string[];
    };

/** What of a recipe floats: every git ref, every Debian version, and downloads that have no sha256. */
export function floatingOf(recipe: Recipe): readonly Floating[] {
  const { l4t, kernel, qemu } = recipe;
  const trees = Object.entries(l4t?.sources === 'sync' || l4t?.sources === 'source-sync' ? l4t.trees : {});
  return [
    ...(l4t === undefined ? [] : [l4t.bsp, ...(l4t.publicSources ? [l4t.publicSources] : [])])
      .filter((file) => file.sha256 === undefined)
      .map((file) => ({
        key: file === l4t?.bsp ? 'l4t.bsp' : 'l4t.publicSources',
        kind: 'http' as const,
        urls: file.urls,
      })),
    ...trees.map(([path, repo]) => ({
      key: `l4t.trees.${path}`,
      kind: 'git' as const,
      urls: (l4t?.servers ?? []).map((server) => joinUrl(server, repo)),
      ref: l4t?.tag ?? '',
    })),
    ...floatingSource('kernel.source', kernel.source),
    ...floatingSource('qemu.source', qemu.source),
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

/** The recipe with the pins of the lock in it; a pin that the recipe itself has must be the same. */
export function applyLock(recipe: Recipe, lock: Lock): Recipe {
  const { l4t, kernel, qemu } = recipe;
  const commits = { ...l4t?.commits };
  for (const path of Object.keys(l4t?.trees ?? {})) {
    const found = lock.pins[`l4t.trees.${path}`];
    if (found !== undefined && 'commit' in found)
      commits[path] = agree(`l4t.commits.${path}`, commits[path], found.commit);
  }
  return {
    ...recipe,
    ...(l4t === undefined
      ? {}
      : {
          l4t: {
            ...l4t,
            commits,
            bsp: pinned('l4t.bsp', l4t.bsp, lock),
            ...(l4t.publicSources === undefined
              ? {}
              : { publicSources: pinned('l4t.publicSources', l4t.publicSources, lock) }),
          },
        }),
    kernel: { ...kernel, source: pinned('kernel.source', kernel.source, lock) },
    qemu: { ...qemu, source: pinned('qemu.source', qemu.source, lock) },
  };
}

function pinned<T extends object>(key: string, value: T, lock: Lock): T {
  const found = Object.entries(lock.pins[key] ?? {})[0];
  if (found === undefined) return value;
  const [name, wanted] = found;
  const own: unknown = Object.entries(value).find(([at]) => at === name)?.[1];
  return { ...value, [name]: agree(`${key}.${name}`, own, wanted) };
}

function agree<T>(key: string, own: unknown, locked: T): T {
  if (own === undefined || own === locked) return locked;
  throw new UsageError(
    `${key} is ${String(own)} in the recipe and ${String(locked)} in its lock file`,
    'Run `bpmp-virt lock` if the recipe is right.',
  );
}

/** `x.lock.yaml` of `x.yaml`. */
export function lockFileOf(file: string): string {
  return file.replace(/\.ya?ml$/, '.lock.yaml');
}

/** The text of a lock file. */
export function formatLock(lock: Lock): string {
  return `# SPDX-License-Identifier: Apache-2.0\n# Written by \`bpmp-virt lock\`; see docs/recipes.md.\n${stringify(lock)}`;
}

/**
 * The lock file, or undefined where there is none.
 *
 * @throws {UsageError} it is there and is no lock file
 */
export async function readLock(file: string): Promise<Lock | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    return undefined;
  }
  const lock = lockSchema.safeParse(parse(text));
  if (lock.success) return lock.data;
  throw new UsageError(
    `${file} is no lock file: ${z.prettifyError(lock.error)}`,
    'Delete it and run `bpmp-virt lock` again.',
  );
}
