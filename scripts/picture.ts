// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { instance } from '@viz-js/viz';

/** docs/picture.svg: docs/picture.dot as Graphviz draws it. The version of Graphviz is that of the package, so it is the same everywhere. */
export async function picture(): Promise<string> {
  const dot = await readFile('docs/picture.dot', 'utf8');
  const svg = (await instance()).renderString(dot, { format: 'svg' });
  const from = svg.indexOf('<svg');
  return `<!-- SPDX-License-Identifier: Apache-2.0 -->\n<!-- Drawn from picture.dot; \`npm run generate\` draws it anew. -->\n${svg.slice(from)}`;
}
