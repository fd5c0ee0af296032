// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { UsageError } from '../../errors.ts';
import { openRegular } from '../../read-file.ts';

/** How often a file is looked at, ms: inotify would miss files on some network file systems. */
const POLL_MS = 100;
/** Longest line, in characters: the longest of a transcript has a few hundred. */
const LINE_MOST = 2 ** 20;

/**
 * Give `onLine` every whole line of a file, and with `follow` those that are added, until `signal` says to stop.
 *
 * @throws {UsageError} the file cannot be opened, is not a regular one, or has a line without an end
 */
export async function followFile(
  path: string,
  onLine: (line: string) => void,
  { follow, signal }: { readonly follow: boolean; readonly signal: AbortSignal },
): Promise<void> {
  const { file } = await openRegular(path).catch((cause: Error) => {
    if (cause instanceof UsageError) throw cause;
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
      if (rest.length > LINE_MOST)
        throw new UsageError(
          `${path} has a line of more than ${LINE_MOST} characters`,
          'Name the file that the model writes.',
        );
    }
  } finally {
    await file.close();
  }
}
