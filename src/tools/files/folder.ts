// SPDX-License-Identifier: Apache-2.0
import { lstat, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { makeFolder } from './make-folder.ts';
import { isCode, syncFolder } from './write-file.ts';

/** Whether something, be it a dangling link, is at `path`. */
export async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}

/**
 * Fill a folder whole or not at all: `fill` gets an empty folder beside `into`, which is renamed to `into` when
 * `fill` is done. What a killed run left aside is removed first, and what it had taken away is put back; an older `into` is replaced.
 *
 * @param guard called when all is there, before it takes the place of an older `into`: throws where that must stay
 * @throws what `fill` and `guard` throw; `into` is then as it was
 */
export async function fillFolder(
  into: string,
  fill: (aside: string) => Promise<void>,
  guard: () => Promise<void> = async () => undefined,
): Promise<void> {
  const parent = dirname(into);
  const aside = join(parent, `.${basename(into)}.part`);
  const old = join(parent, `.${basename(into)}.old`);
  await makeFolder(parent);
  // Cut off between its two renames: what was there comes back, for `guard` to look at.
  if (!(await exists(into)) && (await exists(old))) await rename(old, into);
  await Promise.all([aside, old].map((path) => rm(path, { recursive: true, force: true })));
  await mkdir(aside);
  try {
    await fill(aside);
    await guard();
  } catch (error) {
    // Half a tree would keep a full disk full. Who filled it may still be at its last write; what then stays, the next run removes.
    await rm(aside, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 }).catch(() => undefined);
    throw error;
  }
  if (await exists(into)) await rename(into, old);
  await rename(aside, into);
  await syncFolder(parent);
  await rm(old, { recursive: true, force: true });
}

/** Paths of all files and links below `root`, relative to it, sorted by code unit; folders are walked, not listed. */
export async function listFiles(root: string): Promise<readonly string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();
}

/** Move all of `from` into `into`: folders are merged, anything else replaces what is there. */
export async function mergeFolder(from: string, into: string): Promise<void> {
  await makeFolder(into);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(into, entry.name)];
    const there = await lstat(target).catch(() => undefined);
    if (entry.isDirectory() && there?.isDirectory()) {
      await mergeFolder(source, target);
    } else {
      await rm(target, { recursive: true, force: true });
      await rename(source, target);
    }
  }
}
