// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Script } from '../firmware/script.ts';
import { claimFolder } from '../tools/files/output-file.ts';
import { makeCpio } from './cpio.ts';
import { guestRoot, type RootParts } from './guest-files.ts';
import { MACHINE_LOGS, type Machine, type MachineOptions, startMachine } from './machine.ts';
import { machineArgv, type WindowProperties } from './machine-args.ts';

/** One emulated guest. Paths are absolute. */
export type EmulatedGuest = {
  readonly qemu: string;
  readonly kernel: string;
  /** Made for as many CPUs as `cpus`. */
  readonly dtb: string;
  readonly root: RootParts;
  readonly cpus: number;
  readonly memory: string;
  readonly platformBus?: string;
  /** A shell command; without it, a shell on the console. */
  readonly exec?: string;
  readonly script?: Script;
  readonly window?: WindowProperties;
  /** Gets the logs. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly listener: MachineOptions['listener'];
};

/** Boot the kernel as a guest under TCG, with the emulated UARTA and the firmware model. */
export async function startEmulatedGuest(guest: EmulatedGuest): Promise<Machine> {
  await claimFolder(guest.folder, ['initrd.cpio', ...MACHINE_LOGS]);
  const initrd = join(guest.folder, 'initrd.cpio');
  await writeFile(initrd, makeCpio(await guestRoot(guest.root, guest.exec)));
  return startMachine({
    command: (sockets) =>
      machineArgv('guest', {
        ...guest,
        initrd,
        append: 'quiet',
        sockets,
        trace: join(guest.folder, 'qemu-trace.log'),
      }),
    folder: guest.folder,
    signal: guest.signal,
    ...(guest.script === undefined ? {} : { script: guest.script }),
    listener: guest.listener,
  });
}
