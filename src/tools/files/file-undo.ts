// SPDX-License-Identifier: Apache-2.0
import type { Stats } from 'node:fs';
import { chmod, copyFile, lstat, readlink, rm, rmdir, stat, symlink, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { readBytes } from '../../read-file.ts';
import { exists } from './folder.ts';
import { makeFolder } from './make-folder.ts';
import { readOwnJson } from './read-json.ts';
import { isCode, writeFileWhole } from './write-file.ts';

/** A folder in every tree that we change: what we did there, so that it can be undone. */
export const RECORD_FOLDER = '.bpmp-virt';
const UNDO = `${RECORD_FOLDER}/undo`;
/** Written last into the undo folder: with it the copies are whole. Holds the names, as JSON. */
const LIST = 'files.json';

/**
 * Let `action` change `files` of `tree` (relative paths; not all need exist) as a whole or not at all. Copies are put
 * aside first; if the action fails, or the process dies and `restoreFiles` runs later, they are put back. A file whose
 * content ends as it began keeps its time stamp, so that nothing is rebuilt for it.
 *
 * @throws what `action` throws, after all is as it was
 */
export async function withUndo<T>(
  tree: string,
  files: readonly string[],
  action: () => Promise<T>,
): Promise<T> {
  await restoreFiles(tree);
  const undo = join(tree, UNDO);
  await rm(undo, { recursive: true, force: true });
  for (const file of files) await copyWithTimes(join(tree, file), join(undo, 'content', file));
  await writeFileWhole(join(undo, LIST), JSON.stringify(files));
  try {
    const result = await action();
    for (const file of files) await keepTimes(join(tree, file), join(undo, 'content', file));
    await rm(undo, { recursive: true });
    return result;
  } catch (error) {
    await restoreFiles(tree);
    throw error;
  }
}

/** Put back what a run that died had begun to change. Does nothing where there is nothing to put back. */
export async function restoreFiles(tree: string): Promise<void> {
  const undo = join(tree, UNDO);
  const files = await readOwnJson(join(undo, LIST), z.array(z.string()));
  if (files === undefined) return;
  for (const file of files) {
    const copy = join(undo, 'content', file);
    if (await exists(copy)) await copyWithTimes(copy, join(tree, file));
    else await removeFile(tree, file);
  }
  await rm(undo, { recursive: true });
}

/** Remove a file and the folders that are empty without it. */
export async function removeFile(tree: string, file: string): Promise<void> {
  await rm(join(tree, file), { force: true });
  for (let folder = dirname(file); folder !== '.'; folder = dirname(folder)) {
    try {
      await rmdir(join(tree, folder));
    } catch (error) {
      if (isCode(error, 'ENOTEMPTY', 'EEXIST')) return;
      if (!isCode(error, 'ENOENT', 'ENOTDIR')) throw error;
    }
  }
}

/** Copy a file with its times; a source that is not there is left out. */
async function copyWithTimes(from: string, to: string): Promise<void> {
  try {
    const info = await lstat(from);
    await makeFolder(dirname(to));
    // Never written in place: in a tree of hard links that would change all of them.
    await rm(to, { force: true });
    if (info.isSymbolicLink()) await symlink(await readlink(from), to);
    else {
      await copyFile(from, to);
      await chmod(to, info.mode & 0o7777);
      await setTimes(to, info);
    }
  } catch (error) {
    if (!isCode(error, 'ENOENT')) throw error;
  }
}

async function keepTimes(file: string, before: string): Promise<void> {
  try {
    const [now, then] = await Promise.all([readBytes(file), readBytes(before)]);
    if (!now.equals(then)) return;
    await setTimes(file, await stat(before));
  } catch (error) {
    if (!isCode(error, 'ENOENT')) throw error;
  }
}

/** As seconds with their fraction: a Date would round to ms, and so make half of the files newer than they are. */
async function setTimes(file: string, { atimeMs, mtimeMs }: Stats): Promise<void> {
  await utimes(file, atimeMs / 1000, mtimeMs / 1000);
}
