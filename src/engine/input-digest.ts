// SPDX-License-Identifier: Apache-2.0
import { createHash, type Hash } from 'node:crypto';
import { lstat, readdir, readlink, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { readBytes } from '../read-file.ts';

/**
 * sha256 of what is at `path`: a file's content, or all names, contents and link targets below a folder. A link counts with
 * what it leads to, wherever that is: who reads it gets that. Times and permission bits other than x are left out: a fresh
 * checkout of the same files gives the same digest. A path that is not there has a digest of its own.
 */
export async function digestPath(path: string): Promise<string> {
  const hash = createHash('sha256');
  await addPath(hash, path, '', []);
  return hash.digest('hex');
}

/** @param through real paths of the links that led here: one that leads into itself ends */
async function addPath(hash: Hash, root: string, name: string, through: readonly string[]): Promise<void> {
  const path = join(root, name);
  const info = await lstat(path).catch(() => undefined);
  if (info === undefined) {
    hash.update(`absent ${name}\0`);
  } else if (info.isSymbolicLink()) {
    hash.update(`link ${name}\0${await readlink(path)}\0`);
    const real = await realpath(path).catch(() => undefined);
    if (real === undefined || through.some((one) => one === real || one.startsWith(`${real}/`))) return;
    await addPath(hash, real, '', [...through, real]);
  } else if (info.isDirectory()) {
    hash.update(`folder ${name}\0`);
    for (const entry of (await readdir(path)).sort()) await addPath(hash, root, join(name, entry), through);
  } else {
    const content = await readBytes(path);
    hash.update(`file ${name}\0${(info.mode & 0o111) === 0 ? '-' : 'x'}${content.length}\0`).update(content);
  }
}
