// SPDX-License-Identifier: Apache-2.0
import { UsageError } from '../errors.ts';
import { isCode } from '../tools/files/write-file.ts';
import { lastErrors, recogniseFailure } from './flash-signatures.ts';
import { tailOf } from './log-tail.ts';

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

const HINT = 'Name the log that the scripts wrote.';

async function readTail(file: string): Promise<string> {
  try {
    return await tailOf(file);
  } catch (cause) {
    if (cause instanceof UsageError) throw new UsageError(`${file} is not a file`, HINT, { cause });
    if (!isCode(cause, 'ENOENT', 'ENOTDIR', 'EACCES')) throw cause;
    throw new UsageError(`${file} cannot be read`, HINT, { cause });
  }
}
