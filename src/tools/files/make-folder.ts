// SPDX-License-Identifier: Apache-2.0
import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { EnvironmentError } from '../../errors.ts';
import { isCode } from './is-code.ts';

/**
 * Make a folder and those above it that are missing; one that is there is left as it is. The only way in which folders are made with
 * those above them: Node's own `recursive` never ends where a folder is there and takes none (/proc), and no signal ends it.
 *
 * @throws {EnvironmentError} a file is in the way, or the file system takes no folders there
 * @throws what the system says (EACCES, EROFS, ENOSPC …)
 */
export async function makeFolder(path: string): Promise<void> {
  for (const folder of await missingOf(resolve(path))) {
    try {
      await mkdir(folder);
    } catch (error) {
      // Another process may have made it in the meantime.
      if (isCode(error, 'EEXIST') && (await isFolder(folder))) continue;
      throw isCode(error, 'EEXIST', 'ENOTDIR', 'ENOENT') ? refused(folder, error) : error;
    }
  }
}

/** Those of `path` and the folders above it that are not there, the outermost first. */
async function missingOf(path: string): Promise<readonly string[]> {
  const missing: string[] = [];
  for (let at = path; at !== dirname(at) && !(await isFolder(at)); at = dirname(at)) missing.unshift(at);
  return missing;
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}

function refused(folder: string, cause: unknown): EnvironmentError {
  const message = isCode(cause, 'ENOENT')
    ? `no folder can be made in ${dirname(folder)}, so not ${folder}`
    : `${folder} is wanted as a folder, and something else is there`;
  return new EnvironmentError(
    message,
    'Name another folder: --work DIR for the work, XDG_CACHE_HOME for the cache.',
    { cause },
  );
}
