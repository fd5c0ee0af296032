// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ID_HEADERS, parseTegraIds } from '../src/dt/tegra-ids.ts';

/** An object as the formatter would print it, one name per line. */
function literal(value: unknown, indent = ''): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const lines = Object.entries(value).map(
    ([name, part]) => `${indent}  ${name}: ${literal(part, `${indent}  `)},\n`,
  );
  return `{\n${lines.join('')}${indent}}`;
}

/** src/dt/data/tegra234-ids.ts as the headers of the kernel tree `tree` say it, in their order. */
export async function tegraIdsFile(tree: string): Promise<string> {
  const read = (name: keyof typeof ID_HEADERS) => readFile(join(tree, ID_HEADERS[name]), 'utf8');
  const ids = parseTegraIds({
    clocks: await read('clocks'),
    resets: await read('resets'),
    powerDomains: await read('powerDomains'),
    streams: await read('streams'),
  });
  return `// SPDX-License-Identifier: Apache-2.0
import type { TegraIds } from '../tegra-ids.ts';

/**
 * The numbers of Tegra234's BPMP clocks, resets, power domains and of its stream ids, for machines without a
 * kernel tree. Generated from the kernel's dt-bindings: \`npm run generate -- --kernel TREE\`.
 */
export const TEGRA234_IDS: TegraIds = ${literal(ids)};
`;
}
