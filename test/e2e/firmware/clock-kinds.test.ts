// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readClockKinds } from '../../helpers/clock-kinds.ts';
import { labKernelTree } from '../../helpers/lab/lab.ts';

const FILE = join(import.meta.dirname, '../../../src/firmware/data/clock-kinds.ts');

/** Words on lines of at most 100 columns. */
function wrap(words: string): string {
  return words.replace(/(.{1,98})(?: |$)/g, '$1\n').trim();
}

/** The data file as it must be. */
function dataFile(kinds: Readonly<Record<string, string>>): string {
  const parts = Object.entries(kinds).map(([kind, names]) => `  ${kind}: \`\n${wrap(names)}\`,\n`);
  return `// SPDX-License-Identifier: Apache-2.0

/**
 * What the comments of the kernel's tegra234-clock.h say of each clock: the hardware that gives it, and the names.
 * Generated: \`npx vitest run test/e2e/firmware/clock-kinds.test.ts -u\`.
 */
export const CLOCK_KINDS = {
${parts.join('')}};
`;
}

test('the data file is what the kernel’s header says', async () => {
  const tree = await labKernelTree();
  const kinds = readClockKinds(
    await readFile(join(tree, 'include/dt-bindings/clock/tegra234-clock.h'), 'utf8'),
  );
  expect(Object.values(kinds).join(' ').split(' ')).toHaveLength(435);
  await expect(dataFile(kinds)).toMatchFileSnapshot(FILE);
});
