// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { UsageError } from '../../../src/errors.ts';
import { lockFileOf, readLock } from '../../../src/recipe/lock-file.ts';
import { tmpDir } from '../../helpers/tmp-dir.ts';

test.each([
  ['/r/mine', '/r/mine.lock.yaml'],
  ['/r/mine.yaml', '/r/mine.lock.yaml'],
  ['/r/mine.yml', '/r/mine.lock.yaml'],
  ['/r/mine.txt', '/r/mine.txt.lock.yaml'],
])('the lock file of %s is never the recipe itself', (file, lock) => {
  expect(lockFileOf(file)).toBe(lock);
});

test('a lock file that is there and cannot be read counts as no absent one', async () => {
  const folder = tmpDir();
  expect(await readLock(join(folder, 'none.lock.yaml'))).toBeUndefined();
  mkdirSync(join(folder, 'dir.lock.yaml'));
  writeFileSync(join(folder, 'bad.lock.yaml'), 'pins: [');
  for (const name of ['dir', 'bad'])
    await expect(readLock(join(folder, `${name}.lock.yaml`))).rejects.toThrow(UsageError);
});
