// SPDX-License-Identifier: Apache-2.0
// inputs: qemu-overlay patches/qemu-7.2 kernel-overlay/include test/c/qemu
// tools: gcc meson ninja
// labs: qemu-7.2
// minutes: 8
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { labQemu } from '../../helpers/lab/lab-qemu.ts';
import { runScript } from '../../helpers/script.ts';

const ROOT = resolve(import.meta.dirname, '../../..');

it('QEMU under ASan and UBSan passes the qtests and a minute of random accesses', async () => {
  const { build } = await labQemu({ version: '7.2', sanitize: true });
  const UAPI = resolve(ROOT, 'kernel-overlay/include/uapi');
  const env = { BUILD: build, UAPI, SANITIZED: '1', BPMP_TEST_FUZZ_SECONDS: '60' };
  const said = await runScript('qemu/qtest.sh', env);
  expect(said).not.toMatch(/^not ok|runtime error|AddressSanitizer/m);
  expect(said).toMatch(/^ok \d+ \/aarch64\/nvidia-bpmp-guest\/fuzz$/m);
});
