// SPDX-License-Identifier: Apache-2.0

import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readFdt } from '../../../src/dt/read-fdt.ts';
import { cellsOf, type DtNode, stringOf, stringsOf } from '../../../src/dt/tree.ts';
import { exec } from '../../../src/tools/process/exec.ts';
import { labQemu } from '../../helpers/lab/lab-qemu.ts';
import { TESTED_QEMUS } from '../../helpers/lab/tested-qemus.ts';
import { compilePreload, treeAsFolders, vfioDevices } from '../../helpers/trees/fake-vfio.ts';
import { makeFdt } from '../../helpers/trees/make-fdt.ts';
import { NVIDIA_TREE } from '../../helpers/trees/nvidia-tree.ts';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'bpmp-virt-own-')));
const host = join(folder, 'host');
const UART = {
  ...{ name: '3100000.serial', regions: [0x10000n], interrupts: 1 },
  node: join(host, 'bus@0/serial@3100000'),
};
const GPU = {
  ...{ name: '17000000.gpu', regions: [0x1000000n, 0x1000000n, 0x1000n], interrupts: 4 },
  node: join(host, 'bus@0/gpu@17000000'),
};
/** As the GPU needs it. */
const LARGE = ',platform-bus-size=64M';
let preload: string;

beforeAll(async () => {
  const vfio = await compilePreload('fake-vfio/fake-vfio.c', folder);
  preload = `${vfio}:${await compilePreload('qemu/host-shim.c', folder)}`;
  treeAsFolders(readFdt(makeFdt(NVIDIA_TREE), 'host').root, host);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The tree that QEMU makes of itself for a machine with UARTA and the GPU of that host. */
async function ownTree(qemu: string, machine: string): Promise<ReadonlyMap<string, DtNode>> {
  const { words, fake } = vfioDevices([UART, GPU], folder);
  const into = join(folder, 'own.dtb');
  const shim = ['BPMP_SHIM_PATH=/dev/bpmp-host', 'BPMP_SHIM_MODE=ioctl'];
  const env = [`LD_PRELOAD=${preload}`, `FAKE_VFIO=${fake}`, `FAKE_DT=${host}`, ...shim];
  const options = ['-machine', `virt,accel=tcg,gic-version=3${machine},dumpdtb=${into}`, '-cpu', 'max'];
  const rest = ['-m', '16', '-nic', 'none', '-display', 'none', '-serial', 'null', ...words];
  await exec(['env', ...env, qemu, ...options, ...rest], folder, { emit: () => undefined });
  return readFdt(readFileSync(into), into).nodes;
}

describe.each(TESTED_QEMUS)('QEMU %s without -dtb', (version) => {
  let qemu: string;
  beforeAll(async () => {
    qemu = (await labQemu({ version })).binary;
  });

  it('describes what is passed through by the host’s tree, with the guest’s BPMP as its provider', async () => {
    const nodes = await ownTree(qemu, LARGE);
    const at = (path: string): DtNode => {
      const node = nodes.get(path);
      if (node === undefined) throw new Error(`no ${path} in ${[...nodes.keys()].join(' ')}`);
      return node;
    };
    const bpmp = cellsOf(at('/bpmp'), 'phandle')?.[0] ?? 0;
    expect(bpmp).not.toBe(0);
    expect(cellsOf(at('/bpmp'), 'virtual-pa')).toEqual([0, 0x090c0000]);
    expect(stringsOf(at('/bpmp'), 'compatible')).toEqual(['nvidia,tegra234-bpmp', 'nvidia,tegra186-bpmp']);
    for (const cells of ['#clock-cells', '#reset-cells', '#power-domain-cells'])
      expect(cellsOf(at('/bpmp'), cells)).toEqual([1]);

    const uart = at('/platform-bus@10000000/serial@0');
    expect(stringsOf(uart, 'compatible')).toEqual(['nvidia,tegra194-hsuart']);
    expect(cellsOf(uart, 'reg')).toEqual([0, 0x10000]);
    expect(cellsOf(uart, 'interrupts')).toEqual([0, 112, 4]);
    expect(cellsOf(uart, 'clocks')).toEqual([bpmp, 155, bpmp, 102]);
    expect(stringsOf(uart, 'clock-names')).toEqual(['serial', 'parent']);
    expect(cellsOf(uart, 'resets')).toEqual([bpmp, 100]);
    expect(stringOf(at('/aliases'), 'serial1') ?? stringOf(at('/aliases'), 'serial0')).toBe(uart.path);

    const gpu = at('/platform-bus@10000000/gpu@1000000');
    expect(cellsOf(gpu, 'reg')).toEqual([0x1000000, 0x1000000, 0x2000000, 0x1000000, 0x10000, 0x1000]);
    expect(cellsOf(gpu, 'interrupts')).toEqual([113, 114, 115, 116].flatMap((spi) => [0, spi, 4]));
    expect(cellsOf(gpu, 'power-domains')).toEqual([bpmp, 35]);
    expect(gpu.properties.has('dma-coherent')).toBe(true);
    expect(gpu.properties.has('nvidia,bpmp')).toBe(false);
  });

  it('describes them without clocks where the machine has no BPMP', async () => {
    const nodes = await ownTree(qemu, `${LARGE},bpmp=off`);
    expect(nodes.has('/bpmp')).toBe(false);
    const uart = nodes.get('/platform-bus@10000000/serial@0');
    expect([...(uart?.properties.keys() ?? [])].sort()).toEqual([
      'compatible',
      'interrupts',
      'reg',
      'status',
    ]);
  });
});
