// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { readdir, realpath, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LAYOUT } from '../plan/layout.ts';
import { isCode } from '../tools/files/write-file.ts';
import type { BoundStep } from './bound-step.ts';
import { forgetStates, stateFolder } from './state.ts';
import { inContext, type Surroundings } from './step-context.ts';
import { lockWork } from './work-lock.ts';

/** First parts of all places of the layout: `kernel`, `Linux_for_Tegra`, … */
const OWN_FOLDERS = new Set(
  Object.values(LAYOUT).map((path) => path.replace(/^work:/, '').replace(/\/.*$/, '')),
);

/**
 * Delete what builds made in a work folder, and nothing else: a file that somebody put there stays, and so does the folder
 * then. Gives the names of what was deleted.
 *
 * @throws {EnvironmentError} a run has the folder
 */
export async function cleanWork(work: string, command: string): Promise<readonly string[]> {
  const names: readonly string[] = await readdir(work).catch(() => []);
  if (!names.includes('.bpmp-virt')) return [];
  const release = await lockWork(work, randomUUID(), command);
  const own = names.filter((name) => OWN_FOLDERS.has(name) || name.startsWith('run-'));
  try {
    for (const name of own) await rm(join(work, name), { recursive: true, force: true });
    await rm(stateFolder(work), { recursive: true });
  } finally {
    await release();
  }
  await removeIfEmpty(work);
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
  surroundings: Omit<Surroundings, 'run'>,
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
      await inContext({ ...surroundings, run }, undo);
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
