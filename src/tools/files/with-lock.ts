// SPDX-License-Identifier: Apache-2.0
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { lockOpenFile } from './flock.ts';
import { makeFolder } from './make-folder.ts';

/** How long to wait before a lock that somebody else has is asked for again. */
const ASK_EVERY_MS = 300;

/**
 * Run `action` alone among all processes that use the lock `file`; waits for those that came before. The lock ends with
 * this process, whatever kills it. The file stays: a lock is of the file, not of its name.
 *
 * @throws {EnvironmentError} flock is not installed or the file system knows no locks
 */
export async function withLock<T>(
  file: string,
  signal: AbortSignal | undefined,
  action: () => Promise<T>,
): Promise<T> {
  await makeFolder(dirname(file));
  const handle = await open(file, 'a');
  try {
    while (!lockOpenFile(handle.fd)) await pause(ASK_EVERY_MS, undefined, signal && { signal });
    return await action();
  } finally {
    await handle.close();
  }
}
