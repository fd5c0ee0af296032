// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { listDevices } from '../../../src/dt/devices.ts';
import { printDts } from '../../../src/dt/dts-text.ts';
import { phandlesOf } from '../../../src/dt/tree.ts';
import { UsageError } from '../../../src/errors.ts';
import { reportDevice } from '../../../src/policy/device-report.ts';
import { figure } from '../../helpers/figures.ts';
import { makeFdt } from '../../helpers/make-fdt.ts';
import { mutate, random } from '../../helpers/mutate.ts';
import { factsOf, NVIDIA_TREE } from '../../helpers/nvidia-tree.ts';

/** All that the verbs do with a host's blob. */
function readWholly(blob: Uint8Array): 'sound' | 'refused' {
  try {
    const facts = factsOf(blob);
    for (const device of listDevices(facts.index, facts.notes)) reportDevice(device, facts);
    printDts(facts.index.tree, { references: phandlesOf(facts.index.tree) });
    return 'sound';
  } catch (error) {
    if (error instanceof UsageError) return 'refused';
    throw error;
  }
}

test('10,000 mutations of a tree give a result or an error with a hint: no crash, no hang, no heap', {
  timeout: 600_000,
}, () => {
  const blob = makeFdt(NVIDIA_TREE);
  const next = random(20_261_122);
  const counts = { sound: 0, refused: 0 };
  const before = process.memoryUsage().heapUsed;
  let [slowest, highest] = [0, 0];
  for (let run = 0; run < 10_000; run += 1) {
    const mutation = mutate(blob, next);
    const start = performance.now();
    counts[readWholly(mutation)] += 1;
    slowest = Math.max(slowest, performance.now() - start);
    highest = Math.max(highest, process.memoryUsage().heapUsed - before);
  }
  figure(`mutations of a device tree, ${counts.sound} sound: slowest`, Math.round(slowest), 'ms', {
    atMost: 1000,
  });
  figure('mutations of a device tree: heap', highest >> 20, 'MiB', { atMost: 256 });
  expect(counts.sound).toBeGreaterThan(500);
  expect(counts.refused).toBeGreaterThan(500);
  expect(slowest).toBeLessThan(10_000);
  expect(highest).toBeLessThan(512 << 20);
});
