// SPDX-License-Identifier: Apache-2.0
import { expect } from 'vitest';

/**
 * Print a measured figure, with the bound that the project wants. Figures that depend on how fast the machine is
 * and on what else runs there fail a test only where BPMP_VIRT_FIGURES=1 says that the machine is quiet; exact
 * counts (`always`) fail it everywhere.
 */
export function figure(
  what: string,
  value: number,
  unit: string,
  bound: { readonly atLeast?: number; readonly atMost?: number; readonly always?: true } = {},
): void {
  const wanted =
    bound.atLeast !== undefined
      ? ` (wanted: at least ${bound.atLeast})`
      : bound.atMost !== undefined
        ? ` (wanted: at most ${bound.atMost})`
        : '';
  process.stdout.write(`figure: ${what}: ${value} ${unit}${wanted}\n`);
  if (bound.always !== true && process.env['BPMP_VIRT_FIGURES'] !== '1') return;
  if (bound.atLeast !== undefined) expect(value, what).toBeGreaterThanOrEqual(bound.atLeast);
  if (bound.atMost !== undefined) expect(value, what).toBeLessThanOrEqual(bound.atMost);
}

/** Do it five times; the last result, and the time (ms) in the middle: the first run brings the program from the disk. */
export async function fiveTimes<T extends { readonly ms: number }>(action: () => Promise<T>): Promise<T> {
  const results: T[] = [];
  for (let run = 0; run < 5; run++) results.push(await action());
  const [, , middle] = results.map(({ ms }) => ms).sort((a, b) => a - b);
  return { ...(results.at(-1) as T), ms: middle as number };
}
