// SPDX-License-Identifier: Apache-2.0
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { labQemu, labUnpatchedKernelTree } from '../../../helpers/lab.ts';
import { runScript } from '../../../helpers/script.ts';

test('the host proxy, built out of tree, loads into an unpatched kernel and withstands every attack', async () => {
  const tree = await labUnpatchedKernelTree();
  const build = join(dirname(tree), 'kernel-unpatched');
  await runScript('host/unpatched-kernel.sh', { KSRC: tree, KBUILD: build });
  const { binary } = await labQemu({ version: '7.2' });
  const out = join(dirname(tree), 'host-unpatched');
  const tap = await runScript('host/run.sh', { KBUILD: build, QEMU: binary, OUT: out });
  expect(tap).toContain('H22 the module loads on an unpatched kernel');
  expect(tap).not.toMatch(/^not ok/m);
});
