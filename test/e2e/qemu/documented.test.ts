// SPDX-License-Identifier: Apache-2.0

import { copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labQemu } from '../../helpers/lab/lab-qemu.ts';
import { TESTED_QEMUS } from '../../helpers/lab/tested-qemus.ts';
import { DOCUMENTED_COMMAND } from '../../helpers/launch-document.ts';
import { compilePreload, vfioDevices } from '../../helpers/trees/fake-vfio.ts';
import { makeFdt } from '../../helpers/trees/make-fdt.ts';

const UART = { name: '3100000.serial', regions: [0x10000n], interrupts: 1 };
/** What this machine has not: the accelerator and its processor. */
const HERE = new Map([
  ['virt,accel=kvm', 'virt,accel=tcg'],
  ['host', 'max'],
]);
const folder = mkdtempSync(join(tmpdir(), 'bpmp-virt-documented-'));
let preload: string;

beforeAll(async () => {
  const vfio = await compilePreload('fake-vfio/fake-vfio.c', folder);
  preload = `${vfio}:${await compilePreload('qemu/host-shim.c', folder)}`;
  // A program of one instruction, `b .`, in place of a kernel.
  writeFileSync(join(folder, 'Image'), Buffer.from([0, 0, 0, 0x14]));
  writeFileSync(join(folder, 'rootfs_ubuntu_nvidia_orin.img.raw'), '');
  truncateSync(join(folder, 'rootfs_ubuntu_nvidia_orin.img.raw'), 1 << 20);
  writeFileSync(join(folder, 'uarta.dtb'), makeFdt({ '#address-cells': [2], '#size-cells': [2] }));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Run the documented command in `folder`, and ask its monitor, which is behind Ctrl-A c, one thing after another. */
async function runDocumented(qemu: string, log: string, questions: readonly string[]) {
  const { words, fake } = vfioDevices([UART], folder);
  const sysfs = dirname(/sysfsdev=([^,]+)/.exec(words.join(' '))?.[1] ?? '');
  const [, ...documented] = DOCUMENTED_COMMAND.flat().map((word) => HERE.get(word) ?? word);
  return execa(qemu, documented, {
    cwd: folder,
    env: {
      ...{ LD_PRELOAD: preload, FAKE_VFIO: fake, FAKE_SYSFS: sysfs },
      ...{ BPMP_SHIM_PATH: '/dev/bpmp-host', BPMP_SHIM_MODE: 'ioctl', BPMP_SHIM_LOG: log },
    },
    input: `\x01c${[...questions, 'quit'].map((each) => `${each}\n`).join('')}`,
    reject: false,
    timeout: 120_000,
  });
}

describe.each(TESTED_QEMUS)('QEMU %s', (version) => {
  it('runs the documented command word for word, but for accelerator and processor', async () => {
    const { binary } = await labQemu({ version });
    // As on the board, alone: where it was built the tests of QEMU's own machines put boot ROMs beside it.
    const alone = join(folder, `qemu-${version}`);
    copyFileSync(binary, alone);
    const log = join(folder, `host-${version}.log`);
    const questions = ['info status', 'info mtree', 'info network', 'info block'];
    const { exitCode, stdout, stderr } = await runDocumented(alone, log, questions);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    expect(stdout).toContain('VM status: running');
    expect(stdout).toMatch(/0*90c0000-0*90c0fff .*: nvidia-bpmp-guest/);
    expect(stdout).toMatch(/0*c000000-0*c00ffff .*: VFIO 3100000\.serial region 0/);
    expect(stdout).toMatch(/virtio-net-pci\.0: .*model=virtio-net-pci/);
    expect(stdout).toContain('rootfs_ubuntu_nvidia_orin.img.raw (raw)');
    // It says that it does without boot ROMs.
    expect(stderr).toContain('has no boot ROM: there is no file efi-virtio.rom');
    // It opened the host proxy by itself.
    expect(readFileSync(log, 'utf8')).toMatch(/^open cloexec=1 rdwr=1\n/);
  });
});
