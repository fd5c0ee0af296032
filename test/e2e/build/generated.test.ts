// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { GENERATED_FROM_KERNEL } from '../../../scripts/generated.ts';
import { TEGRA234_IDS } from '../../../src/dt/data/tegra234-ids.ts';
import { CLOCK_KINDS } from '../../../src/firmware/data/clock-kinds.ts';
import { labKernelTree } from '../../helpers/lab/lab.ts';

test.each(Object.entries(GENERATED_FROM_KERNEL))(
  '%s is what the kernel’s headers say',
  async (file, make) => {
    const tree = process.env['KSRC'] ?? (await labKernelTree());
    expect(await readFile(join(import.meta.dirname, '../../..', file), 'utf8')).toBe(await make(tree));
  },
);

test('the files hold all of the kernel’s names', () => {
  expect(Object.keys(TEGRA234_IDS.clocks).length).toBeGreaterThan(430);
  expect(Object.values(CLOCK_KINDS).join(' ').trim().split(/\s+/)).toHaveLength(435);
});
