// SPDX-License-Identifier: Apache-2.0
import { UsageError } from '../../errors.ts';

/** A week: more is a mistake, and Node's timers end at 24 days. */
const MOST_SECONDS = 7 * 24 * 3600;
/** Of QEMU's virt machine. */
const MOST_CPUS = 512;

/** A flag's value in seconds. @throws {UsageError} it is not a whole number of them */
export function seconds(text: string): number {
  return whole(text, 'a number of seconds', 0, MOST_SECONDS, 900);
}

/** How many processes may run at once. @throws {UsageError} it is not a whole number above 0 */
export function jobs(text: string): number {
  return whole(text, 'a number of processes', 1, 4096, 2);
}

/** How many CPUs a guest has. @throws {UsageError} it is not a whole number that QEMU takes */
export function cpus(text: string): number {
  return whole(text, 'a number of CPUs', 1, MOST_CPUS, 2);
}

/** The size of a guest's memory as QEMU's -m takes it: `512M`. @throws {UsageError} it is not one, or less than a kernel boots with */
export function memory(text: string): string {
  const [, number = '', unit = 'M'] = /^(\d{1,7})([MG]?)$/.exec(text) ?? [];
  const mib = Number(number) * (unit === 'G' ? 1024 : 1);
  if (number !== '' && mib >= 64 && mib <= 1024 * 1024) return text;
  throw new UsageError(
    `'${text}' is not a size of memory`,
    'Write it in M or G, from 64M on, for example 512M.',
  );
}

/** The size of an image, in MiB: `800M`, `4G`. @throws {UsageError} it is not one */
export function mebibytes(text: string): number {
  const [, number = '', unit] = /^([1-9]\d{0,4})([MG])$/.exec(text) ?? [];
  if (number !== '') return Number(number) * (unit === 'G' ? 1024 : 1);
  throw new UsageError(`'${text}' is not a size of an image`, 'Write it in M or G, for example 4G.');
}

function whole(text: string, what: string, least: number, most: number, example: number): number {
  if (/^\d{1,7}$/.test(text) && Number(text) >= least && Number(text) <= most) return Number(text);
  throw new UsageError(
    `'${text}' is not ${what}`,
    `Write a whole number from ${least} to ${most}, for example ${example}.`,
  );
}
