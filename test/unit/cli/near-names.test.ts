// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { didYouMean, nearNames } from '../../../src/near-names.ts';

const DEVICES = ['uarta', 'uartb', 'gen8_i2c', 'gen2_i2c', 'gpu@17000000', 'mgbe0', 'spi@3270000'];

test.each([
  ['UARTA', ['uarta', 'uartb']],
  ['i2c8', ['gen8_i2c']],
  ['gpu', ['gpu@17000000']],
  ['mgbe', ['mgbe0']],
  ['nothing-like-it', []],
  ['', []],
  ['x', []],
])('%j: %j', (word, near) => {
  expect(nearNames(word, DEVICES)).toEqual(near);
});

test('a recipe with a slip of the finger', () => {
  expect(didYouMean('debain-6.12', ['debian-6.12', 'l4t-36.3'])).toBe('Did you mean debian-6.12? ');
  expect(didYouMean('zzz', ['debian-6.12'])).toBe('');
});
