// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { type Command, formatCommand } from '../../../src/command.ts';
import { parseTarget, sshCommand } from '../../../src/tools/ssh.ts';

test.each([
  ['ssh://root@192.168.55.1', 'root@192.168.55.1', undefined],
  ['ssh://root@192.168.55.1:2222', 'root@192.168.55.1', '2222'],
  ['ssh://orin/', 'orin', undefined],
  ['ssh://some+body@orin', 'some+body@orin', undefined],
  ['ssh://root@[fc00:1:1::2]', 'root@fc00:1:1::2', undefined],
  ['ssh://root@[fc00::2]:2222', 'root@fc00::2', '2222'],
  ['ssh://root@[fe80::1%usb0]', 'root@fe80::1%usb0', undefined],
  ['ssh://root@[fe80::1%25usb0]:22', 'root@fe80::1%usb0', '22'],
] as const)('%s', (text, host, port) => {
  expect(parseTarget(text)).toEqual({ kind: 'ssh', host, ...(port === undefined ? {} : { port }) });
});

test.each([
  'root@board',
  'ssh://',
  'ssh://-oProxyCommand=x',
  'ssh://-l@x',
  'ssh://root@fc00:1:1::2',
  'ssh://root@[fc00::2',
  'ssh://root@[-oProxyCommand=x]',
  'ssh://root@a b',
])('%s is none', (text) => {
  expect(() => parseTarget(text)).toThrow('is not a target');
});

/** What one shell or another takes for more than a letter. */
const WORDS = [
  "it's",
  'a\\b',
  '\\\\',
  '\\',
  '$x `y` $(z)',
  '!x',
  '!!',
  'one\ntwo\n',
  '*',
  '~',
  '%s',
  'é',
  '#x',
  '{a,b}',
  '^a^b',
  '"',
  ';&|<>',
  '',
];

/** What sshd would do with `command` where `shell` is the login shell. */
function asLogin(shell: string, command: Command, input = '') {
  const target = { kind: 'ssh', host: 'board' } as const;
  const { signal } = new AbortController();
  const words = sshCommand({ target, signal, emit: () => undefined }, formatCommand(command)).at(-1) ?? '';
  const [program = '', ...rest] = shell.split(' ');
  return execa(program, [...rest, '-c', words], { input, reject: false, stripFinalNewline: false });
}

test.each(['bash', 'dash', 'busybox sh', 'tcsh', 'csh', 'fish'])(
  '%s as login shell: every word arrives as it is',
  async (shell) => {
    const { stdout, stderr } = await asLogin(shell, ['printf', '<%s>', ...WORDS]);
    expect([stdout, stderr]).toEqual([WORDS.map((word) => `<${word}>`).join(''), '']);
    const script = readFileSync(join(import.meta.dirname, '../../../board/deploy.sh'), 'utf8');
    const whole = await asLogin(shell, ['sh', '-c', 'cat; printf %s "$1"; exit 7', 'x', script], 'typed ');
    expect([whole.stdout, whole.exitCode]).toEqual([`typed ${script}`, 7]);
  },
);

test.each([
  ['orin', /^Did you mean ssh:\/\/root@orin\? Write /],
  ['me@10.0.0.2', /^Did you mean ssh:\/\/me@10\.0\.0\.2\? Write /],
  ['-oProxyCommand=x', /^Write /],
  ['a b', /^Write /],
])('%s: the hint says what it may have meant', (text, hint) => {
  expect(() => parseTarget(text)).toThrow(expect.objectContaining({ hint: expect.stringMatching(hint) }));
});
