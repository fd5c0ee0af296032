// SPDX-License-Identifier: Apache-2.0
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { importsOf, parseDeclared } from '../../../scripts/hard/declared.ts';
import { type Candidate, inOrder, whyNot } from '../../../scripts/hard/order.ts';
import { count, failures } from '../../../scripts/report.ts';

const ROOT = join(import.meta.dirname, '../../..');
const FILES = readdirSync(join(ROOT, 'test/hard'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => join('test/hard', name));

describe.each(FILES)('%s', (file) => {
  const text = readFileSync(join(ROOT, file), 'utf8');

  test('declares inputs that are there', () => {
    const { inputs } = parseDeclared(file, text);
    for (const path of inputs) expect(existsSync(join(ROOT, path)), path).toBe(true);
  });

  test('declares what it names itself', () => {
    const { inputs, labs } = parseDeclared(file, text);
    const scripts = [...text.matchAll(/runScript\(\s*'([^/']+)\//g)].map(([, folder]) => `test/c/${folder}`);
    const tops = 'kernel-overlay|qemu-overlay|patches|recipes|board|guest|scmi|dts-templates|test/c';
    const paths = [...text.matchAll(new RegExp(`'((?:${tops})/[^'$]*)'`, 'g'))].map(([, path = '']) => path);
    for (const path of [...scripts, ...paths.filter((name) => existsSync(join(ROOT, name)))])
      expect(
        inputs.some((input) => path === input || path.startsWith(`${input}/`)),
        `${path} is among ${inputs.join(' ')}`,
      ).toBe(true);
    if (/lab(Debug)?Kernel|unpatchedHost/.test(text)) expect(labs.join(' ')).toContain('linux-');
    if (/labQemu|labUnpatchedQemu/.test(text)) expect(labs.join(' ')).toContain('qemu-');
  });
});

test('a test that declares nothing is refused', () => {
  expect(() => parseDeclared('x.test.ts', '// inputs: a b\n// labs: -\n')).toThrow(
    /does not say its minutes/,
  );
  expect(parseDeclared('x', '// inputs: a b\n// tools: -\n// labs: -\n// minutes: 2\n')).toEqual({
    inputs: ['a', 'b'],
    tools: [],
    labs: [],
    minutes: 2,
  });
});

test('modules are found that a test imports, and theirs', () => {
  const text =
    "import { a } from '../../helpers/a.ts';\nconst b = await import('./b.ts');\nimport 'node:fs';\n";
  expect(importsOf('test/hard/x/y.test.ts', text)).toEqual(['test/helpers/a.ts', 'test/hard/x/b.ts']);
});

describe('order and budget', () => {
  const known = (file: string, at: number, seconds = 60): Candidate => ({
    ...{ file, seconds, digest: 'd' },
    passed: { digest: 'd', at },
  });
  const changed = (file: string, seconds: number): Candidate => ({
    ...{ file, seconds, digest: 'new' },
    passed: { digest: 'old', at: 9 },
  });
  const fresh: Candidate = { file: 'fresh', digest: 'd', seconds: 100 };

  test('what changed comes first, the longest of it in front, then what was passed longest ago', () => {
    const all = [known('late', 7), changed('short', 10), known('early', 3), fresh, changed('long', 300)];
    expect(inOrder(all).map(({ file }) => file)).toEqual(['long', 'fresh', 'short', 'early', 'late']);
  });

  test('what does not fit says what it takes and whether it changed', () => {
    expect(whyNot(changed('slow', 600), 500)).toBe(
      'takes 10.0 min, 8.3 are left; its inputs CHANGED since it last passed here',
    );
    expect(whyNot(known('slow', Date.UTC(2026, 0, 2), 600), 500)).toMatch(
      /passed on 2026-01-02T00:00:00.000Z with these very inputs/,
    );
    expect(whyNot(changed('slow', 600), 600)).toBeUndefined();
    expect(whyNot(changed('slow', 600), undefined)).toBeUndefined();
  });
});

test('a file that cannot be loaded counts as a failure, and what was not run as skipped', () => {
  const file = (status: string, ...tests: string[]) => ({
    ...{ name: 'x', status, startTime: 0, endTime: 1, message: '' },
    assertionResults: tests.map((each) => ({ status: each, fullName: '', failureMessages: [] })),
  });
  const testResults = [
    file('passed', 'passed', 'pending'),
    file('failed'),
    file('failed', 'failed', 'passed'),
  ];
  expect(count({ testResults, skipped: ['y: no time'] })).toEqual({ passed: 2, failed: 2, skipped: 2 });
});

test('what failed is said with the last lines of its reason, and without the stack', () => {
  const said = [
    'Error: qtest.sh',
    ...Array.from({ length: 40 }, (_, at) => `  | line ${at}`),
    '  | assertion failed',
  ];
  const stack = ['    at runScript (script.ts:1:1)', '    at test.ts:2:2'];
  const failed = {
    status: 'failed',
    fullName: 'QEMU holds',
    failureMessages: [[...said, ...stack].join('\n')],
  };
  const passed = { status: 'passed', fullName: 'QEMU runs', failureMessages: [] };
  const times = { startTime: 0, endTime: 1 };
  const lines = failures({
    testResults: [
      { name: 'a', status: 'failed', ...times, assertionResults: [failed, passed], message: '' },
      { name: 'b', status: 'failed', ...times, assertionResults: [], message: 'SyntaxError' },
    ],
    skipped: [],
  });
  expect(lines).toEqual([
    expect.stringMatching(/^FAILED QEMU holds\n {4}\| line 26\n/),
    'FAILED b\n  SyntaxError',
  ]);
  expect(lines[0]).toMatch(/\| assertion failed$/);
});
