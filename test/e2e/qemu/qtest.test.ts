// SPDX-License-Identifier: Apache-2.0

import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { labQemu } from '../../helpers/lab/lab-qemu.ts';
import { TESTED_QEMUS } from '../../helpers/lab/tested-qemus.ts';
import { runScript } from '../../helpers/script.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const UAPI = resolve(ROOT, 'kernel-overlay/include/uapi');

/** One of each kind; the rest is counted. */
const QTESTS = [
  'nvidia-bpmp-guest/access',
  'nvidia-bpmp-guest/v1/only',
  'nvidia-bpmp-guest/v1/refused',
  'nvidia-bpmp-guest/v2/outside-ram',
  'nvidia-bpmp-guest/v2/in-rom',
  'nvidia-bpmp-guest/reset',
  'nvidia-bpmp-guest/reset-waits',
  'nvidia-bpmp-guest/trace',
  'nvidia-bpmp-guest/cpu/slow-backend',
  'nvidia-bpmp-guest/cpu/storm',
  'nvidia-bpmp-guest/cpu/block-gone',
  'nvidia-bpmp-virt/missing-backend',
  'nvidia-bpmp-virt/migration',
  'nvidia-bpmp-virt/replay',
  'nvidia-bpmp-virt/dump-tree',
  'nvidia-bpmp-virt/user-tree',
  'nvidia-bpmp-virt/uart-name',
  'nvidia-bpmp-virt/other-host-device',
  'bpmp-backend-chardev/malformed',
  'bpmp-backend-chardev/reconnect',
  'bpmp-backend-host/fdset',
  'bpmp-backend-host/slow',
  'bpmp-backend-host/write-unasked',
  'bpmp-backend-host/write-elsewhere',
  'bpmp-backend-host/given-up',
  'bpmp-backend-host/block-in-device',
  'tegra-hsuart/gate',
];

describe.each(TESTED_QEMUS)("QEMU %s's window, back ends and UART", (version) => {
  it('pass their qtests', async () => {
    const { build } = await labQemu({ version });
    const said = await runScript('qemu/qtest.sh', { BUILD: build, UAPI });
    expect(said).not.toMatch(/^not ok|^Bail out/m);
    const passed = [...said.matchAll(/^ok \d+ \/aarch64\/(\S+)$/gm)].map(([, name]) => name);
    // Before 10.1 nothing can be at the window's place.
    const place = version === '10.2' ? ['nvidia-bpmp-virt/place'] : [];
    expect(passed).toEqual(expect.arrayContaining([...QTESTS, ...place]));
    expect(passed.length).toBeGreaterThanOrEqual(55);
  });

  it('pass the unit test of the back ends', async () => {
    const { build } = await labQemu({ version });
    const said = await runScript('qemu/unit.sh', { BUILD: build });
    expect(said).not.toMatch(/^not ok|^Bail out/m);
    expect(said.match(/^ok \d+ \/bpmp-/gm)).toHaveLength(14);
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
    const { src, build } = await labQemu({ version });
    const said = await runScript('qemu/existing.sh', { BUILD: build, QSRC: src });
    expect(said).not.toMatch(/^not ok|^Bail out/m);
    expect(said).toMatch(/^ok \d+ \/aarch64\/device\/introspect\/concrete/m);
    expect(said).toMatch(/^ok \d+ \/aarch64\/virt\/.*virtio-net-pci/m);
  });
});
