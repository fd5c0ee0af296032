// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';

const DEEP = '['.repeat(3000);
const LAUGHS = `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghi'
  .split('')
  .map((name, at) => `${name}: &${name} [${`*${'abcdefghi'[at]},`.repeat(9)}]`)
  .join('\n')}\n`;

/** Texts in place of a recipe, in the ways in which files go wrong. */
export const TEXTS: readonly string[] = [
  '',
  ' ',
  '\0',
  '\uFEFF',
  'a: [',
  '\t- x',
  '- 1\n- 2\n',
  'null',
  '42',
  '"text"',
  'version: 1\n---\nversion: 1\n',
  'version: 1\nversion: 1\n',
  '? [a, b]\n: c\n',
  '__proto__: {version: 1}\nconstructor: x\ntoString: y\n',
  '!!js/function "x"',
  '!!binary "AAAA"',
  '&a [*a]',
  '<<: *none',
  '<<: [1, 2]\nversion: 1\n',
  `extends: ${'../'.repeat(500)}x.yaml\n`,
  'extends: 7\n',
  'extends: ""\n',
  'extends: ./mine.yaml\n',
  'extends: /dev/zero\n',
  'extends: "a\\0b"\n',
  'extends: debian-6.12\nkernel: 3\n',
  'extends: debian-6.12\nkernel: {__proto__: {source: 1}}\n',
  'extends: debian-6.12\nvms: null\n',
  'extends: debian-6.12\ndescription: 2001-12-14t21:59:43.10-05:00\n',
  DEEP,
  LAUGHS,
];

/** Words that nobody means. */
export const WORDS: readonly string[] = [
  '',
  ' ',
  '.',
  '..',
  '/',
  '-',
  '=',
  '=x',
  'x=',
  'a=b',
  './mine.yaml',
  './none.yaml',
  'folder',
  './folder',
  'pipe',
  './pipe',
  'loop',
  './loop/x.yaml',
  'file/x',
  'noise',
  './noise',
  'host.dtb',
  '/dev/null',
  '/dev/zero',
  '/dev/full',
  '/proc/self/mem',
  '/proc/1/none/x',
  '/sys/none',
  'uarta',
  'uarta!',
  'debian-6.12',
  'l4t-36.3',
  'l4t-99.9',
  'toString',
  '__proto__',
  '-1',
  '0',
  '1e9',
  '99999999999999999999',
  '0x10',
  '1G',
  'http://[',
  'http://127.0.0.1:9/x',
  'ssh://',
  'ssh://[::1',
  'ssh://a@b@c',
  'ssh://127.0.0.1:99999',
  'ssh://-oProxyCommand=x',
  'file:///none',
  '%zz',
  'a\0b',
  'a\nb',
  '\u202e\u{1f4a5}ü\ud800',
  '$(exit 70)',
  `'"\`;`,
  'x'.repeat(300),
  `./${'x'.repeat(300)}.yaml`,
  'x/'.repeat(3000),
];

/** Any value at all, where a recipe has one. */
const VALUES: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...WORDS) },
  {
    weight: 2,
    arbitrary: fc.constantFrom<unknown>(null, true, 0, -1, 1.5, 1e300, Number.NaN, [], {}, [[]], [null]),
  },
  { weight: 1, arbitrary: fc.constantFrom<unknown>(['x'], { kind: 'path', path: './folder' }, { x: 1 }) },
  { weight: 1, arbitrary: fc.constantFrom<unknown>({ kind: 'git', urls: ['file:///none'], ref: '-x' }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
);

/** Paths of all values of a recipe, maps and lists too. */
function placesOf(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  const own = path.length === 0 ? [] : [path];
  if (typeof value !== 'object' || value === null) return own;
  return [...own, ...Object.entries(value).flatMap(([key, inner]) => placesOf(inner, [...path, key]))];
}

/** `recipe` with another value in one to three of its places. */
export function spoiled(recipe: object): fc.Arbitrary<object> {
  const change = fc.tuple(fc.constantFrom(...placesOf(recipe)), VALUES);
  return fc.array(change, { minLength: 1, maxLength: 3 }).map((changes) => {
    const copy = structuredClone(recipe);
    for (const [place, value] of changes) put(copy, place, value);
    return copy;
  });
}

/** A place that an earlier change took away stays away. */
function put(map: unknown, [key = '', ...rest]: readonly string[], value: unknown): void {
  if (typeof map !== 'object' || map === null) return;
  if (rest.length > 0) put(Reflect.get(map, key), rest, value);
  else Reflect.set(map, key, value);
}

/** A folder with one of each kind of file that a path may lead to, and `bin` with an ssh that reaches nobody. */
export function makeHostileFolder(folder: string): void {
  const at = (name: string) => join(folder, name);
  for (const name of ['folder', 'bin', 'home', 'tmp']) mkdirSync(at(name));
  execFileSync('mkfifo', [at('pipe')]);
  symlinkSync('loop', at('loop'));
  writeFileSync(at('file'), 'x\n');
  writeFileSync(at('noise'), Buffer.from(Array.from({ length: 3000 }, (_, index) => (index * 167) % 256)));
  writeFileSync(at('bin/ssh'), '#!/bin/sh\necho "ssh: connect: Connection refused" >&2\nexit 255\n', {
    mode: 0o755,
  });
  const tree = join(import.meta.dirname, '../fixtures/toy/host.dts');
  execFileSync('dtc', ['-q', '-@', '-I', 'dts', '-O', 'dtb', '-o', at('host.dtb'), tree]);
}
