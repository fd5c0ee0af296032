// SPDX-License-Identifier: Apache-2.0
import { UsageError } from '../../errors.ts';

/** A week: more is a mistake, and Node's timers end at 24 days. */
const MOST = 7 * 24 * 3600;

/** A flag's value in seconds. @throws {UsageError} it is not a whole number of them */
export function seconds(text: string): number {
  if (/^\d{1,6}$/.test(text) && Number(text) <= MOST) return Number(text);
  throw new UsageError(
    `'${text}' is not a number of seconds`,
    `Write a whole number from 0 to ${MOST}, for example 900.`,
  );
}
