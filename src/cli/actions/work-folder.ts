// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { lstat, mkdir, realpath, rmdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { EnvironmentError, UsageError } from '../../errors.ts';
import { makeFolder } from '../../tools/files/make-folder.ts';
import { isCode } from '../../tools/files/write-file.ts';

/** Paths in which make and configure work. The kernel refuses blanks and colons, and sees through symlinks. */
const PLAIN = /^[\w@%+=,./-]+$/;

/**
 * The folder in which the work of `work` is really done: itself, or, where its name has blanks or other signs that the builds of
 * kernel and QEMU cannot build in, one below `cache`.
 */
export function plainWork(work: string, cache: string): string {
  if (PLAIN.test(work)) return work;
  const name = createHash('sha256').update(work).digest('hex').slice(0, 16);
  const base = PLAIN.test(cache) ? cache : `/var/tmp/bpmp-virt-${process.getuid?.() ?? 0}`;
  return join(base, 'work', name);
}

/**
 * Make `work` so that it can be worked in, and give the folder where that is really done: where that is another one,
 * `work` becomes a link to it.
 *
 * @throws {UsageError} `work` is a folder with something in it, and nothing can be built below its name
 */
export async function openWork(work: string, cache: string): Promise<string> {
  const real = plainWork(work, cache);
  if (real !== work && real.startsWith('/var/tmp/')) await takeShared(real.split('/').slice(0, 4).join('/'));
  await makeFolder(real);
  if (real === work) return work;
  if (await isLinkTo(work, real)) return real;
  try {
    await rmdir(work);
  } catch (error) {
    if (isCode(error, 'ENOTEMPTY', 'ENOTDIR')) {
      throw new UsageError(
        `nothing can be built in '${work}': neither kernel nor QEMU builds in a path with blanks, quotes or colons`,
        'Give a folder that is empty or not there yet, which becomes a link to a plain place, or one with a plain name.',
      );
    }
    if (!isCode(error, 'ENOENT')) throw error;
  }
  await makeFolder(dirname(work));
  await symlink(real, work);
  return real;
}

/**
 * Make `folder`, which lies where everybody may make folders, ours by name as well; nothing is made below one of somebody else's.
 *
 * @throws {EnvironmentError} `folder` is not the user's alone
 */
export async function takeShared(folder: string): Promise<void> {
  await mkdir(folder, { mode: 0o700 }).catch((error: unknown) => {
    if (!isCode(error, 'EEXIST')) throw error;
  });
  const info = await lstat(folder);
  if (info.isDirectory() && info.uid === process.getuid?.() && (info.mode & 0o022) === 0) return;
  throw new EnvironmentError(
    `${folder} belongs to somebody else, or others may write there`,
    'Set XDG_CACHE_HOME to a folder of yours without blanks in its name, or give a work folder with a plain name.',
  );
}

async function isLinkTo(work: string, real: string): Promise<boolean> {
  try {
    return (await lstat(work)).isSymbolicLink() && (await realpath(work)) === (await realpath(real));
  } catch (error) {
    if (isCode(error, 'ENOENT')) return false;
    throw error;
  }
}
