// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { markRootfs, readRootfs } from '../../../src/flash/rootfs-state.ts';
import { makeFolder, writeTree } from '../../helpers/board/board-tree.ts';

let folder: ReturnType<typeof makeFolder>;
beforeEach(() => {
  folder = makeFolder();
  writeTree(folder.path, { 'rootfs/README.txt': 'empty' });
});
afterEach(() => folder.remove());

/** All that a run leaves which a full disk cut off in the middle of apply_binaries.sh. */
const half = () =>
  writeTree(folder.path, { 'rootfs/etc/nv_tegra_release': '# R36', 'rootfs/usr/bin/half': 'x' });

test('an empty one is to be unpacked', async () => {
  expect(await readRootfs(folder.path)).toEqual({ unpacked: false, applied: false });
  rmSync(join(folder.path, 'rootfs'), { recursive: true });
  expect(await readRootfs(folder.path)).toEqual({ unpacked: false, applied: false });
});

test('the sight of its files says nothing', async () => {
  half();
  await expect(readRootfs(folder.path)).rejects.toThrow('no mark of this tool says that they are whole');
  expect(await readRootfs(folder.path, true)).toEqual({ unpacked: true, applied: true });
});

test.each([
  ['unpacking', { unpacked: false, applied: false }],
  ['unpacked', { unpacked: true, applied: false }],
  ['applied', { unpacked: true, applied: true }],
] as const)('a mark says how far it has come: %s', async (stage, state) => {
  half();
  await markRootfs(folder.path, stage);
  expect(await readRootfs(folder.path)).toEqual(state);
});

test('a mark is of the very folder, and one that cannot be read is none', async () => {
  half();
  await markRootfs(folder.path, 'applied');
  // Another folder of the same name, made while the first is still there, has another inode.
  mkdirSync(join(folder.path, 'other'));
  rmSync(join(folder.path, 'rootfs'), { recursive: true });
  mkdirSync(join(folder.path, 'keep'));
  half();
  writeFileSync(join(folder.path, '.bpmp-virt-rootfs.json'), '{"stage":"applied","inode":1}');
  await expect(readRootfs(folder.path)).rejects.toThrow('no mark');
  writeFileSync(join(folder.path, '.bpmp-virt-rootfs.json'), '{"stage":');
  await expect(readRootfs(folder.path)).rejects.toThrow('no mark');
});

test('an empty one is not ready, whoever says so', async () => {
  await expect(readRootfs(folder.path, true)).rejects.toThrow('is empty');
});
