// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');

test('pages have one form: lines of at most 120 columns, tables in columns', async () => {
  const words = [
    '--list-different',
    'README.md',
    'CONTRIBUTING.md',
    'CHANGELOG.md',
    'SECURITY.md',
    'docs/*.md',
  ];
  const { stdout } = await execa('npx', ['prettier', ...words], { cwd: ROOT, reject: false });
  expect(stdout, '`npm run format` fixes these').toBe('');
});
