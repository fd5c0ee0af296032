// SPDX-License-Identifier: Apache-2.0
import { BpmpVirtError, EnvironmentError } from '../errors.ts';
import { isCode } from '../tools/files/write-file.ts';

/** A full disk, however it shows: as an error of ours, or in the last words of a program. */
export function diskFull(error: unknown): EnvironmentError | undefined {
  const text = error instanceof BpmpVirtError ? error.message : '';
  if (!isCode(error, 'ENOSPC', 'EDQUOT') && !/No space left on device|Disk quota exceeded/i.test(text))
    return undefined;
  const message = error instanceof Error ? error.message : String(error);
  return new EnvironmentError(
    `the disk is full\n${message}`,
    'Make room and run the same command again: it goes on from here.',
    { cause: error },
  );
}
