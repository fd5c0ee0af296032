// SPDX-License-Identifier: Apache-2.0
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import process from 'node:process';

/** Where `name` is on PATH, or undefined. */
export async function findProgram(name: string, path = searchPath()): Promise<string | undefined> {
  for (const folder of path.split(delimiter)) {
    const file = join(folder === '' ? '.' : folder, name);
    try {
      await access(file, constants.X_OK);
      return file;
    } catch {
      // Not here, or not to be run: the next folder may have it.
    }
  }
  return undefined;
}

function searchPath(): string {
  const { PATH = '' } = process.env;
  return PATH;
}

/** Whether `name` can be run. */
export async function hasProgram(name: string): Promise<boolean> {
  return (await findProgram(name)) !== undefined;
}
