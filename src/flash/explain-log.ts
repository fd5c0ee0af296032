// SPDX-License-Identifier: Apache-2.0
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { UsageError } from '../errors.ts';
import { isCode } from '../tools/files/write-file.ts';
import { LOG_BYTES, lastErrors, recogniseFailure } from './flash-signatures.ts';

/**
 * What a log says that somebody kept: NVIDIA's scripts' own, SDK Manager's, ours.
 *
 * @throws {UsageError} there is no such file, or it is none
 */
export async function explainLog(file: string): Promise<string> {
  const log = await readTail(file);
  const known = recogniseFailure(log);
  if (known !== undefined) {
    const detail = known.detail === undefined ? [] : [`        ${known.detail}`];
    return [`${known.name}: ${known.what}`, ...detail, `line    ${known.line}`, `->      ${known.hint}`].join(
      '\n',
    );
  }
  const errors = lastErrors(log);
  return [
    'no failure that is known; the last lines that speak of an error, or the last ones:',
    ...errors,
  ].join('\n');
}

async function readTail(file: string): Promise<string> {
  try {
    // A pipe would block.
    const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const info = await handle.stat();
      if (!info.isFile())
        throw new UsageError(`${file} is not a file`, 'Name the log that the scripts wrote.');
      const from = Math.max(0, info.size - LOG_BYTES);
      const bytes = Buffer.alloc(info.size - from);
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, from);
      return bytes.subarray(0, bytesRead).toString('utf8');
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!isCode(error, 'ENOENT', 'ENOTDIR', 'EACCES')) throw error;
    throw new UsageError(`${file} cannot be read`, 'Name the log that the scripts wrote.');
  }
}
