// SPDX-License-Identifier: Apache-2.0
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fillFolder } from '../../../../src/tools/files/folder.ts';
import { tmpDir } from '../../../helpers/tmp-dir.ts';

test('killed between its two renames, a folder that was there comes back before anything takes its place', async () => {
  const dir = tmpDir('fill');
  const into = join(dir, 'tree');
  await fillFolder(into, (aside) => writeFile(join(aside, 'file'), 'old'));
  await mkdir(join(dir, '.tree.part'));
  await rename(into, join(dir, '.tree.old'));
  const full = fillFolder(into, async () => Promise.reject(new Error('no room')));
  await expect(full).rejects.toThrow('no room');
  expect(await readdir(dir)).toEqual(['tree']);
  expect(await readFile(join(into, 'file'), 'utf8')).toBe('old');

  await rename(into, join(dir, '.tree.old'));
  const guarded = fillFolder(
    into,
    (aside) => writeFile(join(aside, 'file'), 'new'),
    async () => {
      if ((await readFile(join(into, 'file'), 'utf8')) === 'old') throw new Error('it has work of yours');
    },
  );
  await expect(guarded).rejects.toThrow('it has work of yours');
  expect(await readFile(join(into, 'file'), 'utf8')).toBe('old');
});
