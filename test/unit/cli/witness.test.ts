// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { formatRunReport } from '../../../src/cli/report/run-report.ts';
import { Witness } from '../../../src/cli/report/witness.ts';
import { silentCli } from '../../helpers/silent-cli.ts';

const FLAGS = { emulate: 'orin', exec: 'true', work: 'work', jobs: 1, mirror: [] } as const;
const transfer = (cmd: string) =>
  ({
    t: 1,
    event: 'transfer',
    master: 1,
    mrq: 'CLK',
    cmd,
    id: 155,
    name: 'uarta',
    tx: 4,
    rx: 0,
    status: 0,
    ret: 0,
    us: 9,
  }) as const;

test.each([
  [false, ['out hello'], []],
  [true, [], ['err hello']],
])('what the guest says with --json %s, and what a run came to', (json, out, err) => {
  const said: string[] = [];
  const cli = silentCli({
    print: (text) => void said.push(`out ${text}`),
    warn: (text) => void said.push(`err ${text}`),
  });
  const witness = new Witness({ ...FLAGS, ...(json ? { json: true } : {}) }, cli);
  const { onLine, onMark, onUart, onEntry } = witness.listener;
  onEntry?.(transfer('DISABLE'));
  // What the host did until it was ready is not the machine's doing.
  onMark?.(['host', 'ready', 'serial-tegra']);
  onLine?.('hello');
  onUart?.(Buffer.from('12'));
  onUart?.(Buffer.from('3\r\n'));
  onEntry?.(transfer('ENABLE'));
  onMark?.(['guest', 'exit', '7']);
  onLine?.('after the command');
  expect(said).toEqual([...out, ...err]);
  expect(witness.guestExit).toBe(7);
  expect(witness.transfers).toEqual([transfer('ENABLE')]);
  const report = witness.report('/logs');
  expect(report).toMatchObject({
    uart: {
      bytes: 5,
      hex: '31 32 33 0d 0a',
      text: '123\r\n',
      firstAfter: expect.stringMatching(/^\d+\.\d$/),
    },
    switched: ['clock on: uarta'],
    transfers: 1,
    changes: [],
    folder: '/logs',
  });
  expect(report).not.toHaveProperty('refused');
  expect(formatRunReport(report)).toMatch(/^\nResult: 5 bytes at the UART, the firmware as before\.\n/);
});
