// SPDX-License-Identifier: Apache-2.0
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BpmpVirtError, StepError, UsageError } from '../../errors.ts';
import { readBytes, readText } from '../../read-file.ts';
import { RECORD_FOLDER, restoreFiles, withUndo } from '../files/file-undo.ts';
import { exists, fillFolder } from '../files/folder.ts';
import { makeFolder } from '../files/make-folder.ts';
import { hashOf, isOneOf, readRecord, TREE_RECORDS, writeRecord } from '../files/tree-records.ts';
import { isCode } from '../files/write-file.ts';
import { applyPatch, touchedFiles } from './git-patch.ts';

/** The copy of the series that is in a tree, kept in the tree itself. */
const KEPT = `${RECORD_FOLDER}/patches`;

/** What bringing a series into a tree came to. */
export type Applied = 'applied' | 'already there' | 'replaced';

/**
 * The patches of a folder in the order of its `series`, as absolute paths.
 *
 * @throws {UsageError} no `series`, or it names a file that is not there
 */
async function readSeries(folder: string): Promise<readonly string[]> {
  const text = await readText(join(folder, 'series')).catch((cause) => {
    if (!isCode(cause, 'ENOENT')) throw cause;
    throw new UsageError(`${folder} has no file 'series'`, 'List its patches there, one per line, in order.');
  });
  const names = text
    .split('\n')
    .map((line) => line.replace(/(^|\s)#.*/, '').trim())
    .filter((line) => line !== '');
  const patches = names.map((name) => join(folder, name));
  for (const patch of patches) {
    if (!(await exists(patch)))
      throw new UsageError(`${folder}/series names ${patch}, which is not there`, 'Correct the series.');
  }
  return patches;
}

/**
 * Bring the series of `folder` into `tree`: whatever was there before of ours is taken back first, with the copy that was
 * kept of it. Twice is the same as once.
 *
 * @param isOurs whether a file of the tree that we have no record of is as its source has it
 * @throws {StepError} a patch does not apply: names it, the file and the tree, which is then as it was
 */
export async function applySeries(
  tree: string,
  folder: string,
  isOurs: IsOurs = async () => true,
): Promise<Applied> {
  await restoreFiles(tree);
  const wanted = await readSeries(folder);
  const kept = await keptSeries(tree);
  const touched = await allTouched(tree, [...kept, ...wanted]);
  return recorded(tree, touched, isOurs, () => bringIn(tree, { wanted, kept, touched }));
}

type Series = {
  readonly wanted: readonly string[];
  readonly kept: readonly string[];
  readonly touched: readonly string[];
};

async function bringIn(tree: string, { wanted, kept, touched }: Series): Promise<Applied> {
  // What is in the tree may be: the kept copy; nothing, after a `git checkout`; or the series, put in by hand.
  const takenBack = kept.length > 0 && (await succeeds(tree, touched, () => takeBack(tree, kept)));
  if (takenBack && (await sameSeries(kept, wanted))) return 'already there';
  if (!takenBack && (await succeeds(tree, touched, () => takeBack(tree, wanted)))) {
    await keep(tree, wanted);
    return 'already there';
  }
  await withUndo(tree, touched, async () => {
    if (takenBack) await takeBack(tree, kept);
    for (const patch of wanted) await applyNamed(tree, patch);
  });
  await keep(tree, wanted);
  return takenBack ? 'replaced' : 'applied';
}

/** Take back whatever series is in `tree`; gives whether there was one. */
export async function removeSeries(tree: string): Promise<boolean> {
  await restoreFiles(tree);
  const kept = await keptSeries(tree);
  if (kept.length === 0) return false;
  const touched = await allTouched(tree, kept);
  await recorded(
    tree,
    touched,
    async () => true,
    () => withUndo(tree, touched, () => takeBack(tree, kept)),
  );
  await rm(join(tree, KEPT), { recursive: true });
  return true;
}

type IsOurs = (file: string) => Promise<boolean>;

/** Hash that no file has: the user edited it, and it stays the user's whatever our patches do to it. */
const EDITED = 'edited';

/** Let `action` change `files`, and write down what they are then, so that what is not ours in them is known later. */
async function recorded<T>(
  tree: string,
  files: readonly string[],
  isOurs: IsOurs,
  action: () => Promise<T>,
): Promise<T> {
  const before = await readRecord(tree, TREE_RECORDS.patched);
  const edited = new Set<string>();
  for (const file of files) {
    const hash = await hashOf(join(tree, file));
    const known = before[file];
    const ours =
      known === undefined ? hash === undefined || (await isOurs(file)) : isOneOf(hash ?? '', known);
    if (!ours) edited.add(file);
  }
  const now = async () => {
    const entries = files.map(async (file) => [file, (await hashOf(join(tree, file))) ?? ''] as const);
    return Object.fromEntries(await Promise.all(entries));
  };
  const marked = (hashes: Readonly<Record<string, string>>) =>
    Object.fromEntries(
      Object.entries(hashes).map(([file, hash]) => [file, edited.has(file) ? EDITED : hash]),
    );
  await writeRecord(tree, TREE_RECORDS.patched, { ...before, ...marked(await now()) });
  try {
    return await action();
  } finally {
    const after = await now();
    await writeRecord(tree, TREE_RECORDS.patched, { ...before, ...marked(after) });
    await writeRecord(tree, TREE_RECORDS.seen, after);
  }
}

async function keptSeries(tree: string): Promise<readonly string[]> {
  return (await exists(join(tree, KEPT, 'series'))) ? readSeries(join(tree, KEPT)) : [];
}

/** A copy of the series, under names of its own order: two patches of different folders may share a name. */
async function keep(tree: string, patches: readonly string[]): Promise<void> {
  const names = patches.map((_, at) => `${String(at + 1).padStart(4, '0')}.patch`);
  await makeFolder(join(tree, RECORD_FOLDER));
  await fillFolder(join(tree, KEPT), async (aside) => {
    for (const [at, name] of names.entries()) {
      await writeFile(join(aside, name), await readBytes(patches[at] ?? ''));
    }
    await writeFile(join(aside, 'series'), names.map((name) => `${name}\n`).join(''));
  });
}

async function sameSeries(one: readonly string[], other: readonly string[]): Promise<boolean> {
  const [left, right] = await Promise.all(
    [one, other].map((patches) => Promise.all(patches.map((patch) => readText(patch)))),
  );
  return JSON.stringify(left) === JSON.stringify(right);
}

async function allTouched(tree: string, patches: readonly string[]): Promise<readonly string[]> {
  const lists = await Promise.all(patches.map((patch) => touchedFiles(tree, patch)));
  return [...new Set(lists.flat())].sort();
}

async function takeBack(tree: string, patches: readonly string[]): Promise<void> {
  for (const patch of patches.toReversed()) await applyPatch(tree, patch, true);
}

/** Whether `action` would succeed; the files are put back either way. */
async function succeeds(
  tree: string,
  files: readonly string[],
  action: () => Promise<void>,
): Promise<boolean> {
  const worked = new Error('put everything back');
  try {
    await withUndo(tree, files, async () => {
      await action();
      throw worked;
    });
  } catch (error) {
    if (error === worked) return true;
    if (!(error instanceof BpmpVirtError)) throw error;
  }
  return false;
}

async function applyNamed(tree: string, patch: string): Promise<void> {
  try {
    await applyPatch(tree, patch);
  } catch (cause) {
    if (!(cause instanceof StepError)) throw cause;
    throw new StepError(
      cause.message,
      'The tree is as it was. Rebase the patch on this tree, or name a tree that it was made for.',
      { cause },
    );
  }
}
