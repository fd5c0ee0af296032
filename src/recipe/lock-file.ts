// SPDX-License-Identifier: Apache-2.0
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { UsageError } from '../errors.ts';
import { readText } from '../read-file.ts';
import { type ChainLink, isMap, type YamlMap } from './merge.ts';
import type { Recipe } from './schema.ts';
import { commit, sha256, versions } from './source-schema.ts';

const pin = z.union([
  z.strictObject({ commit }),
  z.strictObject({ sha256 }),
  z.strictObject({ version: z.string().min(1) }),
  z.strictObject({ versions }),
]);

const lockSchema = z.strictObject({
  version: z.literal(1),
  /** Key of the recipe (`kernel.source`, `l4t.trees.nvgpu`) → what it was when it was locked. */
  pins: z.record(z.string(), pin),
});

export type Pin = z.infer<typeof pin>;
export type RecipeLock = z.infer<typeof lockSchema>;

/** The recipe with the pins of the lock in it; a pin that the recipe itself has must be the same. */
export function applyLock(recipe: Recipe, lock: RecipeLock): Recipe {
  const { l4t, kernel } = recipe;
  return {
    ...recipe,
    ...(l4t === undefined ? {} : { l4t: lockL4t(l4t, lock) }),
    kernel: { ...kernel, source: pinned('kernel.source', kernel.source, lock) },
    qemu: lockQemu(recipe.qemu, lock),
  };
}

function lockL4t(l4t: NonNullable<Recipe['l4t']>, lock: RecipeLock): NonNullable<Recipe['l4t']> {
  const commits = { ...l4t.commits };
  for (const path of Object.keys(l4t.trees)) {
    const found = lock.pins[`l4t.trees.${path}`];
    if (found !== undefined && 'commit' in found)
      commits[path] = agree(`l4t.commits.${path}`, commits[path], found.commit);
  }
  const { publicSources } = l4t;
  return {
    ...l4t,
    commits,
    bsp: pinned('l4t.bsp', l4t.bsp, lock),
    ...(publicSources && { publicSources: pinned('l4t.publicSources', publicSources, lock) }),
  };
}

function lockQemu(qemu: Recipe['qemu'], lock: RecipeLock): Recipe['qemu'] {
  const { sysroot } = qemu;
  const meson = lock.pins['qemu.meson'];
  return {
    ...qemu,
    source: pinned('qemu.source', qemu.source, lock),
    ...(meson && 'version' in meson ? { meson: agree('qemu.meson', qemu.meson, meson.version) } : {}),
    ...(sysroot && { sysroot: lockSysroot(sysroot, lock) }),
  };
}

type Sysroot = NonNullable<Recipe['qemu']['sysroot']>;

function lockSysroot(sysroot: Sysroot, lock: RecipeLock): Sysroot {
  const found = lock.pins['qemu.sysroot'];
  if (found === undefined || !('versions' in found)) return sysroot;
  const missing = sysroot.packages.filter((name) => found.versions[name] === undefined);
  if (missing.length > 0) {
    throw new UsageError(
      `qemu.sysroot.packages has ${missing.join(', ')}, which the lock file has not`,
      'Run `bpmp-virt lock`.',
    );
  }
  const locked = { ...sysroot.versions };
  for (const [name, version] of Object.entries(found.versions))
    locked[name] = agree(`qemu.sysroot.versions.${name}`, locked[name], version);
  return { ...sysroot, versions: locked };
}

function pinned<T extends object>(key: string, value: T, lock: RecipeLock): T {
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

/**
 * The pins of a recipe, and of those that it extends for what it leaves as it is there; undefined where none of them is locked.
 *
 * @param chain the recipe's own file first, then what it extends
 * @throws {UsageError} as `readLock`
 */
export async function locksOf(chain: readonly ChainLink[]): Promise<RecipeLock | undefined> {
  const locks = await Promise.all(chain.map(({ file }) => readLock(lockFileOf(file))));
  if (locks.every((lock) => lock === undefined)) return undefined;
  const pins: Record<string, Pin> = {};
  for (const [at, lock] of locks.entries()) {
    const below = chain.slice(0, at);
    for (const [key, found] of Object.entries(lock?.pins ?? {}))
      if (!below.some(({ own }) => changes(own, key))) pins[key] ??= found;
  }
  return { version: 1, pins };
}

/** Whether a recipe says something of its own about what has the pin `key`. */
function changes(own: YamlMap, key: string): boolean {
  const has = (map: unknown, name: string) => isMap(map) && map[name] !== undefined;
  const of = (name: string) => (isMap(own[name]) ? own[name] : {});
  const tree = /^l4t\.trees\.(.*)$/s.exec(key)?.[1];
  const [top = '', ...rest] = key.split('.');
  if (own[top] === null) return true;
  if (tree === undefined) return has(of(top), rest.join('.'));
  const { tag, trees, commits } = of('l4t');
  return tag !== undefined || has(trees, tree) || has(commits, tree);
}

/** `x.lock.yaml` of `x.yaml`, and of a recipe that is called `x`: never the recipe itself. */
export function lockFileOf(file: string): string {
  return `${file.replace(/\.ya?ml$/, '')}.lock.yaml`;
}

/** The text of a lock file. */
export function formatLock(lock: RecipeLock): string {
  return `# SPDX-License-Identifier: Apache-2.0\n# Written by \`bpmp-virt lock\`; see docs/recipes.md.\n${stringify(lock)}`;
}

/**
 * The lock file, or undefined where there is none.
 *
 * @throws {UsageError} it is there and cannot be read, or is not a lock file
 */
export async function readLock(file: string): Promise<RecipeLock | undefined> {
  let text: string;
  try {
    text = await readText(file);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw unusable(file, error);
  }
  const lock = lockSchema.safeParse(parseText(file, text));
  if (lock.success) return lock.data;
  throw new UsageError(
    `${file} is not a lock file: ${z.prettifyError(lock.error)}`,
    'Delete it and run `bpmp-virt lock` again.',
  );
}

function parseText(file: string, text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw unusable(file, error);
  }
}

/** A recipe that is built without the pins that it has would be another one: what cannot be read is not the same as an absent lock. */
function unusable(file: string, cause: unknown): UsageError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new UsageError(
    `${file} cannot be read: ${why}`,
    'Correct it, or delete it and run `bpmp-virt lock` again.',
    {
      cause,
    },
  );
}
