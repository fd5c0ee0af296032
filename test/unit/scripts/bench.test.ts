// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { rowSchema, rowValue, shown } from '../../../scripts/bench/row.ts';
import { markdown, plain } from '../../../scripts/bench/table.ts';

const count = { id: '1-a', what: 'accesses', unit: '', ours: [1], atMost: 1 };
const ratio = {
  ...{ id: '2-b', what: 'a | request', unit: 'us', ours: [10, 12, 11, 100] },
  against: { what: 'whole', samples: [230, 250, 240] },
  ...{ ratio: 'against/ours' as const, atLeast: 20 },
};
const machine = {
  ...{ cpu: 'CPU', cores: 2, memoryGiB: 24, system: 'Linux 6.12' },
  ...{ node: '20.19.0', commit: '0123456789ab+', date: '2026-11-28' },
};

test('the value of a row is a count, or the ratio of medians in the direction that it names', () => {
  expect(rowValue(count)).toBe(1);
  expect(rowValue(ratio)).toBeCloseTo(240 / 11.5);
  expect(rowValue({ ...ratio, ratio: 'ours/against' })).toBeCloseTo(11.5 / 240);
});

test('noise is shown where there was more than one sample', () => {
  expect(shown(count)).toEqual(['accesses', '1 ', '', '', '≤ 1']);
  expect(shown(ratio)).toEqual(['a | request', '11.5 us ±4 %', 'whole: 240 us ±2 %', '20.9 ×', '≥ 20']);
});

test('a table in Markdown escapes what would end a cell, and names the machine', () => {
  const text = markdown([ratio], machine);
  expect(text).toContain('| a \\| request |');
  expect(text).toMatch(/at 0123456789ab\+: CPU, 2 cores, 24 GiB, Linux 6.12, Node 20.19.0\.$/m);
  expect(plain([count, ratio]).split('\n')).toHaveLength(3);
});

test('a row without samples, or with a name that is a path, is refused', () => {
  expect(rowSchema.safeParse({ ...count, ours: [] }).success).toBe(false);
  expect(rowSchema.safeParse({ ...count, id: '../x' }).success).toBe(false);
});
