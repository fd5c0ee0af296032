// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { runCli } from '../../helpers/cli.ts';

test.each([
  [['run', '--emulate', 'guest', '--set', 'A=b'], '--set has no meaning with --emulate'],
  [['run', '--emulate', 'orin', '--vm', 'x'], '--vm has no meaning with --emulate'],
  [['run', '--emulate', 'guest', '--dry-run'], '--dry-run has no meaning with --emulate'],
  [['run', '--target', 'local', '--smp', '2'], '--smp has no meaning with --target'],
  [['run', '--emulate', 'guest', '--smp', 'abc'], "'abc' is not a number of CPUs"],
  [['run', '--emulate', 'guest', '--mem', '1'], "'1' is not a size of memory"],
  [['build', 'debian-6.12', '--jobs', '0'], "'0' is not a number of processes"],
  [['clean', 'debian-6.12'], 'without --tree the whole work folder is meant'],
  [['plan', 'debian-6.12', '--shell', '--json'], 'cannot be used with'],
  [['build', 'debain-6.12'], 'Did you mean debian-6.12?'],
])('bpmp-virt %j is refused: %s', async (words, says) => {
  const { code, stdout, stderr } = await runCli(words);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(says);
});
