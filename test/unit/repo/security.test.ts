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

test.each(Array.from({ length: 25 }, (_, index) => `H${index + 1}`))('%s has a row and a test', (number) => {
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

test('the files of the attack program and of the guest’s tests that the page names are there', () => {
  const guest = ['test/c/guest', 'test/c/guest/module'].flatMap((dir) => readdirSync(join(ROOT, dir)));
  const there = new Set([...PROGRAM.keys(), ...guest]);
  const named = [...PAGE.matchAll(/`([a-z-]+\.c)`/g)].map((match) => match[1] ?? '');
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((name) => !there.has(name))).toEqual([]);
});
