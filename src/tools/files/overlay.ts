// SPDX-License-Identifier: Apache-2.0
import { chmod, realpath, rename, rm, stat, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { UsageError } from '../../errors.ts';
import { readBytes } from '../../read-file.ts';
import { removeFile } from './file-undo.ts';
import { exists, listFiles } from './folder.ts';
import { hashOf, isOneOf, linkAt, readRecord, TREE_RECORDS, writeRecord } from './tree-records.ts';
import { writeFileWhole } from './write-file.ts';

const { links: LINKS, copies: COPIES } = TREE_RECORDS;

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
 * @throws {UsageError} the tree has a file of its own in that place, or somebody changed what we had copied there
 */
export async function copyOver(tree: string, overlay: string): Promise<{ changed: number; removed: number }> {
  const ours = await readRecord(tree, COPIES);
  const files = await listFiles(overlay);
  const wanted: Record<string, string> = {};
  const both: Record<string, string> = {};
  const stale: string[] = [];
  for (const file of files) {
    const hash = (await hashOf(join(overlay, file), true)) ?? '';
    const there = await hashOf(join(tree, file));
    const before = ours[file] ?? '';
    if (there !== undefined && there !== hash && !isOneOf(there, before)) throw inTheWay(join(tree, file));
    wanted[file] = hash;
    // A run that is cut off may leave either.
    both[file] = `${before} ${hash}`.trim();
    if (there !== hash) stale.push(file);
  }
  const gone = Object.keys(ours).filter((file) => wanted[file] === undefined);
  for (const file of gone) await refuseEdited(tree, file, ours[file] ?? '');
  await writeRecord(tree, COPIES, { ...ours, ...both });
  for (const file of stale) await copyFile(join(overlay, file), join(tree, file));
  for (const file of gone) await removeFile(tree, file);
  await writeRecord(tree, COPIES, wanted);
  return { changed: stale.length, removed: gone.length };
}

/** Whether every file that was copied into `tree` is there as it was copied. */
export async function copiesAreWhole(tree: string): Promise<boolean> {
  for (const [file, hash] of Object.entries(await readRecord(tree, COPIES))) {
    if ((await hashOf(join(tree, file))) !== hash) return false;
  }
  return true;
}

/** @throws {UsageError} a copy that is to be removed has been edited */
async function refuseEdited(tree: string, file: string, ours: string): Promise<void> {
  const there = await hashOf(join(tree, file));
  if (there === undefined || isOneOf(there, ours)) return;
  throw new UsageError(
    `${join(tree, file)} was copied there by bpmp-virt and has been changed since`,
    'Take your change to the overlay that it comes from, or move the file away.',
  );
}

/**
 * Take our links and copies out of `tree`; gives how many there were.
 *
 * @throws {UsageError} a copy has been edited; nothing has been taken out
 */
export async function removeOverlays(tree: string): Promise<number> {
  const [links, copied] = await Promise.all([readRecord(tree, LINKS), readRecord(tree, COPIES)]);
  for (const [file, hash] of Object.entries(copied)) await refuseEdited(tree, file, hash);
  for (const [at, target] of Object.entries(links)) {
    if ((await linkAt(join(tree, at))) === target) await rm(join(tree, at));
  }
  const copies = Object.keys(copied);
  for (const file of copies) await removeFile(tree, file);
  await Promise.all([LINKS, COPIES].map((file) => rm(join(tree, file), { force: true })));
  return Object.keys(links).length + copies.length;
}

async function copyFile(from: string, to: string): Promise<void> {
  await writeFileWhole(to, await readBytes(from));
  // Scripts of the overlay stay executable; all else of the mode is the umask's.
  if ((await stat(from)).mode & 0o100) await chmod(to, 0o755);
}

function inTheWay(place: string): UsageError {
  return new UsageError(
    `${place} is in the way and is not ours`,
    'Move it away, or take a tree without it. bpmp-virt replaces only what it has put there itself.',
  );
}
