// SPDX-License-Identifier: Apache-2.0
import { cp, lstat, rename } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { UsageError } from '../errors.ts';
import type { Emit } from '../events.ts';
import { type PathRoots, resolvePlanPath } from '../plan/plan-paths.ts';
import type { StepContext } from '../steps/step.ts';
import { forgetSource, readSources, recordSource } from '../tools/fetch/source-record.ts';
import { exists, fillFolder } from '../tools/files/folder.ts';
import { makeFolder } from '../tools/files/make-folder.ts';
import type { BoundStep } from './bound-step.ts';

/** Where products of ours that somebody changed are kept, below the work folder. */
const KEPT = 'kept';

/** Needed only where something is replaced: it starts programs, whose loading every build would pay for. */
const foreign = () => import('../tools/files/foreign.ts');

type Replacers = Pick<StepContext, 'replaceSource' | 'replaceProduct'>;
type Custody = { readonly work: string; readonly emit: Emit; readonly asked: boolean };

/** How a step replaces folders without losing what is the user's. */
export function replacers({ work, emit, asked }: Custody): Replacers {
  // What is there was made by earlier runs: this one fills folders aside.
  const began = Date.now();
  return {
    replaceSource: async (into, source, fill) => {
      const tree = relative(work, into);
      const before = (await readSources(work)).find((record) => record.tree === tree);
      if (!asked && before?.exact === source.exact) {
        const { describeForeign, foreignIn } = await foreign();
        const found = await foreignIn(work, into);
        if (found.length > 0) {
          const text = `${tree} stays as it is: it is of the same source, and this in it is yours:\n${describeForeign(found)}`;
          emit({ type: 'note', text });
          return;
        }
      }
      await fillFolder(into, fill, async () => {
        await refuseForeign(work, into, began);
        await forgetSource(work, into);
      });
      await recordSource(work, into, source);
    },
    replaceProduct: (into, fill) => fillFolder(into, fill, () => keepForeign(work, into, emit, began)),
  };
}

/** @throws {UsageError} something below the folder `into` is the user's: names it */
async function refuseForeign(work: string, into: string, before?: number): Promise<void> {
  const { describeForeign, foreignIn } = await foreign();
  const found = await foreignIn(work, into, before);
  if (found.length === 0) return;
  throw new UsageError(
    `${into} would be replaced, and has what bpmp-virt did not make:\n${describeForeign(found)}`,
    `Nothing was touched. Move what you want to keep out of it (commits: \`git format-patch\`), or the whole folder: mv ${into} ${into}.mine`,
  );
}

/**
 * Look at all source folders that `steps` replace, before anything starts. A folder that is of the same source is kept by its step.
 *
 * @throws {UsageError} something in one of them is the user's
 */
export async function refuseReplacing(
  steps: readonly BoundStep[],
  asked: readonly string[],
  roots: PathRoots,
): Promise<void> {
  const sources = await readSources(roots.work);
  for (const step of steps) {
    const { options } = step.planned;
    for (const place of step.replaces) {
      const into = resolvePlanPath(place, roots);
      const before = sources.find((record) => record.tree === relative(roots.work, into));
      // A version that floats is known when it has been asked for: the step looks again.
      const same = before !== undefined && (!('sha256' in options) || before.exact === options.sha256);
      if (same && !asked.includes(step.id)) continue;
      await refuseForeign(roots.work, into);
    }
  }
}

/** Move what below the product `folder` is the user's to the work folder's `kept/`, and say so. */
async function keepForeign(work: string, folder: string, emit: Emit, before: number): Promise<void> {
  const { foreignIn } = await foreign();
  for (const { path } of await foreignIn(work, folder, before)) {
    const to = await freePlace(work, path);
    await makeFolder(dirname(to));
    await rename(join(work, path), to);
    emit({ type: 'warning', text: `${path} is not as bpmp-virt made it, and is kept as ${to}` });
  }
}

/** Copy those single files that `step` is about to write anew and somebody changed to `kept/`, and say so. */
export async function keepEdited(step: BoundStep, roots: PathRoots, emit: Emit): Promise<void> {
  const { work } = roots;
  const { isOurFile } = await foreign();
  for (const output of step.outputs.filter((path) => path.startsWith('work:'))) {
    const file = resolvePlanPath(output, roots);
    const path = relative(work, file);
    const info = await lstat(file).catch(() => undefined);
    if (info?.isFile() !== true || path.includes('.bpmp-virt/') || (await isOurFile(work, path))) continue;
    const to = await freePlace(work, path);
    await makeFolder(dirname(to));
    await cp(file, to, { preserveTimestamps: true });
    emit({ type: 'warning', text: `${path} is not as bpmp-virt made it, and is kept as ${to}` });
  }
}

async function freePlace(work: string, path: string): Promise<string> {
  const base = join(work, KEPT, path);
  for (let at = 0; ; at++) {
    const place = at === 0 ? base : `${base}.${at}`;
    if (!(await exists(place))) return place;
  }
}
