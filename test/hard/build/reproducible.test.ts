// SPDX-License-Identifier: Apache-2.0
// inputs: kernel-overlay patches/linux-6.12 recipes/kconfig test/c/kconfig test/fixtures/kconfig
// tools: aarch64-linux-gnu-gcc make
// labs: linux-6.12
// minutes: 4
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { compileLabKernelAt, labKernel } from '../../helpers/lab/lab.ts';

/**
 * What knows the kernel's version, what kbuild calls by paths with .. in them, what has code made for it, and all that is ours.
 * That whole Images of two folders are the same is test/e2e/build/recipe.test.ts's to tell: there the compiler's cache may help.
 */
const FOLDERS = ['init', 'arch/arm64/kernel', 'arch/arm64/kvm', 'virt', 'drivers/firmware', 'drivers/vfio'];

it('a kernel compiled in two folders is the same, object by object', async () => {
  const first = await labKernel({ name: 'lab' });
  // Source folder and build folder both differ, in name and in length.
  const second = await compileLabKernelAt(join(first.out, '../another-place-to-build'), first.src, FOLDERS);
  let objects = 0;
  for (const folder of FOLDERS) {
    const files = await readdir(join(second, folder), { recursive: true });
    for (const file of files.filter((each) => each.endsWith('.o'))) {
      const path = join(folder, file);
      const [one, two] = await Promise.all([readFile(join(first.out, path)), readFile(join(second, path))]);
      expect(two.equals(one), path).toBe(true);
      objects++;
    }
  }
  expect(objects).toBeGreaterThan(150);
});
