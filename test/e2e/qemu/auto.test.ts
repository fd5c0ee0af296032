// SPDX-License-Identifier: Apache-2.0

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BusDevice } from '../../../src/trees/platform-bus.ts';
import { askQemu } from '../../helpers/emulate/qmp.ts';
import { labQemu } from '../../helpers/lab/lab-qemu.ts';
import { TESTED_QEMUS } from '../../helpers/lab/tested-qemus.ts';
import { compilePreload, vfioDevices } from '../../helpers/trees/fake-vfio.ts';
import { makeFdt } from '../../helpers/trees/make-fdt.ts';

const UART = { name: '3100000.serial', regions: [0x10000n], interrupts: 1 };
const SPI = { name: '3210000.spi', regions: [0x1000n, 0x1000n], interrupts: 1 };
const folder = mkdtempSync(join(tmpdir(), 'bpmp-virt-auto-'));
const dtb = join(folder, 'any.dtb');
const log = join(folder, 'host.log');
let preload: string;

beforeAll(async () => {
  const vfio = await compilePreload('fake-vfio/fake-vfio.c', folder);
  preload = `${vfio}:${await compilePreload('qemu/host-shim.c', folder)}`;
  writeFileSync(dtb, makeFdt({ '#address-cells': [2], '#size-cells': [2] }));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A machine as the documented command line has it, on a host that has `host` as its proxy's device, if any. */
type Machine = {
  readonly bpmp: string;
  readonly devices: readonly BusDevice[];
  readonly host: string | undefined;
};

/** Where the window is, and what the host's device saw. */
async function look(qemu: string, { bpmp, devices, host }: Machine) {
  rmSync(log, { force: true });
  const { words, fake } = vfioDevices(devices, folder);
  const shim = host === undefined ? [] : [`BPMP_SHIM_PATH=${host}`, 'BPMP_SHIM_MODE=ioctl'];
  const env = [`LD_PRELOAD=${preload}`, `FAKE_VFIO=${fake}`, `BPMP_SHIM_LOG=${log}`, ...shim];
  const machine = ['-machine', `virt,accel=tcg${bpmp}`, '-cpu', 'max', '-nic', 'none', '-m', '16'];
  const command = ['env', ...env, qemu, ...machine, '-dtb', dtb, ...words] as const;
  const question = { execute: 'human-monitor-command', arguments: { 'command-line': 'info mtree' } };
  const [tree] = await askQemu(['env', ...command.slice(1)], [question]);
  const [, window] = /([0-9a-f]{16})-[0-9a-f]{16} \(.*\): nvidia-bpmp-guest/.exec(String(tree)) ?? [];
  const said = existsSync(log) ? readFileSync(log, 'utf8') : '';
  return { window: window === undefined ? undefined : Number(`0x${window}`), said };
}

describe.each(TESTED_QEMUS)('QEMU %s, told nothing of the BPMP', (version) => {
  const none = { window: undefined, said: '' };
  const host = '/dev/bpmp-host';
  let qemu: string;
  beforeAll(async () => {
    qemu = (await labQemu({ version })).binary;
  });

  it.each(['', ',bpmp=auto'])(
    'gives a machine with a passed-through device the window (virt%s)',
    async (bpmp) => {
      const { window, said } = await look(qemu, { bpmp, devices: [UART], host });
      expect(window).toBe(0x090c0000);
      expect(said).toMatch(/^open cloexec=1 rdwr=1\ninfo cloexec=1\n$/);
    },
  );

  it('gives two devices one window, with the back end that is named', async () => {
    const named: Machine = {
      bpmp: ',bpmp-host=/dev/bpmp-host-uart-vm',
      devices: [UART, SPI],
      host: '/dev/bpmp-host-uart-vm',
    };
    const { window, said } = await look(qemu, named);
    expect(window).toBe(0x090c0000);
    expect(said.match(/^open/gm)).toEqual(['open']);
  });

  it('gives none where the host has no proxy, and the machine runs', async () => {
    expect(existsSync(host)).toBe(false);
    expect(await look(qemu, { bpmp: '', devices: [UART], host: undefined })).toEqual(none);
  });

  it('does not come near the firmware without such a device, or where it is off', async () => {
    expect(await look(qemu, { bpmp: '', devices: [], host })).toEqual(none);
    expect(await look(qemu, { bpmp: ',bpmp=off', devices: [UART], host })).toEqual(none);
  });
});
