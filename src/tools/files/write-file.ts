// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isCode } from './is-code.ts';
import { makeFolder } from './make-folder.ts';

export { isCode };

/** What a file that is new gets, before the umask takes its bits away. */
const NEW_FILE_MODE = 0o666;

/**
 * Write a file whole or not at all: aside in the same folder, flushed to the disk, then renamed over the old one.
 * Folders above it are made. A file that exists keeps its permission bits unless `mode` says otherwise; a `mode`
 * that is given is not narrowed by the umask.
 *
 * @throws what the file system says (ENOSPC, EACCES …); the old file, if any, is then untouched
 */
export async function writeFileWhole(
  path: string,
  data: string | Uint8Array,
  options: { readonly mode?: number } = {},
): Promise<void> {
  const folder = dirname(path);
  await makeFolder(folder);
  const mode = options.mode ?? (await modeOf(path));
  const aside = join(folder, `.${basename(path)}.${process.pid}-${randomBytes(4).toString('hex')}.part`);
  const file = await open(aside, 'wx', NEW_FILE_MODE);
  try {
    if (mode !== undefined) await file.chmod(mode);
    await file.writeFile(data);
    await file.sync();
    await file.close();
    await rename(aside, path);
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(aside, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncFolder(folder);
}

/** Make a rename in `folder` survive a power cut. A file system that cannot flush a folder is left alone. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } catch (error) {
    if (!isCode(error, 'EINVAL', 'EPERM', 'EBADF')) throw error;
  } finally {
    await handle.close();
  }
}

/** Give `file` a name beside `into` that tells its sha256, `found`; gives that name. */
export async function setAside(file: string, into: string, found: string): Promise<string> {
  const bad = `${into}.bad-${found.slice(0, 12)}`;
  await rename(file, bad);
  return bad;
}

async function modeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mode & 0o7777;
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
