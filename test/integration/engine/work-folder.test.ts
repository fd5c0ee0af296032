// SPDX-License-Identifier: Apache-2.0
import { chmodSync, lstatSync, mkdirSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openWork, plainWork, takeShared } from '../../../src/cli/actions/work-folder.ts';
import { EnvironmentError, UsageError } from '../../../src/errors.ts';
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

test('a folder in /var/tmp that somebody else has made, or may write to, is not used', async () => {
  const folder = tmpDir();
  await takeShared(join(folder, 'ours'));
  expect(lstatSync(join(folder, 'ours')).mode & 0o777).toBe(0o700);
  await takeShared(join(folder, 'ours'));
  mkdirSync(join(folder, 'theirs'));
  symlinkSync('theirs', join(folder, 'link'));
  await expect(takeShared(join(folder, 'link'))).rejects.toThrow(EnvironmentError);
  chmodSync(join(folder, 'theirs'), 0o777);
  await expect(takeShared(join(folder, 'theirs'))).rejects.toThrow(EnvironmentError);
});
