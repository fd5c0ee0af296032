// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { ExitCode } from '../../../src/errors.ts';
import { expectedError } from '../../../src/tools/expected.ts';
import { gitIn } from '../../../src/tools/git/git.ts';

test.each([
  ['a file that is missing', () => readFile('/no/such/file'), ExitCode.environment],
  ['a folder in place of a file', () => readFile('/'), ExitCode.environment],
  ['git', () => gitIn('/').raw(['cat-file', '-t', '0'.repeat(40)]), ExitCode.step],
  ['YAML', async () => parse('a: [', { strict: true }), ExitCode.usage],
  ['an address', async () => decodeURIComponent('%zz'), ExitCode.usage],
])('%s is not a bug of ours', async (_what, action, exitCode) => {
  const error: unknown = await action().catch((thrown: unknown) => thrown);
  const known = expectedError(error);
  expect(known?.exitCode).toBe(exitCode);
  expect(known?.hint).toMatch(/\.$/);
});

test('a mistake in the program stays one', () => {
  expect(expectedError(new TypeError('x is not a function'))).toBeUndefined();
  expect(expectedError('thrown')).toBeUndefined();
});

test('what starts can be read by a Node that is too old, which then is told so', async () => {
  const text = await readFile(join(import.meta.dirname, '../../../src/cli/main.ts'), 'utf8');
  const imports = [...text.matchAll(/^import .* from '(.*)';$/gm)].map(([, from]) => from);
  expect(imports).toEqual(['node:process']);
});
