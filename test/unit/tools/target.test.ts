// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { parseTarget } from '../../../src/tools/ssh.ts';

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
