// SPDX-License-Identifier: Apache-2.0
import { open } from 'node:fs/promises';

/**
 * Append one line to a file that several processes may write at the same time, and flush it to the disk. A part of a
 * line that a power cut left is ended first, so that every other line stays whole.
 *
 * @param line without its end
 * @throws what the file system says (ENOSPC, EACCES …)
 */
export async function appendLine(path: string, line: string): Promise<void> {
  const file = await open(path, 'a+');
  try {
    const { size } = await file.stat();
    const last = new Uint8Array(1);
    if (size > 0) await file.read(last, 0, 1, size - 1);
    const isTorn = size > 0 && last[0] !== '\n'.charCodeAt(0);
    // One write a line: O_APPEND keeps those of others off it.
    await file.write(`${isTorn ? '\n' : ''}${line}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
}
