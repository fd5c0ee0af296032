// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { figure, fiveTimes } from '../../helpers/figures.ts';
import { labMiniBsp } from '../../helpers/lab/lab-mini-bsp.ts';
import { serveFolder } from '../../helpers/serve-folder.ts';

test('l4t-36.3 on a miniature BSP, with a real kernel: nothing to do the second time', async () => {
  const { folder, build, release } = await labMiniBsp();
  onTestFinished(release);
  const { url } = await serveFolder(() => join(folder, 'served'));
  // The first one: where test/e2e has not run before.
  expect((await build(url)).stderr).toBe('');

  const second = await fiveTimes(() => build(url));
  expect(second.stdout).toMatch(/^Nothing to do: all \d+ steps are done and unchanged\.\n$/);
  figure('second build with a real kernel tree', Math.round(second.ms), 'ms', { atMost: 500 });
});
