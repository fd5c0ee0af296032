// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { labQemu } from '../../../helpers/lab.ts';
import { runScript } from '../../../helpers/script.ts';

const ROOT = resolve(import.meta.dirname, '../../../../..');
const UAPI = resolve(ROOT, 'kernel-overlay/include/uapi');

describe.each(['7.2', '10.0'] as const)("QEMU %s's window, back ends and UART", (version) => {
  it('pass their qtests', async () => {
    const { build } = await labQemu({ version });
    const said = await runScript('qemu/qtest.sh', { BUILD: build, UAPI });
    expect(said).not.toMatch(/^not ok/m);
    for (const row of ['id', 'v1/refused', 'v2/outside-ram', 'missing-backend', 'cpu/slow-backend'])
      expect(said).toMatch(new RegExp(`^ok \\d+ /aarch64/nvidia-bpmp-guest/${row}$`, 'm'));
    expect(said).toMatch(/^ok \d+ \/aarch64\/bpmp-backend-host\/slow$/m);
    expect(said).toMatch(/^ok \d+ \/aarch64\/tegra-hsuart\/gate$/m);
  });

  it("pass QEMU's checkpatch", async () => {
    const { src } = await labQemu({ version });
    const overlay = {
      OVERLAY: resolve(ROOT, 'qemu-overlay'),
      PATCHES: resolve(ROOT, `patches/qemu-${version}`),
    };
    const said = await runScript('qemu/checkpatch.sh', { QSRC: src, ...overlay });
    expect(said).not.toMatch(/ERROR|WARNING/);
  });

  it("leave QEMU's own tests of the virt machine green", async () => {
    const { build } = await labQemu({ version });
    expect(await runScript('qemu/existing.sh', { BUILD: build })).not.toMatch(/^not ok/m);
  });
});
