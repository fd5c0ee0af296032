// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { GENERATED } from '../../../scripts/generated.ts';

test.each(Object.entries(GENERATED))('%s is what `npm run generate` writes', async (file, make) => {
  expect(readFileSync(join(import.meta.dirname, '../../..', file), 'utf8')).toBe(await make());
});
