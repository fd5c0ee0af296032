// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { lstat } from 'node:fs/promises';
import { type PathRoots, resolvePlanPath } from '../plan/plan-paths.ts';
import { hashFile } from '../read-file.ts';
import type { BoundStep } from './bound-step.ts';

/** How a file was when its step had made it. */
export type FileState = { readonly size: number; readonly mtimeMs: number; readonly sha256: string };

/** The single files below the work folder that `step` has made, by plan path. */
export async function outputStates(
  step: BoundStep,
  roots: PathRoots,
): Promise<Readonly<Record<string, FileState>>> {
  const states: Record<string, FileState> = {};
  for (const output of step.outputs.filter((path) => path.startsWith('work:'))) {
    const file = resolvePlanPath(output, roots);
    const info = await lstat(file);
    if (!info.isFile()) continue;
    states[output] = { size: info.size, mtimeMs: info.mtimeMs, sha256: await hashFile(file) };
  }
  return states;
}

/** The first file that is not as its step left it, as a plan path. Its content is read only where its time differs. */
export async function changedOutput(
  states: Readonly<Record<string, FileState>>,
  roots: PathRoots,
): Promise<string | undefined> {
  for (const [output, { size, mtimeMs, sha256 }] of Object.entries(states)) {
    const file = resolvePlanPath(output, roots);
    const info = await lstat(file).catch(() => undefined);
    if (info === undefined) return output;
    if (info.size === size && info.mtimeMs === mtimeMs) continue;
    if (!info.isFile() || info.size !== size || (await hashFile(file)) !== sha256) return output;
  }
  return undefined;
}

/**
 * What the trees that `step` watches look like: names, sizes, times and link targets of all their files, as one hash. By find(1): Node
 * takes several times as long over a kernel. '' where it watches none.
 */
export async function watchedState(step: BoundStep): Promise<string> {
  if (step.watches.length === 0) return '';
  const hidden = ['(', '-name', '.git', '-o', '-name', '.bpmp-virt', '-o', '-name', '__pycache__', ')'];
  const words = [...hidden, '-prune', '-o', '!', '-type', 'd', '-printf', '%P\\t%s\\t%T@\\t%m\\t%l\\0'];
  const { exec } = await import('../tools/process/exec.ts');
  const hash = createHash('sha256');
  for (const tree of step.watches) {
    const listing = await exec(['find', '-H', tree, ...words], '/', { emit: () => undefined });
    hash.update(listing.split('\0').sort().join('\0'));
  }
  return hash.digest('hex');
}
