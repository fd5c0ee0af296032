// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');
const PAGE = readFileSync(join(ROOT, 'docs/security.md'), 'utf8');
const ATTACK = join(ROOT, 'test/c/attack');
/** What the attack program prints, that is its string constants, by file. */
const PROGRAM = new Map(
  readdirSync(ATTACK).map((name) => [name, readFileSync(join(ATTACK, name), 'utf8')] as const),
);

/** `| H1 | … | … | … |` */
function row(number: string): string | undefined {
  return PAGE.split('\n').find((line) => line.split('|')[1]?.trim() === number);
}

test.each(Array.from({ length: 30 }, (_, index) => `H${index + 1}`))('%s has a row and a test', (number) => {
  const line = row(number) ?? '';
  expect(line.split('|')).toHaveLength(6);
  const tested = [...PROGRAM.values()].some((text) => new RegExp(`"(H\\d+ )*${number} `).test(text));
  expect(tested, `a line of the attack program that begins with ${number}`).toBe(true);
});

test.each(['G', 'Q'].flatMap((series) => Array.from({ length: 11 }, (_, index) => `${series}${index + 1}`)))(
  '%s has a row that names its test',
  (number) => {
    const cells = (row(number) ?? '').split('|').map((cell) => cell.trim());
    expect(cells).toHaveLength(6);
    expect(cells[4]).not.toBe('');
  },
);

/** What the guest's tests print. */
const GUEST = ['init.c', 'run.sh', 'module/guest-test.c']
  .map((name) => readFileSync(join(ROOT, 'test/c/guest', name), 'utf8'))
  .join('\n');

test.each(Array.from({ length: 11 }, (_, index) => `G${index + 1}`))('%s has a test', (number) => {
  expect(GUEST).toMatch(new RegExp(`["'](?:ok )?${number} [^"']+["']`));
});

test('the KUnit cases that the page names are there', () => {
  const suite = readFileSync(join(ROOT, 'kernel-overlay/bpmp-host-proxy/policy_kunit.c'), 'utf8');
  const named = [...PAGE.matchAll(/`([a-z_]+_test)`/g)].map((match) => match[1] ?? '');
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((name) => !suite.includes(`KUNIT_CASE(${name})`))).toEqual([]);
});

/** `plant H1 FILE SED` */
const PLANTED = [
  ...readFileSync(join(ROOT, 'test/c/host/planted.sh'), 'utf8').matchAll(/^plant (\w+) /gm),
].map((match) => match[1] ?? '');

test('the page names the rows in which planted defects are found, and no other', () => {
  const rows = PLANTED.filter((row) => /^H\d+$/.test(row)).sort(
    (a, b) => Number(a.slice(1)) - Number(b.slice(1)),
  );
  const said = /planted in rows ([^.]*)\./.exec(PAGE.replace(/\s+/g, ' '))?.[1] ?? '';
  expect(said.split(/, | and /)).toEqual([...new Set(rows)]);
});

test('the files of the attack program and of the guest’s tests that the page names are there', () => {
  const guest = ['test/c/guest', 'test/c/guest/module'].flatMap((dir) => readdirSync(join(ROOT, dir)));
  const there = new Set([...PROGRAM.keys(), ...guest]);
  const named = [...PAGE.matchAll(/`([a-z-]+\.c)`/g)].map((match) => match[1] ?? '');
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((name) => !there.has(name))).toEqual([]);
});
