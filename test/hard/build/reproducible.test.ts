// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { buildLabKernelAt, labKernel } from '../../helpers/lab.ts';

/**
 * ccache must hand out nothing in the second build: the objects would be those of the first, and the two Images the same for
 * that reason alone. Source folder and build folder both differ, in name and in length. The second build is kept beside the
 * first, by the same key: what neither of them is made from is no reason to compile again.
 */
it('two builds in two folders, each of them compiled, give the same Image', async () => {
  const first = await labKernel({ name: 'lab' });
  const other = join(first.out, '../another-place-to-build');
  const second = await buildLabKernelAt(other, first.src, { CCACHE_RECACHE: '1' });
  const [one, two] = await Promise.all([readFile(first.image), readFile(second.image)]);
  expect(two.equals(one), `${first.out} and ${second.out}`).toBe(true);
});
