// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { labQemu, labUnpatchedQemu } from '../../../helpers/lab.ts';
import { runScript } from '../../../helpers/script.ts';

it.each(['7.2', '10.0'] as const)(
  "QEMU %s's virt without the window is that of an unpatched QEMU",
  async (version) => {
    const [old, ours] = [await labUnpatchedQemu(version), await labQemu({ version })];
    const said = await runScript('qemu/unchanged.sh', { PRISTINE: old.binary, PATCHED: ours.binary });
    expect(said).toMatch(/^virt: same device tree, same \d{3,} lines/m);
    expect(said).toMatch(/^virt,bpmp=off: same device tree, same \d{3,} lines/m);
  },
);
