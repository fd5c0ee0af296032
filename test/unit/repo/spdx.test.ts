// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../..');
/** Formats that have no comment, captured data, and the licence texts themselves. */
const exempt =
  /(\.json|\.snap|\.txt|\.rst\.inc|series)$|^LICENSES\/|^test\/fixtures\/|^\.gitignore$|^\.editorconfig$|^\.node-version$/;
const skipped = new Set(['node_modules', 'dist', 'coverage', '.git', 'work']);

function* files(dir: string): Generator<string> {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    if (skipped.has(entry.name)) continue;
    const path = join(dir, entry.name);
    if (entry.isDirectory()) yield* files(path);
    else if (entry.isFile()) yield relative(root, path);
  }
}

/** Which licence a folder's files carry; the first match holds. */
const licences: readonly (readonly [RegExp, RegExp])[] = [
  [/^kernel-overlay\/include\/uapi\//, /GPL-2\.0-only WITH Linux-syscall-note/],
  // A device tree binding is used by operating systems of every licence: the kernel asks for this pair.
  [/^kernel-overlay\/.*\.yaml$/, /GPL-2\.0-only OR BSD-2-Clause/],
  [/^(kernel-overlay|patches\/linux-)/, /GPL-2\.0-only/],
  [/^(qemu-overlay|patches\/qemu-)/, /GPL-2\.0-or-later/],
  [/./, /Apache-2\.0|GPL-2\.0-(only|or-later)/],
];

test('every file names its licence', () => {
  const wrong = [...files(root)].filter((file) => {
    if (exempt.test(file)) return false;
    const head = readFileSync(join(root, file), 'utf8').slice(0, 4096);
    const licence = licences.find(([where]) => where.test(file))?.[1] ?? /^$/;
    const line = head.split('\n').find((text) => text.includes('SPDX-License-Identifier:'));
    return line === undefined ? !file.endsWith('.patch') : !licence.test(line);
  });
  expect(wrong).toEqual([]);
});
