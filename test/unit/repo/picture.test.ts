// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const DOCS = join(import.meta.dirname, '../../../docs');

test('what the picture links to is there, and every part that is ours is linked', () => {
  const dot = readFileSync(join(DOCS, 'picture.dot'), 'utf8');
  const links = [...dot.matchAll(/URL="([^"]+)"/g)].map(([, link = '']) => link);
  expect(links.filter((link) => !existsSync(join(DOCS, link)))).toEqual([]);
  const ours = dot
    .split('\n')
    .filter((line) => /^\s*\w+ \[label="[^"]*(?:proxy|bpmp-scmi|nvidia-bpmp)/.test(line));
  expect(ours.filter((line) => !line.includes('URL='))).toEqual([]);
  expect(ours.length).toBe(links.length);
});
