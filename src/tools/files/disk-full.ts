// SPDX-License-Identifier: Apache-2.0
import { EnvironmentError } from '../../errors.ts';
import { isCode } from './is-code.ts';

/** A full disk, however it shows: as the system's error, or in the last words of a program. */
export function diskFull(error: unknown): EnvironmentError | undefined {
  const message = error instanceof Error ? error.message : String(error);
  if (!isCode(error, 'ENOSPC', 'EDQUOT') && !/No space left on device|Disk quota exceeded/i.test(message))
    return undefined;
  return new EnvironmentError(
    `the disk is full\n${message}`,
    'Make room and run the same command again: it goes on from here.',
    { cause: error },
  );
}
