// SPDX-License-Identifier: Apache-2.0
import { expect } from 'vitest';
import { UsageError } from '../../../src/errors.ts';
import { figure } from '../figures.ts';
import { mutate, random } from './mutate.ts';

const RUNS = 10_000;
/** Of processor time, so that what else the machine does is not counted. A sound tree takes some 20 ms. */
const MOST_MS = 2_000;
/** Over what was in use before, garbage included. */
const MOST_MIB = 256;

/**
 * Feed 10,000 mutations of `blob` to `use`: each ends, in time and within memory, with a result or with an error
 * that has a hint. Gives how many were refused.
 */
export function surviveMutations(
  what: string,
  blob: Uint8Array,
  seed: number,
  use: (mutation: Uint8Array) => void,
): number {
  const next = random(seed);
  const before = process.memoryUsage().heapUsed;
  let [refused, slowest, highest] = [0, 0, 0];
  for (let run = 0; run < RUNS; run += 1) {
    const mutation = mutate(blob, next);
    const start = process.cpuUsage();
    try {
      use(mutation);
    } catch (error) {
      if (!(error instanceof UsageError)) throw new Error(`mutation ${run} of ${what}`, { cause: error });
      refused += 1;
    }
    const { user, system } = process.cpuUsage(start);
    slowest = Math.max(slowest, (user + system) / 1000);
    highest = Math.max(highest, process.memoryUsage().heapUsed - before);
  }
  figure(`mutations of ${what}: refused`, refused, `of ${RUNS}`);
  figure(`mutations of ${what}: slowest`, Math.round(slowest), 'ms of processor', {
    atMost: MOST_MS,
    always: true,
  });
  figure(`mutations of ${what}: heap`, highest >> 20, 'MiB', { atMost: MOST_MIB, always: true });
  expect(refused).toBeGreaterThan(RUNS / 20);
  expect(refused).toBeLessThan(RUNS * 0.95);
  return refused;
}
