// SPDX-License-Identifier: Apache-2.0
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  board,
  conf,
  deploy,
  deployHere,
  expectSafe,
  expectWhole,
  reset,
  started,
  succeed,
  tree,
  useBoard,
} from '../../helpers/board/deploy-board.ts';

useBoard();

/** Into how many parts the traffic of a deployment is cut. */
const PARTS = 12;

test('the connection lost at any point: the board boots, and the same command finishes', async () => {
  await succeed();
  const whole = board.bytes();
  const wanted = tree();
  let failures = 0;
  for (let part = 1; part < PARTS; part += 1) {
    reset();
    board.cutAfter(Math.floor((whole * part) / PARTS));
    const { error } = await deploy();
    if (error !== undefined) failures += 1;
    expectSafe();
    board.cutAfter(undefined);
    await succeed();
    expect(tree()).toEqual(wanted);
  }
  expect(failures).toBeGreaterThan(PARTS / 2);
});

test('the connection lost at any point of an undo: the board boots, and the same command finishes', async () => {
  const bare = tree();
  await onThisMachine();
  await succeed('--undo');
  const whole = board.bytes();
  for (let part = 1; part < PARTS; part += 3) {
    reset();
    await onThisMachine();
    board.cutAfter(Math.floor((whole * part) / PARTS));
    const { error } = await deploy('--undo');
    expectSafe();
    board.cutAfter(undefined);
    await succeed('--undo');
    expect(tree(), String(error)).toEqual(bare);
  }
});

test('the connection lost at any point of --boot-next: one entry or the other boots, whole', async () => {
  await onThisMachine();
  await succeed('--boot-next');
  const whole = board.bytes();
  const seen = new Set<string | undefined>();
  for (let part = 1; part < PARTS; part += 3) {
    reset();
    await onThisMachine();
    const before = conf();
    board.cutAfter(Math.floor((whole * part) / PARTS));
    await deploy('--boot-next');
    seen.add(started());
    expectWhole();
    if (started() === 'primary') expect(conf()).toBe(before);
    board.cutAfter(undefined);
    await succeed('--boot-next');
    expect(started()).toBe('bpmp-virt');
  }
  expect([...seen]).toContain('primary');
});

test('the power cut before any rename: the board boots, and the same command finishes', async () => {
  // Without ssh in between: a power cut is the board's own, and there are many of them here.
  await onThisMachine();
  const wanted = tree();
  let cuts = 0;
  for (let at = 1, isWhole = false; !isWhole; at += 1) {
    reset();
    // The n-th rename does not happen, and everything of the board's side dies where it stands.
    const count = join(board.bin, 'count');
    const mv = `#!/bin/sh
n=$(($(cat '${count}' 2>/dev/null || echo 0) + 1)); echo $n >'${count}'
[ $n != ${at} ] || { kill -9 $PPID; exit 1; }
exec /bin/mv "$@"
`;
    writeFileSync(join(board.bin, 'mv'), mv, { mode: 0o755 });
    isWhole = (await onThisMachine()) === undefined;
    cuts += isWhole ? 0 : 1;
    rmSync(join(board.bin, 'mv'));
    expectSafe();
    expect(await onThisMachine()).toBe(undefined);
    expect(tree()).toEqual(wanted);
  }
  // Every file, the record of them, the boot menu and its backup.
  expect(cuts).toBeGreaterThan(wantedRenames());
});

const onThisMachine = async () => (await deployHere()).error;

/** Renames of a first deployment, at least: one for each file of ours that is on the board now. */
function wantedRenames(): number {
  return Object.keys(tree()).filter((path) => path.includes('bpmp')).length;
}
