// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { deployCommand } from '../../../src/cli/commands/deploy.ts';
import { writeTree } from '../../helpers/board/board-tree.ts';
import { board, bundle, conf, reset, STOCK, useBoard, verb } from '../../helpers/board/deploy-board.ts';
import { sharedConfig, twin } from '../../helpers/board/several-boards.ts';
import type { SshBoard } from '../../helpers/board/ssh-board.ts';
import { tmpDir } from '../../helpers/tmp-dir.ts';

const GONE = 'ssh://root@127.0.0.1:1';
const serial = (number: number) => ({ 'proc/device-tree/serial-number': `142000000000${number}\0` });
const menu = (of: SshBoard) => readFileSync(join(of.root, 'boot/extlinux/extlinux.conf'), 'latin1');
let other: SshBoard;
let config: string;
let work: string;

useBoard();
beforeAll(async () => {
  reset(serial(1));
  other = await twin(serial(2));
});
afterAll(() => other.close());
beforeEach(() => {
  reset(serial(1));
  work = tmpDir('deploy-many');
  config = join(work, 'ssh.conf');
  writeFileSync(config, sharedConfig([board, other]));
});

function deployAll(...words: string[]) {
  const flags = ['--ssh-config', config, '--work', work, '--bundle', bundle.path];
  return verb(deployCommand, [board.target, other.target, ...flags, ...words]);
}
const audit = () =>
  readFileSync(join(work, 'logs/audit.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line): Record<string, string> => JSON.parse(line));

test('boards at once: deployed, looked at, undone; an audit line for each change of each board', async () => {
  // What a power cut left of a line spoils no other.
  writeTree(work, { 'logs/audit.jsonl': '{"verb":"up","target":"ssh' });
  const { out, error } = await deployAll('--boot-next');
  expect([error, out]).toEqual([undefined, expect.stringContaining('2 of 2 boards are done')]);
  for (const one of [board, other]) expect(menu(one)).toContain('DEFAULT bpmp-virt');
  expect(out).toMatch(new RegExp(`^${other.target} {2}done \\(\\d+ s, serial 1420000000002\\)`, 'm'));
  const [torn, ...lines] = readFileSync(join(work, 'logs/audit.jsonl'), 'utf8').trimEnd().split('\n');
  expect(torn).toBe('{"verb":"up","target":"ssh');
  const entries = lines.map((line): Record<string, string> => JSON.parse(line));
  expect(entries.map((entry) => [entry['verb'], entry['target'], entry['serial']]).sort()).toEqual(
    [
      ['deploy --boot-next', board.target, '1420000000001'],
      ['deploy --boot-next', other.target, '1420000000002'],
    ].sort(),
  );
  for (const { began, ended, bundle: id, result } of entries) {
    expect(Date.parse(began ?? '')).toBeLessThanOrEqual(Date.parse(ended ?? ''));
    expect(menu(board)).toContain(`/boot/bpmp-virt/${id}/Image`);
    expect(result).toBe('done');
  }
  const status = await deployAll('--status');
  expect(status.error).toBe(undefined);
  for (const one of [board, other]) expect(status.out).toContain(`${one.target}  `);
  expect((await deployAll('--undo', '--dry-run')).error).toBe(undefined);
  expect(menu(board)).toContain('DEFAULT bpmp-virt');
  // Neither is a change.
  expect(readFileSync(join(work, 'logs/audit.jsonl'), 'utf8').trimEnd().split('\n')).toHaveLength(3);
  expect((await deployAll('--undo')).error).toBe(undefined);
  for (const one of [board, other]) expect(menu(one)).toBe(STOCK);
});

test('one board that refuses and one that is not there stop none of the others', async () => {
  writeTree(board.root, { 'proc/device-tree/compatible': 'nvidia,p3768-0000+p3767-0005\0' });
  const { out, error } = await deployAll(GONE);
  expect(error?.message).toContain('2 of 3 boards failed');
  expect(error?.message).not.toContain(other.target);
  expect(conf()).toBe(STOCK);
  expect(menu(other)).toContain('LABEL bpmp-virt');
  expect(out).toMatch(new RegExp(`^${board.target} {2}failed while deploying: the bundle`, 'm'));
  expect(audit().map(({ target, result, phase }) => [target, result, phase])).toEqual(
    expect.arrayContaining([
      [board.target, 'failed', 'deploying'],
      [GONE, 'failed', 'looking'],
      [other.target, 'done', 'deploying'],
    ]),
  );
  expect(readdirSync(join(work, 'logs')).filter((name) => name.endsWith('.log'))).toHaveLength(3);
  const status = await deployAll(GONE, '--status');
  expect(status.error?.message).toContain(`1 of 3 boards failed: ${GONE}`);
  expect(status.out).toMatch(new RegExp(`^${GONE} {2}failed: `, 'm'));
});

test.each([
  [['--json'], '--json is the answer of one board'],
  [['ssh://root@a', 'ssh://root@a'], 'named twice'],
])('what is named wrongly is refused before a board is reached: %j', async (words, says) => {
  expect((await deployAll(...words)).error?.message).toContain(says);
});
