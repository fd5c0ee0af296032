// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';
import { runCli } from '../../helpers/cli.ts';
import { tmpDir } from '../../helpers/tmp-dir.ts';
import { anonymous, readBundle, toyBench } from '../../helpers/toy-bench.ts';

test.each([
  ['a path with blanks and quotes', `it's a "toy" (1)`, undefined, undefined],
  ['another file system', 'toy', '/dev/shm', undefined],
  ['umask 077', 'toy', undefined, '077'],
])('%s: the same bundle', async (_what, name, below, umask) => {
  const plain = await toyBench();
  await plain.build();
  const other = await toyBench({ name, ...(below === undefined ? {} : { below }) });
  const { code, stderr } = await other.build([], umask === undefined ? {} : { umask });
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(anonymous(other.bundle())).toEqual(anonymous(plain.bundle()));
});

test.runIf(process.getuid?.() === 0)('a user without rights: the same bundle', async () => {
  const plain = await toyBench();
  await plain.build();
  const other = await toyBench();
  const nobody = 65_534;
  await execa('chown', ['-R', `${nobody}:${nobody}`, other.folder]);
  const prefix = ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'];
  const { code, stderr } = await other.build([], { prefix, env: { HOME: other.folder } });
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(anonymous(other.bundle())).toEqual(anonymous(plain.bundle()));
});

test.runIf(process.getuid?.() === 0)('a full disk: says so, and goes on when there is room', async () => {
  const plain = await toyBench();
  await plain.build();
  const folder = tmpDir('full');
  await execa('mount', ['-t', 'tmpfs', '-o', 'size=40k', 'none', folder]);
  onTestFinished(async () => void (await execa('umount', ['--lazy', folder])));
  const work = join(folder, 'work');
  const build = () =>
    runCli(['build', plain.toys.recipe, '--work', work], { env: { ...plain.env, TMPDIR: plain.folder } });
  const codes: (number | undefined)[] = [];
  for (const size of ['40k', '90k', '160k', '260k', '64m']) {
    await execa('mount', ['-o', `remount,size=${size}`, folder]);
    const { code, stderr } = await build();
    codes.push(code);
    expect(stderr).toEqual(code === 0 ? '' : expect.stringMatching(/disk is full|no space left/i));
  }
  expect(codes.slice(0, 3)).toEqual([3, 3, 3]);
  expect(codes.at(-1)).toBe(0);
  expect(anonymous(readBundle(join(work, 'bundle')))).toEqual(anonymous(plain.bundle()));
});
