// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import process from 'node:process';
import { expect } from 'vitest';
import { type BenchRow, rowValue, shown } from '../../../scripts/bench/row.ts';
import { writeFileWhole } from '../../../src/tools/files/write-file.ts';

/**
 * Write down a row of the table, and hold it against its goal. With BPMP_VIRT_BENCH=DIR the row is left there as ID.json.
 *
 * @throws an assertion where the goal is missed, unless the row says that it is (`missed`); also where it says so and is not
 */
export async function row(row: BenchRow): Promise<void> {
  const { BPMP_VIRT_BENCH: folder = '' } = process.env;
  process.stdout.write(`bench: ${shown(row).join('  ')}\n`);
  if (folder !== '') await writeFileWhole(join(folder, `${row.id}.json`), `${JSON.stringify(row)}\n`);
  const value = rowValue(row);
  if (row.atMost !== undefined) expect(value, `${row.what}: at most`).toBeLessThanOrEqual(row.atMost);
  if (row.atLeast !== undefined) expect(value, `${row.what}: at least`).toBeGreaterThanOrEqual(row.atLeast);
}

/** Measure two ways of one thing in turn, `rounds` times each after one round that is not counted: what the machine does meanwhile hits both. */
export async function inTurn(
  rounds: number,
  ours: () => Promise<number>,
  theirs: () => Promise<number>,
): Promise<{ readonly ours: number[]; readonly theirs: number[] }> {
  await ours();
  await theirs();
  const taken = { ours: [] as number[], theirs: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    taken.ours.push(await ours());
    taken.theirs.push(await theirs());
  }
  return taken;
}
