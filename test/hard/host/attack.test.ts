// SPDX-License-Identifier: Apache-2.0
// inputs: kernel-overlay patches/linux-6.12 recipes/kconfig test/c/kconfig test/fixtures/kconfig qemu-overlay patches/qemu-7.2 test/c/host test/c/attack test/c/lib
// tools: aarch64-linux-gnu-gcc make gcc meson ninja
// labs: linux-6.12 qemu-7.2
// minutes: 12
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { labDebugKernel } from '../../helpers/lab/lab.ts';
import { labQemu } from '../../helpers/lab/lab-qemu.ts';
import { runScript } from '../../helpers/script.ts';

/** Attack the proxy of a kernel which looks for its own faults. */
async function attack(preemption: 'preempt' | 'rt', env: Readonly<Record<string, string>>): Promise<string> {
  const { out } = await labDebugKernel(preemption);
  const { binary } = await labQemu({ version: '7.2' });
  const OUT = join(out, `../host-${preemption}`);
  return runScript('host/run.sh', { KBUILD: out, QEMU: binary, OUT, ...env });
}

test('built into a kernel that looks for its own faults, the host proxy withstands every attack', async () => {
  const tap = await attack('preempt', {});
  expect(tap).toContain('H2 H5 100000 calls in ');
  expect(tap).toContain('passthrough: the proxy is before any driver');
  expect(tap).toContain('kmemleak finds no memory lost\n');
  expect(tap).not.toMatch(/^not ok/m);
});

test('as a module of a real-time kernel it does what it should as well', async () => {
  const tap = await attack('rt', { FAMILIES: 'shapes sharing undo' });
  expect(tap).toContain('H22 the module loads into its own kernel\n');
  expect(tap).toContain('H24 state after equals state before: kill -9\n');
  expect(tap).not.toMatch(/^not ok/m);
});
