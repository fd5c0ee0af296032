// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { eachDevice } from '../../../src/dt/devices.ts';
import { reportDevices } from '../../../src/policy/device-report.ts';
import { formatTable } from '../../../src/policy/format-report.ts';
import { figure } from '../../helpers/figures.ts';
import type { NodeSpec } from '../../helpers/trees/make-fdt.ts';
import { factsOf } from '../../helpers/trees/nvidia-tree.ts';
import { rowOfUarts } from '../../helpers/trees/row-of-uarts.ts';

const NISO0 = 3;
/** What the devices share: the worst for whoever walks all users of an id, or all senders of a stream, for each. */
const KINDS: readonly (readonly [string, number, (at: number) => NodeSpec])[] = [
  ['20,000 devices', 20_000, (at) => ({ clocks: [2, 1000 + at, 2, 102], resets: [2, 1000 + at] })],
  ['4,000 devices of one clock and reset', 4000, () => ({ clocks: [2, 155], resets: [2, 100] })],
  [
    '4,000 devices of one group',
    4000,
    (at) => ({ compatible: 'nvidia,tegra234-vic', clocks: [2, 1000 + at] }),
  ],
  ['4,000 devices of one stream', 4000, (at) => ({ clocks: [2, 1000 + at], iommus: [NISO0, 6] })],
];

/** Processor time (ms) of the whole table, the least of some runs: what else the machine does only adds. */
function cheapest(blob: Buffer, runs: number): number {
  const times = Array.from({ length: runs }, () => {
    const start = process.cpuUsage();
    const facts = factsOf(blob);
    formatTable(reportDevices(eachDevice(facts.index, facts.notes), facts), Number.POSITIVE_INFINITY, true);
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1000;
  });
  return Math.min(...times);
}

describe('cost', () => {
  test('is linear: eight times the devices of one clock, at most sixteen times the time', {
    timeout: 60_000,
  }, () => {
    const shared = () => ({ clocks: [2, 155], resets: [2, 100], iommus: [NISO0, 6] });
    const [few, many] = [1000, 8000].map((count) => cheapest(rowOfUarts(count, shared), 3)) as [
      number,
      number,
    ];
    figure('devices: time of 8,000 by that of 1,000', Math.round((10 * many) / few) / 10, 'times');
    // Looking at all users of an id for each of them costs 64 times.
    expect(many / few).toBeLessThan(16);
  });
  test.each(KINDS)('%s: a table in a second', { timeout: 60_000 }, (what, count, of) => {
    const blob = rowOfUarts(count, of);
    const start = process.cpuUsage();
    const facts = factsOf(blob);
    const reports = reportDevices(eachDevice(facts.index, facts.notes), facts);
    const table = formatTable(reports, Number.POSITIVE_INFINITY, true);
    const { user, system } = process.cpuUsage(start);
    expect(table.split('\n').length).toBeGreaterThan(count);
    const ms = Math.round((user + system) / 1000);
    figure(`devices: table of ${what}`, ms, 'ms of processor', { atMost: 1000 });
    // It took 14 s and over five minutes: a machine that is busy is told from that.
    expect(ms).toBeLessThan(5000);
  });
});
