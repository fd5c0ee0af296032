// SPDX-License-Identifier: Apache-2.0
import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { UsageError } from '../../errors.ts';

/** How often a file is looked at, ms: inotify would miss files on some network file systems. */
const POLL_MS = 100;

/**
 * Give `onLine` every whole line of a file, and with `follow` those that are added, until `signal` says to stop.
 *
 * @throws {UsageError} the file cannot be opened
 */
export async function followFile(
  path: string,
  onLine: (line: string) => void,
  { follow, signal }: { readonly follow: boolean; readonly signal: AbortSignal },
): Promise<void> {
  const file = await open(path).catch((cause: Error) => {
    throw new UsageError(`${path} cannot be read: ${cause.message}`, 'Name the file that the model writes.', {
      cause,
    });
  });
  const buffer = Buffer.alloc(64 * 1024);
  let rest = '';
  try {
    while (!signal.aborted) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length);
      if (bytesRead === 0 && !follow) return;
      if (bytesRead === 0) await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
      const lines = (rest + buffer.toString('utf8', 0, bytesRead)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) onLine(line);
    }
  } finally {
    await file.close();
  }
}
