// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import {
  chmod,
  lstat,
  mkdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  rmdir,
  stat,
  symlink,
} from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { z } from 'zod';
import { UsageError } from '../../errors.ts';
import { RECORD_FOLDER } from './file-undo.ts';
import { exists, listFiles } from './folder.ts';
import { readOwnJson } from './read-json.ts';
import { isCode, writeFileWhole } from './write-file.ts';

const LINKS = `${RECORD_FOLDER}/links.json`;
const COPIES = `${RECORD_FOLDER}/copies.json`;

/** Place in the tree → what we put there: a link's target, or the sha256 of a copied file. */
type Ours = Readonly<Record<string, string>>;

/**
 * Make `tree/at` a relative symlink to the folder `target`. A link of ours that is there is replaced.
 *
 * @throws {UsageError} something that is not ours is in the way
 */
export async function linkInto(tree: string, at: string, target: string): Promise<void> {
  const place = join(tree, at);
  // Both ends by their real paths: the tree itself may have been reached through a link.
  const wanted = relative(await realpath(dirname(place)), await realpath(target));
  const ours = await readRecord(tree, LINKS);
  const there = await linkAt(place);
  if (there === undefined ? await exists(place) : there !== wanted && there !== ours[at]) {
    throw inTheWay(place);
  }
  if (there !== wanted) {
    const aside = `${place}.bpmp-virt`;
    await rm(aside, { force: true });
    await symlink(wanted, aside);
    await rename(aside, place);
  }
  await writeRecord(tree, LINKS, { ...ours, [at]: wanted });
}

/** Whether `tree/at` is a symlink to the folder `target`, and not one to a folder elsewhere with the same content. */
export async function isLinkedTo(tree: string, at: string, target: string): Promise<boolean> {
  const place = join(tree, at);
  if ((await linkAt(place)) === undefined) return false;
  return (await realpath(place)) === (await realpath(target));
}

/**
 * Copy the files of `overlay` over `tree`, same paths. Of what an earlier run copied, that which the overlay no longer has is
 * removed. Files that are the same are not touched, so nothing is rebuilt for them.
 *
 * @throws {UsageError} the tree has a file of its own in that place: files of others are changed by patches only
 */
export async function copyOver(tree: string, overlay: string): Promise<{ changed: number; removed: number }> {
  const ours = await readRecord(tree, COPIES);
  const files = await listFiles(overlay);
  const wanted: Record<string, string> = {};
  const stale: string[] = [];
  for (const file of files) {
    const hash = await hashOf(join(overlay, file));
    const there = await hashOf(join(tree, file));
    if (there !== undefined && there !== hash && ours[file] === undefined) throw inTheWay(join(tree, file));
    wanted[file] = hash ?? '';
    if (there !== hash) stale.push(file);
  }
  await writeRecord(tree, COPIES, { ...ours, ...wanted });
  for (const file of stale) await copyFile(join(overlay, file), join(tree, file));
  const gone = Object.keys(ours).filter((file) => wanted[file] === undefined);
  for (const file of gone) await removeFile(tree, file);
  await writeRecord(tree, COPIES, wanted);
  return { changed: stale.length, removed: gone.length };
}

/** Take our links and copies out of `tree`; gives how many there were. */
export async function removeOverlays(tree: string): Promise<number> {
  const links = await readRecord(tree, LINKS);
  for (const [at, target] of Object.entries(links)) {
    if ((await linkAt(join(tree, at))) === target) await rm(join(tree, at));
  }
  const copies = Object.keys(await readRecord(tree, COPIES));
  for (const file of copies) await removeFile(tree, file);
  await Promise.all([LINKS, COPIES].map((file) => rm(join(tree, file), { force: true })));
  return Object.keys(links).length + copies.length;
}

async function copyFile(from: string, to: string): Promise<void> {
  await writeFileWhole(to, await readFile(from));
  // Scripts of the overlay stay executable; all else of the mode is the umask's.
  if ((await stat(from)).mode & 0o100) await chmod(to, 0o755);
}

/** Remove a file and the folders that are empty without it. */
async function removeFile(tree: string, file: string): Promise<void> {
  await rm(join(tree, file), { force: true });
  for (let folder = dirname(file); folder !== '.'; folder = dirname(folder)) {
    try {
      await rmdir(join(tree, folder));
    } catch (error) {
      if (isCode(error, 'ENOTEMPTY', 'EEXIST')) return;
      if (!isCode(error, 'ENOENT')) throw error;
    }
  }
}

async function hashOf(file: string): Promise<string | undefined> {
  try {
    return createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

/** Where the link at `path` points; undefined where there is no link. */
async function linkAt(path: string): Promise<string | undefined> {
  if (!(await exists(path))) return undefined;
  return (await lstat(path)).isSymbolicLink() ? readlink(path) : undefined;
}

async function readRecord(tree: string, file: string): Promise<Ours> {
  return (await readOwnJson(join(tree, file), z.record(z.string(), z.string()))) ?? {};
}

async function writeRecord(tree: string, file: string, ours: Ours): Promise<void> {
  await mkdir(join(tree, RECORD_FOLDER), { recursive: true });
  await writeFileWhole(join(tree, file), `${JSON.stringify(ours, null, 2)}\n`);
}

function inTheWay(place: string): UsageError {
  return new UsageError(
    `${place} is in the way and is not ours`,
    'Move it away, or take a tree without it. bpmp-virt replaces only what it has put there itself.',
  );
}
