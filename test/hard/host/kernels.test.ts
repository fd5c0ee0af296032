// SPDX-License-Identifier: Apache-2.0
// inputs: kernel-overlay qemu-overlay patches/qemu-7.2 test/c/host test/c/attack test/c/lib
// tools: aarch64-linux-gnu-gcc make gcc meson ninja
// labs: linux-6.1 qemu-7.2
// minutes: 12
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { labOtherKernel } from '../../helpers/lab/lab.ts';
import { labQemu } from '../../helpers/lab/lab-qemu.ts';
import { runScript } from '../../helpers/script.ts';

// e2e/host has it on 6.12.
test.each(['6.1'] as const)(
  'on Linux %s, as Debian has it, the host proxy withstands every attack',
  async (version) => {
    const { out } = await labOtherKernel(version);
    const { binary } = await labQemu({ version: '7.2' });
    const tap = await runScript('host/run.sh', {
      KBUILD: out,
      QEMU: binary,
      OUT: join(dirname(out), 'attack'),
    });
    expect(tap).toContain('H22 the module loads into an unpatched kernel');
    expect(tap).toContain('H2 H5 100000 calls in ');
    expect(tap).not.toMatch(/^not ok/m);
  },
);
