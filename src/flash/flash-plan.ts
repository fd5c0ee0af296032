// SPDX-License-Identifier: Apache-2.0

import type { Command } from '../command.ts';
import { UsageError } from '../errors.ts';
import type { BoardKind } from './recovery.ts';
import type { RootfsStage } from './rootfs-state.ts';

/** Where the root file system goes. */
export type RootStorage = 'emmc' | 'nvme';

/** What to flash, and how. */
export type FlashRequest = {
  readonly kind: BoardKind;
  readonly storage: RootStorage;
  /** NVIDIA's name of the board, in place of the devkit's. */
  readonly board?: string;
  /** Prepare everything, write nothing. */
  readonly prepareOnly: boolean;
  /** Which of several boards, as sysfs names it. */
  readonly usb?: string;
};

/** NVIDIA's names of the developer kits. */
export const BOARDS: Readonly<Record<BoardKind, string>> = {
  'agx-orin': 'jetson-agx-orin-devkit',
  'orin-nx-nano': 'jetson-orin-nano-devkit',
};

/**
 * NVIDIA's flash command, to be run in Linux_for_Tegra (Developer Guide, "Flashing Support", and
 * README_initrd_flash.txt).
 *
 * @throws {UsageError} the board has no such storage
 */
export function flashScriptCommand({ kind, storage, board, prepareOnly, usb }: FlashRequest): Command {
  const name = board ?? BOARDS[kind];
  const which = usb === undefined ? [] : ['--usb-instance', usb];
  const dry = prepareOnly ? ['--no-flash'] : [];
  if (storage === 'emmc') {
    if (kind !== 'agx-orin')
      throw new UsageError('Orin NX and Nano have no eMMC for the root file system', 'Use --storage nvme.');
    return ['./flash.sh', ...dry, ...which, name, 'internal'];
  }
  const isAgx = kind === 'agx-orin';
  return [
    './tools/kernel_flash/l4t_initrd_flash.sh',
    ...dry,
    ...which,
    '--external-device',
    'nvme0n1p1',
    '-c',
    'tools/kernel_flash/flash_l4t_t234_nvme.xml',
    // NX and Nano boot from QSPI alone; AGX brings its own default.
    ...(isAgx ? [] : ['-p', '-c bootloader/generic/cfg/flash_t234_qspi.xml']),
    '--showlogs',
    '--network',
    'usb0',
    name,
    isAgx ? 'external' : 'internal',
  ];
}

/** A command of the preparation, and why it needs root. `secret` is a word of it that nobody else is to see. */
export type Preparation = {
  readonly command: Command;
  readonly why: string;
  readonly secret?: string;
  /** What the root file system’s mark says while the command runs, and once it has ended well. */
  readonly marks?: { readonly before?: RootfsStage; readonly after: RootfsStage };
};

/** What is known of Linux_for_Tegra's root file system. */
export type RootfsState = {
  /** Whether the sample root file system has been unpacked, to its end. */
  readonly unpacked: boolean;
  /** Whether apply_binaries.sh has run, to its end. */
  readonly applied: boolean;
};

/** The user of the first boot, so that nobody has to sit before its set-up screen. */
export type FirstUser = { readonly name: string; readonly password: string; readonly host: string };

/**
 * What the root file system still needs, in order; all of it runs as root in Linux_for_Tegra.
 *
 * @param archive the sample root file system, where it is known
 * @throws {UsageError} it is not unpacked and there is no archive
 */
export function prepareRootfs(
  state: RootfsState,
  archive?: string,
  user?: FirstUser,
): readonly Preparation[] {
  if (!state.unpacked && archive === undefined)
    throw new UsageError(
      'Linux_for_Tegra/rootfs is empty, or was not unpacked to its end',
      'Give the sample root file system (tegra_linux_sample-root-filesystem_r36….tbz2) with --rootfs.',
    );
  const unpack: Preparation[] =
    state.unpacked || archive === undefined
      ? []
      : [
          {
            command: ['tar', '-xpf', archive, '-C', 'rootfs'],
            why: 'its files belong to root and to system users',
            marks: { before: 'unpacking', after: 'unpacked' },
          },
        ];
  const apply: Preparation[] =
    state.unpacked && state.applied
      ? []
      : [
          {
            command: ['./apply_binaries.sh'],
            why: 'it installs NVIDIA’s packages inside the root file system',
            marks: { after: 'applied' },
          },
        ];
  const first: Preparation[] =
    user === undefined
      ? []
      : [
          {
            command: [
              './tools/l4t_create_default_user.sh',
              ...['-u', user.name, '-p', user.password, '-n', user.host, '-a', '--accept-license'],
            ],
            why: 'it adds a user inside the root file system',
            secret: user.password,
          },
        ];
  return [...unpack, ...apply, ...first];
}
