// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');

// npm forgets packages for other platforms where it has once installed without them; then `npm ci` refuses.
test('the lock has all that its packages want, with sums, also for other platforms', async () => {
  const words = ['ci', '--dry-run', '--offline', '--ignore-scripts', '--no-audit', '--no-fund'];
  await execa('npm', words, { cwd: ROOT });

  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  const unchecked = Object.keys(packages).filter((path) => path !== '' && !packages[path].integrity);
  expect(unchecked).toEqual([]);
});
