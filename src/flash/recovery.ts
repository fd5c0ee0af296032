// SPDX-License-Identifier: Apache-2.0
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readText } from '../read-file.ts';

/** What kind of board a module belongs to, as far as flashing differs. */
export type BoardKind = 'agx-orin' | 'orin-nx-nano';

/** A Jetson in recovery mode on this machine's USB. */
export type RecoveryDevice = {
  readonly module: string;
  readonly kind: BoardKind;
  /** What its EEPROM may say: `3701-0004`. One USB id stands for several. */
  readonly skus: readonly string[];
  /** sysfs name of the USB device: `1-2.3`. */
  readonly usb: string;
};

const NVIDIA = '0955';
/** USB product ids in recovery mode (l4t_initrd_flash.sh and nvautoflash.sh of r36). */
const MODULES: Readonly<Record<string, readonly [module: string, kind: BoardKind, skus: readonly string[]]>> =
  {
    '7023': [
      'Jetson AGX Orin, 64 GB or the developer kit',
      'agx-orin',
      ['3701-0000', '3701-0005', '3701-0008'],
    ],
    '7223': ['Jetson AGX Orin, 32 GB', 'agx-orin', ['3701-0004']],
    '7323': ['Jetson Orin NX, 16 GB', 'orin-nx-nano', ['3767-0000']],
    '7423': ['Jetson Orin NX, 8 GB', 'orin-nx-nano', ['3767-0001']],
    '7523': ['Jetson Orin Nano, 8 GB', 'orin-nx-nano', ['3767-0003', '3767-0005']],
    '7623': ['Jetson Orin Nano, 4 GB', 'orin-nx-nano', ['3767-0004']],
  };
/** The network gadget of a Jetson that has booted its root file system. */
const BOOTED = '7020';

/** TX2 and Xavier in recovery mode (l4t_initrd_flash.sh of r36). */
const OLDER = new Set(['7018', '7418', '7c18', '7019', '7819', '7919', '7e19']);

/** NVIDIA's USB devices below `sys` (`/sys`), as sysfs name and product id. */
async function nvidiaDevices(
  sys: string,
): Promise<readonly { readonly usb: string; readonly product: string }[]> {
  const folder = join(sys, 'bus/usb/devices');
  const names = await readdir(folder).catch((): string[] => []);
  const read = (name: string, file: string) =>
    readText(join(folder, name, file)).then(
      (text) => text.trim(),
      () => '',
    );
  const all = await Promise.all(
    names.map(async (usb) => ({
      usb,
      vendor: await read(usb, 'idVendor'),
      product: await read(usb, 'idProduct'),
    })),
  );
  return all.filter(({ vendor }) => vendor === NVIDIA).sort((a, b) => a.usb.localeCompare(b.usb));
}

/** The Jetsons in recovery mode. `sys` is `/sys`, or a prepared tree. */
export async function findRecovery(sys: string): Promise<readonly RecoveryDevice[]> {
  const devices = await nvidiaDevices(sys);
  return devices.flatMap(({ usb, product }) => {
    const known = MODULES[product];
    return known === undefined ? [] : [{ usb, module: known[0], kind: known[1], skus: known[2] }];
  });
}

/** How many Jetsons that run their own system are on this machine's USB. */
export async function bootedCount(sys: string): Promise<number> {
  return (await nvidiaDevices(sys)).filter(({ product }) => product === BOOTED).length;
}

/** Older Jetsons in recovery mode, by their sysfs names: NVIDIA's scripts write to them too where they are told to write to all. */
export async function otherJetsons(sys: string): Promise<readonly string[]> {
  return (await nvidiaDevices(sys)).filter(({ product }) => OLDER.has(product)).map(({ usb }) => usb);
}
