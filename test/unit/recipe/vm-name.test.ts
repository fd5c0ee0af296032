// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { vmNameProblem } from '../../../src/recipe/vm-name.ts';

test.each(['uarta', 'a', 'VM_1', 'net-vm.2', 'guest', '_x'])('%s is a name', (name) => {
  expect(vmNameProblem(name)).toBe(undefined);
});

test.each([
  ['', 'must consist'],
  ['.', 'must not begin'],
  ['..', 'must not begin'],
  ['../../etc', 'must consist'],
  ['a/b', 'must consist'],
  ['a b', 'must consist'],
  ['a\nb', 'must consist'],
  ['a\n', 'must consist'],
  ['-x', 'must not begin'],
  ['ü', 'must consist'],
  ['$(x)', 'must consist'],
  ['a'.repeat(65), 'longer than 64'],
  ['dtb', 'is the name of'],
  ['modules', 'is the name of'],
  ['end-trial', 'is the name of'],
  ['image', 'is the name of'],
])('%j is none', (name, why) => {
  expect(vmNameProblem(name)).toContain(why);
});
