// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Script } from '../firmware/script.ts';
import { claimFolder } from '../tools/files/output-file.ts';
import type { Run } from '../tools/process/exec.ts';
import { makeCpio } from './cpio.ts';
import { makeDisk } from './disk.ts';
import { guestRoot, hostRoot, type RootParts } from './guest-files.ts';
import { MACHINE_LOGS, type Machine, type MachineOptions, startMachine } from './machine.ts';
import { machineArgv } from './machine-args.ts';

/** One virtual Orin. Paths are absolute. */
export type VirtualOrin = {
  /** QEMU of the build machine. */
  readonly qemu: string;
  /** The host's kernel; the guest boots the bundle's. */
  readonly kernel: string;
  /** The host's device tree, with the UART behind the SMMU and the policy nodes. */
  readonly dtb: string;
  /** Place in /bundle → file: Image, guest.dtb, run-vm.sh, qemu-system-aarch64. */
  readonly bundle: Readonly<Record<string, string>>;
  /** Settings of run-vm.sh that differ from the bundle's own. */
  readonly env: Readonly<Record<string, string>>;
  readonly root: RootParts;
  /** Of a guest over SCMI, with what a distribution has. */
  readonly stock?: {
    /** ext4 image for the host: QEMU, fdtoverlay and their libraries. */
    readonly programs: string;
    /** What the guest's kernel has as modules and needs: SCMI's transport; virtio_blk for its log. */
    readonly modules: readonly string[];
  };
  /** Of the host, as QEMU's -m takes it. */
  readonly memory: string;
  readonly cpus: number;
  /** A shell command in the guest; without it, a shell on the guest's console. */
  readonly exec?: string;
  /** A shell script in the host, in place of one plain run of run-vm.sh. */
  readonly hostExec?: string;
  readonly script?: Script;
  /** Gets the logs. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly run: Run;
  readonly listener: MachineOptions['listener'];
};

/** The guest's disk inside the host. */
const DISK = 'rootfs.img.raw';

/** What is not as on a board: where the UART is, and a guest that says little on a console that is slow there. */
const SETTINGS = {
  VM_DEVICES: 'c000000.serial',
  VM_DRIVE: DISK,
  // The last word lets the guest leave its log behind the file system of its mounted disk (guest/init).
  VM_APPEND: 'rootwait root=/dev/vda console=ttyAMA0 quiet bdev_allow_write_mounted=1',
};

/** A distribution's kernel has file systems as modules: its root is an initial RAM disk. No card: its driver is one, too. */
const STOCK_SETTINGS = {
  VM_INITRD: 'initrd.cpio',
  VM_NET: '',
  VM_APPEND: 'console=ttyAMA0 quiet rdinit=/init',
};

/** Boot the host; by itself it runs the bundle's machine and reports. */
export async function startVirtualOrin(orin: VirtualOrin): Promise<Machine> {
  await claimFolder(orin.folder, [DISK, `${DISK}.root`, 'initrd.cpio', 'guest-initrd.cpio', ...MACHINE_LOGS]);
  const disk = join(orin.folder, DISK);
  await makeDisk(disk, await guestRoot(orin.root, orin.exec), orin.run);
  const initrd = join(orin.folder, 'initrd.cpio');
  const inner = join(orin.folder, 'guest-initrd.cpio');
  if (orin.stock !== undefined)
    await writeFile(inner, makeCpio(await guestRoot(orin.root, orin.exec, orin.stock.modules)));
  const host = await hostRoot(orin.root, {
    files: {
      ...orin.bundle,
      [DISK]: disk,
      ...(orin.stock === undefined ? {} : { [STOCK_SETTINGS.VM_INITRD]: inner }),
    },
    env: { ...SETTINGS, ...(orin.stock === undefined ? {} : STOCK_SETTINGS), ...orin.env },
    programs: orin.stock !== undefined,
    ...(orin.hostExec === undefined ? {} : { exec: orin.hostExec }),
  });
  await writeFile(initrd, makeCpio(host));
  return startMachine({
    command: (sockets) =>
      machineArgv('orin', {
        ...orin,
        initrd,
        // Without it vfio-platform does not bind a device that has no reset driver.
        append: 'quiet vfio_platform.reset_required=0',
        ...(orin.stock === undefined ? {} : { disk: orin.stock.programs }),
        sockets,
        trace: join(orin.folder, 'qemu-trace.log'),
      }),
    folder: orin.folder,
    signal: orin.signal,
    ...(orin.script === undefined ? {} : { script: orin.script }),
    listener: orin.listener,
  });
}
