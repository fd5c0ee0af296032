// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { digestOf } from '../../../scripts/hard/memory.ts';
import { tmpDir } from '../../helpers/tmp-dir.ts';

const FILE = 'test/hard/a/b.test.ts';

test('what a pass rests on changes its digest, and nothing else does', async () => {
  const root = tmpDir('hard');
  const put = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  const lines = ['// inputs: overlay', '// tools: sh', '// labs: -', '// minutes: 1'];
  put(FILE, [...lines, "import { x } from '../../helpers/x.ts';"].join('\n'));
  put('test/helpers/x.ts', "export { x } from '../../src/x.ts';");
  put('src/x.ts', 'export const x = 1;');
  put('overlay/driver.c', 'int main;');
  put('elsewhere/driver.c', 'int main;');

  let before = await digestOf(root, FILE);
  const changes = async () => {
    const now = await digestOf(root, FILE);
    const changed = now !== before;
    before = now;
    return changed;
  };
  expect(await changes()).toBe(false);
  put('elsewhere/driver.c', 'int other;');
  expect(await changes()).toBe(false);
  for (const path of [
    'overlay/driver.c',
    'overlay/new.c',
    'src/x.ts',
    'test/helpers/x.ts',
    'package-lock.json',
  ]) {
    put(path, '// changed');
    expect(await changes(), path).toBe(true);
  }
});
