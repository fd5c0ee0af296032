// SPDX-License-Identifier: Apache-2.0

import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exec } from '../../../src/tools/process/exec.ts';
import { type CompileCommand, compileAgain, compileCommands } from '../../helpers/lab/compile-commands.ts';
import { labQemu } from '../../helpers/lab/lab-qemu.ts';
import { TESTED_QEMUS } from '../../helpers/lab/tested-qemus.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const OVERLAY = join(ROOT, 'qemu-overlay');

/** All that QEMU's -device can make, but for variants of virtio's on PCI and the processors. */
const DEVICES = [
  ...['ivshmem-doorbell', 'ivshmem-plain', 'loader', 'pc-dimm', 'pcie-root-port', 'ramfb'],
  ...['scsi-block', 'scsi-cd', 'scsi-generic', 'scsi-hd', 'tegra-hsuart'],
  ...['vfio-pci', 'vfio-pci-nohotplug', 'vfio-platform', 'virtconsole'],
  ...['balloon', 'blk', 'net', 'rng', 'scsi', 'serial'].flatMap((of) => [
    `virtio-${of}-device`,
    `virtio-${of}-pci`,
  ]),
  ...['virtserialport', 'vmcoreinfo'],
];
/** 7.2 has no symbols for its bridges; 10.1 made the machine's own SMMU a device. */
const OF_VERSION = {
  '7.2': ['pci-bridge', 'pci-bridge-seat', 'pcie-pci-bridge'],
  '10.0': [],
  '10.2': ['arm-smmuv3'],
} as const;

/** QEMU for a machine that has no KVM for arm64 leaves it out. */
const WITH_KVM = 'hw/intc/arm_gicv3_kvm.c';
/** Takes the place of a file that QEMU has up to 10.1. */
const VFIO_PLATFORM = 'hw/misc/nvidia-bpmp/bpmp_vfio_platform.c';

it('compiles the GIC of KVM for the board without a warning', async () => {
  const { src, build } = await labQemu({ version: '7.2', target: 'arm64' });
  expect(concerned('7.2')).toContain(WITH_KVM);
  const how = (await compileCommands(build)).find(({ file }) => file === join(src, WITH_KVM));
  if (how === undefined) throw new Error(`${WITH_KVM} is not compiled`);
  expect(await compileAgain(how)).toEqual({ ok: true, said: '' });
});

/** C files of ours and those that our patches change, from the top of a QEMU tree. */
function concerned(version: string): readonly string[] {
  const ours = readdirSync(OVERLAY, { recursive: true }).map(String);
  const patches = join(ROOT, 'patches', `qemu-${version}`);
  const changed = readdirSync(patches).flatMap((name) =>
    [...readFileSync(join(patches, name), 'utf8').matchAll(/^\+\+\+ b\/(\S+)$/gm)].map(
      ([, file = '']) => file,
    ),
  );
  return [...ours, ...changed].filter((file) => file.endsWith('.c')).sort();
}

describe.each(TESTED_QEMUS)('QEMU %s', (version) => {
  async function commands(): Promise<{
    readonly src: string;
    readonly of: (file: string) => readonly CompileCommand[];
  }> {
    const { src, build } = await labQemu({ version });
    const all = await compileCommands(build);
    return { src, of: (file) => all.filter((each) => each.file === join(src, file)) };
  }

  it('compiles our files and those that we change without a warning', async () => {
    const { of } = await commands();
    const left = version === '10.2' ? [WITH_KVM] : [WITH_KVM, VFIO_PLATFORM];
    const files = concerned(version).filter((name) => !left.includes(name));
    expect(files).toContain('hw/misc/nvidia-bpmp/nvidia_bpmp_guest.c');
    expect(files).toContain('hw/arm/virt.c');
    for (const file of files) {
      const [how] = of(file);
      if (how === undefined) throw new Error(`${file} is not compiled`);
      expect(await compileAgain(how), file).toEqual({ ok: true, said: '' });
    }
  });

  it('has the devices that a machine with Tegra devices needs, and no others', async () => {
    const { binary, build } = await labQemu({ version });
    const help = async (option: string) => exec([binary, option, 'help'], build, { emit: () => undefined });
    const boards = [...(await help('-M')).matchAll(/^(\S+) /gm)].map(([, name = '']) => name);
    expect(boards).toContain('virt');
    expect(boards.filter((name) => !/^(virt(-\d|$)|none$|x-remote$|Supported$)/.test(name))).toEqual([]);

    const devices = [...(await help('-device')).matchAll(/^name "([^"]+)"/gm)].map(([, name = '']) => name);
    expect(devices.filter((name) => !/-cpu$|-transitional$/.test(name)).sort()).toEqual(
      [...DEVICES, ...OF_VERSION[version]].sort(),
    );
  });

  it('cannot be built with something else at the place of the window', async () => {
    const { src, of } = await commands();
    const [how] = of('hw/arm/virt.c');
    if (how === undefined) throw new Error('virt.c is not compiled');
    const text = readFileSync(join(src, 'hw/arm/virt.c'), 'utf8');
    const entry = /(\[VIRT_SECURE_GPIO\] =\s*)\{ 0x090b0000, 0x00001000 \}/;
    expect(text).toMatch(entry);
    const planted = (range: string) => compileAgain(how, text.replace(entry, `$1{ ${range} }`));

    for (const beside of ['0x090bf000, 0x00001000', '0x090c1000, 0x00001000'])
      expect(await planted(beside), beside).toEqual({ ok: true, said: '' });
    for (const over of ['0x090c0000, 0x00001000', '0x090b0000, 0x00010001', '0x090c0fff, 0x00000001']) {
      const { ok, said } = await planted(over);
      expect(ok, over).toBe(false);
      expect(said).toMatch(/qemu_build_not_reached.*code path is reachable/);
    }
  });
});
