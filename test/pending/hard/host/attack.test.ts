// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { labKernel, labQemu } from '../../../helpers/lab.ts';
import { runScript } from '../../../helpers/script.ts';

test('built into a kernel that looks for its own faults, the host proxy withstands every attack', async () => {
  const fragments = ['test/c/kconfig/debug.config'];
  const { out } = await labKernel({ name: 'debug', fragments, targets: ['Image', 'modules'] });
  const { binary } = await labQemu({ version: '7.2' });
  const tap = await runScript('host/run.sh', { KBUILD: out, QEMU: binary, OUT: join(out, '../host-debug') });
  expect(tap).toContain('kmemleak finds no memory lost\n');
  expect(tap).not.toMatch(/^not ok/m);
});
