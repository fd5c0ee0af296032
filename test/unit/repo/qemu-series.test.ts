// SPDX-License-Identifier: Apache-2.0

import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { QEMU_VERSIONS } from '../../../src/recipe/qemu-versions.ts';

const PATCHES = resolve(import.meta.dirname, '../../../patches');

test('the versions that recipes may name are those with patches', () => {
  const folders = readdirSync(PATCHES).filter((name) => name.startsWith('qemu-'));
  expect(folders.sort()).toEqual(QEMU_VERSIONS.map((version) => `qemu-${version}`).sort());
});

describe.each(QEMU_VERSIONS)('the series for QEMU %s', (version) => {
  const folder = join(PATCHES, `qemu-${version}`);
  const patches = readdirSync(folder).filter((name) => name.endsWith('.patch'));

  test('names every patch of the folder, in order', () => {
    expect(readFileSync(join(folder, 'series'), 'utf8')).toBe(
      patches
        .sort()
        .map((name) => `${name}\n`)
        .join(''),
    );
  });

  test.each(patches)('%s is as git format-patch writes it, with a body that says why', (name) => {
    const [head = ''] = readFileSync(join(folder, name), 'utf8').split('\n---\n');
    expect(head).toMatch(/^From 0{40} .*\nFrom: .*\nDate: .*\nSubject: \[PATCH\] /);
    const [, body = ''] = /\n\n([\s\S]*)\n\nSigned-off-by: /.exec(head) ?? [];
    expect(body.length).toBeGreaterThan(80);
  });
});
