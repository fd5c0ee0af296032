// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { expect } from 'vitest';
import { makeDisk } from '../../../src/emulate/disk.ts';
import { guestRoot, type RootParts } from '../../../src/emulate/guest-files.ts';
import type { Machine } from '../../../src/emulate/machine.ts';
import { startVirtualOrin, type VirtualOrin } from '../../../src/emulate/virtual-orin.ts';
import type { FirmwareState } from '../../../src/firmware/model.ts';
import type { Script } from '../../../src/firmware/script.ts';
import type { StepOptions } from '../../../src/plan/step-options.ts';
import type { QemuVersion } from '../../../src/recipe/qemu-versions.ts';
import { labQemu } from '../lab/lab-qemu.ts';
import { labScmi } from '../lab/lab-scmi.ts';
import { stockHostDisk, stockKernel } from '../lab/lab-stock.ts';
import { logFolder, naming, quietly, recorder, rootParts, type Seen } from './emulate.ts';
import { emulationKernel, guestTree, orinTree, runScript, scmiBundle } from './emulate-trees.ts';
import { badKernelLines } from './kernel-log.ts';

/** What is run in the virtual Orin. */
export type OrinWish = {
  readonly name: string;
  /** The QEMU of the bundle, and the one outside; 7.2 where nothing is said. */
  readonly version?: QemuVersion;
  /** In the guest. */
  readonly exec: string;
  /** In the host, in place of one plain run of run-vm.sh. */
  readonly hostExec?: string;
  /** In the guest of other.img.raw, a disk beside the bundle. */
  readonly otherExec?: string;
  /** More files of the bundle. */
  readonly files?: Readonly<Record<string, string>>;
  readonly vms?: StepOptions['render-orin-tree']['vms'];
  readonly script?: Script;
  readonly allowed?: readonly RegExp[];
  /** The guest is Debian's kernel on Debian's QEMU over SCMI. */
  readonly scmi?: boolean;
};

/** How it went. */
export type OrinRun = Seen & {
  readonly sections: ReadonlyMap<string, string>;
  /** The firmware's state when the host was ready, when it was finished, and at another mark. */
  readonly before: FirmwareState;
  readonly after: FirmwareState;
  readonly at: (mark: string) => FirmwareState;
};

/** Boot a virtual Orin with the bundle's files, look at the kernel logs of both levels, and give what happened. */
export async function runOrin(wish: OrinWish, check: (run: OrinRun) => void | Promise<void>): Promise<void> {
  const folder = await logFolder(wish.name);
  const { version = '7.2' } = wish;
  const machine = { version, cpus: 2, memory: '1536M' } as const;
  const { image } = await emulationKernel();
  const { binary: qemu } = await labQemu({ version });
  const root = await rootParts();
  const parts = wish.scmi === true ? await scmiParts(wish, folder) : await windowParts(wish, folder, root);
  const dtb = await orinTree(folder, machine, wish.vms);
  const { seen, listener } = recorder();
  const states = new Map<string, FirmwareState>();
  await naming(folder, async () => {
    const orin: Machine = await startVirtualOrin({
      ...{ qemu, kernel: image, dtb, root, folder },
      ...(parts.stock === undefined ? {} : { stock: parts.stock }),
      bundle: { 'doctor.sh': DOCTOR, ...parts.bundle, ...wish.files },
      ...{ cpus: machine.cpus, memory: machine.memory, exec: wish.exec },
      env: { VM_MEMORY: parts.memory },
      ...(wish.hostExec === undefined ? {} : { hostExec: wish.hostExec }),
      ...(wish.script === undefined ? {} : { script: wish.script }),
      signal: AbortSignal.timeout(600_000),
      run: quietly,
      listener: {
        ...listener,
        onMark: (words) => {
          listener.onMark?.(words);
          // `host ready serial-tegra` is `host ready`.
          states.set(words.slice(0, words[0] === 'host' ? 2 : 1).join(' '), orin.firmware.snapshot());
        },
      },
    });
    await orin.ended;
    const at = (mark: string) => {
      const state = states.get(mark);
      if (state === undefined)
        throw new Error(`the host never said '${mark}'; it said: ${seen.marks.join('; ')}`);
      return state;
    };
    for (const level of ['host-dmesg', 'guest-dmesg']) {
      expect(badKernelLines(orin.sections.get(level) ?? '', wish.allowed), level).toEqual([]);
    }
    await check({ ...seen, sections: orin.sections, before: at('host ready'), after: at('host after'), at });
  });
}

/** What the host gets, and the guest's memory. */
type Parts = Pick<VirtualOrin, 'bundle' | 'stock'> & { readonly memory: string };

const DOCTOR = join(import.meta.dirname, '../../../board/doctor.sh');
const hostDevice = ({ vms = [] }: OrinWish) => (vms.length > 1 ? '/dev/bpmp-host-uart-vm' : '/dev/bpmp-host');

async function windowParts(wish: OrinWish, folder: string, root: RootParts): Promise<Parts> {
  const { version = '7.2' } = wish;
  const { image } = await emulationKernel();
  const { binary: arm64 } = await labQemu({ version, target: 'arm64' });
  const other = join(folder, 'other.img.raw');
  if (wish.otherExec !== undefined) await makeDisk(other, await guestRoot(root, wish.otherExec), quietly);
  const bundle = {
    Image: image,
    'qemu-system-aarch64': arm64,
    'guest.dtb': await guestTree(folder, { version, cpus: 1, memory: '128M' }),
    'run-vm.sh': await runScript(folder, hostDevice(wish)),
    ...(wish.otherExec === undefined ? {} : { 'other.img.raw': other }),
  };
  return { bundle, memory: '128M' };
}

async function scmiParts(wish: OrinWish, folder: string): Promise<Parts> {
  const { program } = await labScmi({ target: 'arm64' });
  const { vmlinuz, modules } = await stockKernel();
  return {
    bundle: { ...(await scmiBundle(folder, hostDevice(wish))), vmlinuz, 'bpmp-scmi': program },
    stock: { programs: await stockHostDisk(), modules },
    memory: '256M',
  };
}
