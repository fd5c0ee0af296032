// SPDX-License-Identifier: Apache-2.0

import type { Command } from '../command.ts';
import { busWord } from '../trees/machine-args.ts';

/** Unix sockets on which this process listens when QEMU starts. */
export type MachineSockets = {
  readonly firmware: string;
  readonly console: string;
  readonly uart: string;
};

/** What both emulated machines are made of. */
export type MachineParts = {
  /** The build machine's qemu-system-aarch64. */
  readonly qemu: string;
  readonly kernel: string;
  readonly initrd: string;
  readonly dtb: string;
  readonly cpus: number;
  /** As QEMU's -m takes it. */
  readonly memory: string;
  /** Size of the platform bus, if not QEMU's own. */
  readonly platformBus?: string;
  /** Added to the kernel's command line. */
  readonly append: string;
  readonly sockets: MachineSockets;
  /** File for QEMU's trace of window and UART. */
  readonly trace: string;
  /** Properties of the window, as `-global` takes them; default: QEMU's own. */
  readonly window?: WindowProperties;
  /** Raw image of a disk that is only read. */
  readonly disk?: string;
};

/** `timeout-ms`: how long a guest waits for the firmware; `x-window-version` 1: the window has no version 2. */
export type WindowProperties = Readonly<Partial<Record<'timeout-ms' | 'x-window-version', number>>>;

/** The machine type: a plain guest, or one that can be a host for KVM with an SMMU in front of its devices. */
const MACHINE_TYPES = {
  guest: 'virt,gic-version=3',
  orin: 'virt,gic-version=3,virtualization=on,iommu=smmuv3',
} as const;
export type MachineType = keyof typeof MACHINE_TYPES;

/** QEMU's command line that boots the machine. */
export function machineArgv(type: MachineType, parts: MachineParts): Command {
  const { sockets, platformBus } = parts;
  const machine = `${MACHINE_TYPES[type]}${busWord(platformBus)}`;
  return [
    parts.qemu,
    ...hardware(machine, parts.cpus, parts.memory),
    '-display',
    'none',
    '-no-reboot',
    '-kernel',
    parts.kernel,
    '-initrd',
    parts.initrd,
    '-dtb',
    parts.dtb,
    '-append',
    `console=ttyAMA0 rdinit=/init ${parts.append}`.trim(),
    '-chardev',
    socket('firmware', sockets.firmware),
    '-chardev',
    socket('line', sockets.firmware),
    '-chardev',
    socket('uart', sockets.uart),
    '-chardev',
    socket('console', sockets.console),
    '-serial',
    'chardev:console',
    '-trace',
    'nvidia_bpmp_*',
    '-D',
    parts.trace,
    ...(parts.disk === undefined ? [] : drive(parts.disk)),
    ...Object.entries(parts.window ?? {}).flatMap(([name, value]) => [
      '-global',
      `nvidia-bpmp-guest.${name}=${value}`,
    ]),
  ];
}

/**
 * No SVE, SME or LPA2, which Orin's Cortex-A78AE does not have either and which cost an emulator time; pointers are authenticated,
 * as there, but by a hash that costs little.
 */
const CPU = 'max,sve=off,sme=off,lpa2=off,pauth-impdef=on';

function hardware(machine: string, cpus: number, memory: string): readonly string[] {
  return [
    '-machine',
    `${machine},bpmp=on,bpmp-chardev=firmware`,
    '-cpu',
    CPU,
    '-smp',
    String(cpus),
    '-m',
    memory,
    // No other card or drive than those that are asked for.
    '-nic',
    'none',
    '-device',
    'tegra-hsuart,chardev=uart,firmware=line',
  ];
}

/** Not on PCI, which is behind the SMMU of a virtual Orin. */
function drive(image: string): readonly string[] {
  const words = ['if=none', 'id=disk', 'format=raw', 'readonly=on', `file=${image.replaceAll(',', ',,')}`];
  return ['-drive', words.join(','), '-device', 'virtio-blk-device,drive=disk'];
}

function socket(id: string, path: string): string {
  return `socket,id=${id},path=${path}`;
}
