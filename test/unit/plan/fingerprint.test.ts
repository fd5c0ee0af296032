// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { fingerprint } from '../../../src/plan/fingerprint.ts';
import type { PlannedStep } from '../../../src/plan/plan.ts';
import { recipePath, resolvePlanPath } from '../../../src/plan/plan-paths.ts';

const step: PlannedStep = {
  id: 'x',
  kind: 'extract-archive',
  options: { sha256: 'x', archive: 'cache:a', into: 'work:b', strip: 1 },
  after: [],
};
const around = { tool: '1', inputs: { 'tool:p': 'd' }, after: ['f'] };

test('is the same whatever the order of keys and the name of the step', () => {
  const other: PlannedStep = {
    ...step,
    id: 'y',
    options: { strip: 1, into: 'work:b', sha256: 'x', archive: 'cache:a' },
  };
  expect(fingerprint(other, around)).toBe(fingerprint(step, around));
  expect(fingerprint(step, around)).toMatch(/^[0-9a-f]{64}$/);
});

test.each([
  [{ ...step, options: { ...step.options, strip: 2 } }, around],
  [step, { ...around, tool: '2' }],
  [step, { ...around, inputs: { 'tool:p': 'e' } }],
  [step, { ...around, after: ['g'] }],
])('changes with options, version, inputs and what came before (%#)', (other, surroundings) => {
  expect(fingerprint(other, surroundings)).not.toBe(fingerprint(step, around));
});

test('plan paths', () => {
  const roots = { work: '/w', cache: '/c', tool: '/t' };
  expect(resolvePlanPath('work:a b/c', roots)).toBe('/w/a b/c');
  expect(resolvePlanPath('work:', roots)).toBe('/w');
  expect(resolvePlanPath('tool:x', roots)).toBe('/t/x');
  expect(resolvePlanPath('/etc/x', roots)).toBe('/etc/x');
  expect(() => resolvePlanPath('x/y', roots)).toThrow('not a plan path');
});

test('paths of recipes', () => {
  expect(recipePath('patches/x', '/r/a.yaml')).toBe('tool:patches/x');
  expect(recipePath('./x', '/r/a.yaml')).toBe('/r/x');
  expect(recipePath('../x', '/r/a.yaml')).toBe('/x');
  expect(recipePath('/x', '/r/a.yaml')).toBe('/x');
});
