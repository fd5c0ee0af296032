// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { cpus, jobs, memory, seconds } from '../../../../src/cli/flags/numbers.ts';

test.each([
  [seconds, '0', 0],
  [seconds, '604800', 604_800],
  [jobs, '1', 1],
  [cpus, '512', 512],
  [memory, '128M', '128M'],
  [memory, '2G', '2G'],
  [memory, '512', '512'],
])('%o takes %j', (parse, text, value) => {
  expect(parse(text)).toBe(value);
});

test.each([
  [seconds, ['abc', '-1', '1.5', '604801', '', ' 5', '1e3', '0x10', 'Infinity']],
  [jobs, ['0', 'abc', '5000', '99999999999999999999']],
  [cpus, ['0', '513', 'abc', '2;reboot']],
  [memory, ['abc', '32M', '0', '1T', '-1G', '128M,slots=2', '9999999G']],
])('%o refuses what it cannot mean, and says what it takes', (parse, words) => {
  for (const word of words)
    expect(() => parse(word), word).toThrowError(
      expect.objectContaining({ exitCode: 2, hint: expect.stringMatching(/^Write /) }),
    );
});
