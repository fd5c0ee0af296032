// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { mirrorMap } from '../../../../src/cli/flags/mirrors.ts';
import { UsageError } from '../../../../src/errors.ts';

test('the longest prefix that fits holds; flags come before the environment', () => {
  const url = mirrorMap(
    ['https://a.example/=file:///m/'],
    'https://a.example/deep/=http://d/ https://a.example/=http://env/',
  );
  expect(url('https://a.example/x?y=z')).toBe('file:///m/x?y=z');
  expect(url('https://a.example/deep/x')).toBe('http://d/x');
  expect(url('https://b.example/x')).toBe('https://b.example/x');
});

test('a word without = is refused', () => {
  expect(() => mirrorMap(['https://a.example/'])).toThrow(UsageError);
});
