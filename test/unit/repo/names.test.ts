// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');
const FILES = ['src', 'scripts'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name)),
);
/** Means the same wherever it stands: what the step of this file is told. */
const LOCAL = new Set(['Options']);
/** Globals of TypeScript's library, of Node and of the web whose names invite to be used again. */
const GLOBALS = new Set(
  'Blob Cache Comment Document Element Event File Image Iterator Location Lock Map Node Notification Option Performance Plugin Proxy Range Record Request Response Selection Set Storage Symbol Text Worker'.split(
    ' ',
  ),
);

const DECLARED = FILES.flatMap((file) =>
  [
    ...readFileSync(join(ROOT, file), 'utf8').matchAll(/^(?:export )?(?:type|interface|class) ([A-Z]\w*)/gm),
  ].map(([, name = '']) => ({ name, file })),
);

test('the name of a type has one meaning', () => {
  const files = (name: string) => DECLARED.filter((one) => one.name === name).map(({ file }) => file);
  const names = new Set(DECLARED.map(({ name }) => name));
  const twice = [...names].filter((name) => files(name).length > 1 && !LOCAL.has(name));
  expect(twice.map((name) => `${name}: ${files(name).join(', ')}`)).toEqual([]);
});

test('no type is named like a global', () => {
  expect(DECLARED.filter(({ name }) => GLOBALS.has(name))).toEqual([]);
});

test('no bare Error is thrown: a user gets one of src/errors.ts, and a mistake of ours is a Bug', () => {
  const bare = FILES.filter((file) => file.startsWith('src/')).filter((file) =>
    /throw new (?:Type|Range)?Error\(|reject\(new Error\(/.test(readFileSync(join(ROOT, file), 'utf8')),
  );
  expect(bare).toEqual([]);
});
