// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { readdir, realpath, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LAYOUT } from '../plan/layout.ts';
import { type Foreign, foreignIn } from '../tools/files/foreign.ts';
import { isCode } from '../tools/files/write-file.ts';
import type { BoundStep } from './bound-step.ts';
import { forgetStates, stateFolder } from './state.ts';
import { type ContextParts, inContext } from './step-context.ts';
import { lockWork } from './work-lock.ts';

/** First parts of all places of the layout: `kernel`, `Linux_for_Tegra`, … */
const OWN_FOLDERS = new Set(
  Object.values(LAYOUT).map((path) => path.replace(/^work:/, '').replace(/\/.*$/, '')),
);

/** What `clean` came to: names of what was deleted, and what was found there that is not ours. */
export type Cleaned = { readonly deleted: readonly string[]; readonly kept: readonly Foreign[] };

/**
 * Delete what builds made in a work folder, and nothing else: a file that somebody put there or changed stays where it is, and so do
 * the folders above it.
 *
 * @throws {EnvironmentError} a run has the folder
 */
export async function cleanWork(work: string, command: string): Promise<Cleaned> {
  const names: readonly string[] = await readdir(work).catch(() => []);
  if (!names.includes('.bpmp-virt')) return { deleted: [], kept: [] };
  const release = await lockWork(work, randomUUID(), command);
  const own = names.filter((name) => OWN_FOLDERS.has(ownName(name)) || name.startsWith('run-'));
  const kept: Foreign[] = [];
  try {
    for (const name of own) kept.push(...(await removeOurs(work, name)));
    // With what is kept goes the knowledge of what is not ours.
    if (kept.length === 0) await rm(stateFolder(work), { recursive: true });
    else
      for (const name of ['steps', 'sources'])
        await rm(join(stateFolder(work), name), { recursive: true, force: true });
  } finally {
    await release();
  }
  await removeIfEmpty(work);
  const stays = new Set(kept.map(({ path }) => path.replace(/\/.*$/, '')));
  return { deleted: own.filter((name) => !stays.has(name)), kept };
}

/** `bundle` of `.bundle.part` and `.bundle.old`, which a run that was cut off leaves. */
function ownName(name: string): string {
  return name.replace(/^\.(.*)\.(part|old)$/, '$1');
}

/** Delete `name` of the work folder but for what is not ours; gives that. */
async function removeOurs(work: string, name: string): Promise<readonly Foreign[]> {
  const folder = join(work, name);
  // These are names that only we give, and were ours before they got them.
  const foreign = ownName(name) === name ? await foreignIn(work, folder) : [];
  if (foreign.length === 0) await rm(folder, { recursive: true, force: true });
  else
    await removeBut(
      folder,
      foreign.map(({ path }) => join(work, path)),
    );
  return foreign;
}

/** Delete all below `folder` but the paths of `kept` and what is below and above them. */
async function removeBut(folder: string, kept: readonly string[]): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (kept.includes(path)) continue;
    if (kept.some((each) => each.startsWith(`${path}/`))) await removeBut(path, kept);
    else await rm(path, { recursive: true, force: true });
  }
}

/** What the cache holds; besides these it may hold work folders, which no build can use by their own names. */
const CACHED = ['apt', 'downloads', 'git', 'meson'];

/** Delete what was downloaded to the cache; gives the names of what was there. */
export async function cleanCache(cache: string): Promise<readonly string[]> {
  const there: readonly string[] = await readdir(cache).catch(() => []);
  const own = there.filter((name) => CACHED.includes(name.replace(/\.lock$/, '')));
  for (const name of own) await rm(join(cache, name), { recursive: true, force: true });
  return own;
}

/** The folder, where nothing is left in it, and the link to it where `work` is one. */
async function removeIfEmpty(work: string): Promise<void> {
  const real = await realpath(work);
  try {
    await rmdir(real);
    if (real !== work) await rm(work, { force: true });
  } catch (error) {
    if (!isCode(error, 'ENOTEMPTY')) throw error;
  }
}

/**
 * Take back what steps did to source trees, last one first, and forget that they and what rests on them were done. Gives
 * the titles of the steps that were undone.
 *
 * @throws {EnvironmentError} a run has the folder
 */
export async function undoSteps(
  steps: readonly BoundStep[],
  surroundings: Omit<ContextParts, 'run' | 'asked'>,
  command: string,
): Promise<readonly string[]> {
  const run = randomUUID();
  const { work } = surroundings.roots;
  const undone: string[] = [];
  const release = await lockWork(work, run, command);
  try {
    await forgetStates(work, dependents(steps));
    for (const { undo, title } of steps.toReversed()) {
      if (undo === undefined) continue;
      await inContext({ ...surroundings, run, asked: true }, undo);
      undone.push(title);
    }
  } finally {
    await release();
  }
  return undone;
}

/** Ids of the steps that can be undone and of all that wait for one of them, in plan order. */
function dependents(steps: readonly BoundStep[]): readonly string[] {
  const ids = new Set<string>();
  for (const step of steps) {
    if (step.undo !== undefined || step.after.some((id) => ids.has(id))) ids.add(step.id);
  }
  return [...ids];
}
