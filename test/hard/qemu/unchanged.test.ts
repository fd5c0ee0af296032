// SPDX-License-Identifier: Apache-2.0
// inputs: qemu-overlay patches/qemu-7.2 patches/qemu-10.0 test/c/qemu
// tools: gcc meson ninja
// labs: qemu-7.2 qemu-10.0
// minutes: 8

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exec } from '../../../src/tools/process/exec.ts';
import { labQemu, labUnpatchedQemu } from '../../helpers/lab/lab-qemu.ts';
import { TESTED_QEMUS } from '../../helpers/lab/tested-qemus.ts';
import { runScript } from '../../helpers/script.ts';

const folder = mkdtempSync(join(tmpdir(), 'bpmp-virt-unchanged-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** How each device's state is migrated, by the device's name. */
async function migrated(qemu: string, name: string): Promise<ReadonlyMap<string, unknown>> {
  const into = join(folder, name);
  await exec([qemu, '-M', 'virt', '-display', 'none', '-dump-vmstate', into], folder, {
    emit: () => undefined,
  });
  return new Map(Object.entries(JSON.parse(readFileSync(into, 'utf8')) as object));
}

describe.each(TESTED_QEMUS)('QEMU %s', (version) => {
  let old: string;
  let ours: string;
  beforeAll(async () => {
    old = (await labUnpatchedQemu(version)).binary;
    ours = (await labQemu({ version })).binary;
  });

  it('without the window has the machines of an unpatched QEMU, object by object', async () => {
    const said = await runScript('qemu/unchanged.sh', { PRISTINE: old, PATCHED: ours });
    expect(said).toMatch(/^virt: same device tree$/m);
    expect(said).toMatch(/^virt,bpmp=off: same device tree$/m);
    expect(said).toMatch(/^virt: same \d{3,} lines/m);
    expect(said).toMatch(/^virt,bpmp=off: same \d{3,} lines/m);
  });

  it('migrates what it migrated as it did', async () => {
    const [before, after] = [await migrated(old, 'old.json'), await migrated(ours, 'ours.json')];
    expect(before.size).toBeGreaterThan(20);
    for (const [device, state] of before) expect(after.get(device), device).toEqual(state);
    expect([...after.keys()].filter((device) => !before.has(device)).sort()).toEqual([
      'nvidia-bpmp-guest',
      'tegra-hsuart',
    ]);
  });
});
