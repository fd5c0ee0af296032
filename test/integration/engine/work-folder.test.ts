// SPDX-License-Identifier: Apache-2.0
import { lstatSync, mkdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openWork, plainWork } from '../../../src/cli/actions/work-folder.ts';
import { UsageError } from '../../../src/errors.ts';
import { tmpDir } from '../../helpers/tmp-dir.ts';

test('a plain name is worked in where it is', async () => {
  const folder = tmpDir();
  expect(await openWork(join(folder, 'a/b'), join(folder, 'cache'))).toBe(join(folder, 'a/b'));
});

test.each(['a b', 'a:b', `it's`, 'a"b', 'ä'])(
  '%s becomes a link to a plain place, and stays one',
  async (name) => {
    const folder = tmpDir();
    const work = join(folder, 'deep', name);
    const real = await openWork(work, join(folder, 'cache'));
    expect(real).toMatch(/^[\w/-]+$/);
    expect(readlinkSync(work)).toBe(real);
    expect(await openWork(work, join(folder, 'cache'))).toBe(real);
    expect(plainWork(join(folder, 'other', name), join(folder, 'cache'))).not.toBe(real);
  },
);

test('a cache whose own path is not plain is not used', () => {
  expect(plainWork('/a b', '/home/j d/.cache')).toMatch(/^\/var\/tmp\/bpmp-virt-\d+\/work\/\w+$/);
});

test('an empty folder becomes the link; one with something in it is left alone', async () => {
  const folder = tmpDir();
  mkdirSync(join(folder, 'a b'));
  await openWork(join(folder, 'a b'), join(folder, 'cache'));
  expect(lstatSync(join(folder, 'a b')).isSymbolicLink()).toBe(true);
  mkdirSync(join(folder, 'c d'));
  writeFileSync(join(folder, 'c d', 'mine'), '');
  await expect(openWork(join(folder, 'c d'), join(folder, 'cache'))).rejects.toThrow(UsageError);
});
