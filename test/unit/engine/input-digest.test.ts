// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { BoundStep } from '../../../src/engine/bound-step.ts';
import { digestPath } from '../../../src/engine/input-digest.ts';
import { watchedState } from '../../../src/engine/output-state.ts';
import { tmpDir } from '../../helpers/tmp-dir.ts';

test('an input behind a symlink counts with its content, also where it leads out of its folder, and in a circle', async () => {
  const dir = tmpDir('inputs');
  for (const name of ['real', 'patches', 'elsewhere']) mkdirSync(join(dir, name));
  const write = (name: string, text: string) => writeFileSync(join(dir, name), text);
  write('real/fragment', 'CONFIG_A=y');
  write('elsewhere/0001.patch', 'one');
  symlinkSync('real/fragment', join(dir, 'fragment'));
  symlinkSync('patches', join(dir, 'link'));
  symlinkSync('../elsewhere/0001.patch', join(dir, 'patches/0001.patch'));
  symlinkSync('../elsewhere', join(dir, 'patches/more'));
  symlinkSync('..', join(dir, 'patches/up'));
  symlinkSync('nowhere', join(dir, 'patches/dangling'));

  const places = ['fragment', 'link', 'patches'].map((name) => join(dir, name));
  const digests = () => Promise.all(places.map(digestPath));
  const before = await digests();
  expect(await digests()).toEqual(before);
  write('real/fragment', 'CONFIG_A=m');
  const other = await digests();
  expect(other[0]).not.toBe(before[0]);
  write('elsewhere/0001.patch', 'two');
  const after = await digests();
  expect(after[0]).toBe(other[0]);
  for (const at of [1, 2]) expect(after[at]).not.toBe(other[at]);
});

test('a tree of the user’s that a step reads is seen to be edited: content, time, mode, names, links', async () => {
  const tree = tmpDir('watched');
  writeFileSync(join(tree, 'a.c'), 'one');
  const state = () => watchedState({ watches: [tree] } as unknown as BoundStep);
  const seen = [await state()];
  expect(await state()).toBe(seen[0]);
  const edits: (() => void)[] = [
    () => writeFileSync(join(tree, 'a.c'), 'ones'),
    () => writeFileSync(join(tree, 'b.c'), ''),
    () => symlinkSync('a.c', join(tree, 'c.c')),
    () => rmSync(join(tree, 'b.c')),
  ];
  for (const edit of edits) {
    edit();
    seen.push(await state());
  }
  expect(new Set(seen).size).toBe(seen.length);
});
