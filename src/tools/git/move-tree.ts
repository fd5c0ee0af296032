// SPDX-License-Identifier: Apache-2.0
import { lstat, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { CommandError } from '../../errors.ts';
import { listFiles } from '../files/folder.ts';
import { readOwnJson } from '../files/read-json.ts';
import { syncFolder, writeFileWhole } from '../files/write-file.ts';
import { exec } from '../process/exec.ts';
import { gitIn } from './git.ts';
import { hasSynced, ownChanges, ownCommits, refuseOwnWork } from './own-work.ts';

/** In a repository that we made: the commits between which a move was begun, and not ended. */
const RECORD = 'bpmp-virt-move.json';
const moveSchema = z.strictObject({ from: z.string(), to: z.string() });
type Move = Readonly<z.infer<typeof moveSchema>>;

/**
 * Let `action` move the repository `tree`, which has nothing of the user's in it, from one commit to another. Where this process dies
 * meanwhile, `endMove` finds out what it has left.
 */
export async function withMove(tree: string, move: Move, action: () => Promise<void>): Promise<void> {
  const file = recordOf(tree);
  await writeFileWhole(file, JSON.stringify(move));
  await action();
  await rm(file);
  await syncFolder(join(tree, '.git'));
}

/**
 * Bring a move of `tree` that was cut off to its end. git writes the files first, then its index, then HEAD: so HEAD says nothing of
 * the files.
 *
 * @returns whether there was one
 * @throws {UsageError} a file that git would write, or one beside them, has been changed since: names it
 */
export async function endMove(tree: string, signal?: AbortSignal): Promise<boolean> {
  const move = await readOwnJson(recordOf(tree), moveSchema);
  if (move === undefined) return false;
  await removeLocks(tree);
  // Without its mark the commit had not arrived whole, and no file has been touched.
  if (await hasSynced(tree, move.to)) {
    refuseOwnWork(tree, move.to, [...(await ownCommits(tree)), ...(await changesSince(tree, move))]);
    await gitIn(tree, signal).raw(['checkout', '--quiet', '--force', '--detach', move.to]);
  }
  await rm(recordOf(tree));
  await syncFolder(join(tree, '.git'));
  return true;
}

function recordOf(tree: string): string {
  return join(tree, '.git', RECORD);
}

/** git's locks that a killed git left: no name of anything else there ends like that, and no git of ours runs. */
async function removeLocks(tree: string): Promise<void> {
  const files = await listFiles(join(tree, '.git'));
  for (const file of files.filter((name) => name.endsWith('.lock') && !name.startsWith('objects/')))
    await rm(join(tree, '.git', file), { force: true });
}

/** Files of `tree` that are neither as the one commit of `move` has them nor as the other one, nor the beginning of that. */
async function changesSince(tree: string, { from, to }: Move): Promise<readonly string[]> {
  const moved = await gitIn(tree).raw(['diff-tree', '-r', '-z', '--no-renames', '--name-only', from, to]);
  const names = moved.split('\0').filter((name) => name !== '');
  const [isFrom, isTo] = [await filesOf(tree, from), await filesOf(tree, to)];
  const changed: string[] = [];
  for (const name of names) {
    const info = await lstat(join(tree, name)).catch(() => undefined);
    // With a file that is missing nothing is lost; a submodule is a tree of its own.
    if (info === undefined || info.isDirectory() || isFrom(name) || isTo(name)) continue;
    if (!(info.isFile() && (await beginsLike(tree, name, to, info.size)))) changed.push(name);
  }
  const known = new Set(names);
  return [...(await ownChanges(tree, false)).filter((name) => !known.has(name)), ...changed];
}

/** Gives a function that says whether a file of `tree` is as `commit` has it. */
async function filesOf(tree: string, commit: string): Promise<(name: string) => boolean> {
  const index = join(tree, '.git/bpmp-virt-index');
  const git = gitIn(tree, undefined, undefined, { GIT_INDEX_FILE: index });
  try {
    await git.raw(['read-tree', commit]);
    // Ends with 1 where files differ, which is what is asked for next.
    await git.raw(['update-index', '-q', '--refresh']).catch(() => undefined);
    const differ = new Set((await git.raw(['diff-files', '-z', '--name-only'])).split('\0'));
    const has = new Set((await git.raw(['ls-files', '-z'])).split('\0'));
    return (name) => has.has(name) && !differ.has(name);
  } finally {
    await Promise.all([index, `${index}.lock`].map((file) => rm(file, { force: true })));
  }
}

/** Whether the file `name` of `size` bytes is the beginning of what `commit` has there: git was killed while it wrote it. */
async function beginsLike(tree: string, name: string, commit: string, size: number): Promise<boolean> {
  const compare = 'git cat-file --filters "$1:$2" | head -c "$3" | cmp -s - "./$2"';
  try {
    await exec(['sh', '-c', compare, 'compare', commit, name, String(size)], tree, {
      emit: () => undefined,
    });
    return true;
  } catch (error) {
    if (error instanceof CommandError) return false;
    throw error;
  }
}
