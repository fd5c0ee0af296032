// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ID_HEADERS, parseTegraIds } from '../../../src/dt/tegra-ids.ts';
import { labKernelTree } from '../../helpers/lab/lab.ts';

const FILE = join(import.meta.dirname, '../../../src/dt/data/tegra234-ids.ts');

/** An object as the formatter would print it, one name a line. */
function literal(value: unknown, indent = ''): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const lines = Object.entries(value).map(
    ([name, part]) => `${indent}  ${name}: ${literal(part, `${indent}  `)},\n`,
  );
  return `{\n${lines.join('')}${indent}}`;
}

/** The data file as it must be: in the order of the headers. */
function dataFile(ids: object): string {
  return `// SPDX-License-Identifier: Apache-2.0
import type { TegraIds } from '../tegra-ids.ts';

/**
 * The numbers of Tegra234's BPMP clocks, resets, power domains and of its stream ids, for machines without a
 * kernel tree. Generated from the kernel's dt-bindings: \`npx vitest run test/e2e/dt/tegra234-ids.test.ts -u\`.
 */
export const TEGRA234_IDS: TegraIds = ${literal(ids)};
`;
}

test('the data file is what the kernel’s headers say', async () => {
  const tree = process.env['KSRC'] ?? (await labKernelTree());
  const read = (name: keyof typeof ID_HEADERS) => readFile(join(tree, ID_HEADERS[name]), 'utf8');
  const ids = parseTegraIds({
    clocks: await read('clocks'),
    resets: await read('resets'),
    powerDomains: await read('powerDomains'),
    streams: await read('streams'),
  });
  expect(Object.keys(ids.clocks).length).toBeGreaterThan(430);
  await expect(dataFile(ids)).toMatchFileSnapshot(FILE);
});
