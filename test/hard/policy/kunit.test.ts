// SPDX-License-Identifier: Apache-2.0
// inputs: kernel-overlay patches/linux-6.12 recipes/kconfig test/c/kconfig test/fixtures/kconfig qemu-overlay patches/qemu-7.2 test/c/policy
// tools: aarch64-linux-gnu-gcc make gcc meson ninja
// labs: linux-6.12 qemu-7.2
// minutes: 8
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { labDebugKernel } from '../../helpers/lab/lab.ts';
import { labQemu } from '../../helpers/lab/lab-qemu.ts';
import { runScript } from '../../helpers/script.ts';

it('the policy decides as docs/policy.md says in a kernel that looks for its own faults (KUnit)', async () => {
  const { out } = await labDebugKernel('preempt');
  const { binary } = await labQemu({ version: '7.2' });
  const env = { KBUILD: out, QEMU: binary, OUT: join(out, '../kunit') };
  expect(await runScript('policy/kunit.sh', env)).toMatch(/kunit: (\d+) of \1 cases passed/);
});
