// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync } from 'node:fs';
import { execa } from 'execa';
import { expect, test } from 'vitest';

/** Turns of phrase that a reader has to read twice → what to write. */
const PHRASES: readonly (readonly [found: RegExp, write: string])[] = [
  [
    /(?<!\b[Tt]here )\b(?:is|are|was) no (?!longer\b|more\b|need\b|known\b|way\b|room\b)[a-z]\w*/g,
    'is not a …',
  ],
  [/\bmend(?:s|ed|ing)?\b/gi, 'fix, correct'],
  [/\bcomes? along\b/gi, 'is part of, is added'],
  [/\b(?:bears?|borne)\b/gi, 'has, allows'],
  [/\band their like\b/gi, 'name them'],
  [
    /\b(?:one|an?) (?:\w+ )?(?:line|node|block|file|process|row|rule|bit|device|unit|access) a (?:VM|machine|check|step|CPU|clock|node|transfer|folder|kind|line)\b/gi,
    '… per …',
  ],
];
/** What is not ours to write: real trees' words, licences; this list itself; patches, which quote their trees. */
const NOT_OURS =
  /^(?:test\/fixtures\/|LICENSES\/|package-lock\.json|patches\/|test\/integration\/repo\/words\.test\.ts)/;

/** Phrases of `text` that are in the list, with what to write. */
const found = (text: string) =>
  PHRASES.flatMap(([phrase, write]) => [...text.matchAll(phrase)].map(([words]) => `'${words}': ${write}`));

test.each([
  ['it is no list', 1],
  ['there is no list', 0],
  ['it is no longer there', 0],
  ['what mends it', 1],
  ['a policy node a VM', 1],
  ['one at a time, a node of a VM', 0],
])('%s: %i', (text, count) => {
  expect(found(text)).toHaveLength(count);
});

test('every sentence of the tree can be read once', async () => {
  const { stdout } = await execa('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard']);
  const files = stdout.split('\0').filter((file) => existsSync(file) && !NOT_OURS.test(file));
  expect(files.length).toBeGreaterThan(400);
  const all = files.flatMap((file) => found(readFileSync(file, 'utf8')).map((what) => `${file}: ${what}`));
  expect(all).toEqual([]);
});
