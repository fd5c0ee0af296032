// SPDX-License-Identifier: Apache-2.0
// inputs: qemu-overlay patches/qemu-7.2 kernel-overlay/include test/c/qemu test/c/fake-vfio
// tools: gcc meson ninja
// labs: qemu-7.2
// minutes: 18
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { labQemu } from '../../helpers/lab/lab-qemu.ts';
import { runScript } from '../../helpers/script.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
/** Seconds of random accesses, and of each storm of connections. */
const MINUTES = { BPMP_TEST_FUZZ_SECONDS: '60', BPMP_TEST_STORM_SECONDS: '60' };

it('QEMU under ASan and UBSan passes the qtests, with a minute of random accesses and one of a model that misbehaves', async () => {
  const { build } = await labQemu({ version: '7.2', sanitize: true });
  const UAPI = resolve(ROOT, 'kernel-overlay/include/uapi');
  const said = await runScript('qemu/qtest.sh', { BUILD: build, UAPI, SANITIZED: '1', ...MINUTES });
  expect(said).not.toMatch(/^not ok|runtime error|AddressSanitizer/m);
  expect(said).toMatch(/^ok \d+ \/aarch64\/nvidia-bpmp-guest\/fuzz$/m);
  expect(said).toMatch(/^ok \d+ \/aarch64\/nvidia-bpmp-guest\/cpu\/storm$/m);
});

it.each(['address,undefined', 'thread'])(
  'the back ends under -fsanitize=%s pass their unit test, with a minute of two threads and a model that misbehaves',
  async (sanitizer) => {
    const { src, build } = await labQemu({ version: '7.2' });
    const where = { BUILD: build, OUT: join(src, '../..', `unit-${sanitizer}`), SANITIZER: sanitizer };
    const said = await runScript('qemu/unit-sanitized.sh', { ...where, ...MINUTES });
    expect(said).not.toMatch(/^not ok|runtime error|Sanitizer/m);
    expect(said.match(/^ok \d+ \/bpmp-/gm)).toHaveLength(14);
  },
);
