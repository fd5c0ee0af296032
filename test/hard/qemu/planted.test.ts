// SPDX-License-Identifier: Apache-2.0
// inputs: qemu-overlay patches/qemu-10.0 kernel-overlay/include test/c/qemu test/c/fake-vfio
// tools: gcc meson ninja
// labs: qemu-10.0
// minutes: 8
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { ownQemu } from '../../helpers/lab/lab-qemu.ts';
import { runScript } from '../../helpers/script.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const ours = { UAPI: resolve(ROOT, 'kernel-overlay/include/uapi'), OVERLAY: resolve(ROOT, 'qemu-overlay') };

it('the tests find defects planted in the back ends and the window, each by the one that stands for it', async () => {
  const said = await ownQemu('10.0', ({ src, build }) =>
    runScript('qemu/planted.sh', { ...ours, QSRC: src, BUILD: build }),
  );
  expect(said.match(/: found by /g)).toHaveLength(16);
});
