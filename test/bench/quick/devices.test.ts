// SPDX-License-Identifier: Apache-2.0
import process from 'node:process';
import { expect, it } from 'vitest';
import { eachDevice } from '../../../src/dt/devices.ts';
import { reportDevices } from '../../../src/policy/device-report.ts';
import { formatTable } from '../../../src/policy/format-report.ts';
import { inTurn, row } from '../../helpers/bench/row.ts';
import { factsOf } from '../../helpers/trees/nvidia-tree.ts';
import { rowOfUarts } from '../../helpers/trees/row-of-uarts.ts';

/** ms of processor for the table of the devices of a tree, from the blob. */
const table = (blob: Buffer, count: number) => async (): Promise<number> => {
  const start = process.cpuUsage();
  const facts = factsOf(blob);
  const text = formatTable(
    reportDevices(eachDevice(facts.index, facts.notes), facts),
    Number.POSITIVE_INFINITY,
  );
  const { user, system } = process.cpuUsage(start);
  expect(text.split('\n').length).toBeGreaterThan(count);
  return (user + system) / 1000;
};

it('ten times the devices take ten times the time', async () => {
  const own = (at: number) => ({ clocks: [2, 1000 + at, 2, 102], resets: [2, 1000 + at] });
  const few = rowOfUarts(2_000, own);
  const many = rowOfUarts(20_000, own);
  const { ours, theirs } = await inTurn(5, table(many, 20_000), table(few, 2_000));
  await row({
    id: '7-devices',
    what: '`devices` on a tree of 20,000',
    unit: 'ms of processor',
    ours,
    against: { what: 'of 2,000', samples: theirs },
    // Ten would be linear; the collector of garbage has more to do in the larger heap.
    atMost: 15,
  });
});
