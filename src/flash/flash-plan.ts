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
  if (storage === 'nvme')
    return [
      INITRD_FLASH,
      ...dry,
      ...which,
      ...nvmeWords(kind),
      '--showlogs',
      ...NETWORK,
      ...lastWords(kind, name),
    ];
  requireEmmc(kind);
  return ['./flash.sh', ...dry, ...which, name, 'internal'];
}

/**
 * The same for several boards of one kind at once (README_initrd_flash.txt, "Initrd Massflash"): `prepare` makes the
 * images, for which it reads the EEPROM of one board; `write` writes them to every Jetson in recovery mode, with a log
 * for each in `initrdlog/`.
 *
 * @param first sysfs name of the board that is read
 * @throws {UsageError} the boards have no such storage
 */
export function massFlashCommands(
  { kind, storage, board }: Pick<FlashRequest, 'kind' | 'storage' | 'board'>,
  count: number,
  first: string,
): { readonly prepare: Command; readonly write: Command } {
  if (storage === 'emmc') requireEmmc(kind);
  const mass = ['--massflash', `${count}`, ...NETWORK];
  const words =
    storage === 'nvme'
      ? [...nvmeWords(kind), ...lastWords(kind, board ?? BOARDS[kind])]
      : [board ?? BOARDS[kind], 'internal'];
  return {
    prepare: [INITRD_FLASH, '--no-flash', ...mass, '--usb-instance', first, ...words],
    write: [INITRD_FLASH, '--flash-only', ...mass],
  };
}

const INITRD_FLASH = './tools/kernel_flash/l4t_initrd_flash.sh';
const NETWORK = ['--network', 'usb0'] as const;

function requireEmmc(kind: BoardKind): void {
  if (kind !== 'agx-orin')
    throw new UsageError('Orin NX and Nano have no eMMC for the root file system', 'Use --storage nvme.');
}

function nvmeWords(kind: BoardKind): readonly string[] {
  const disk = ['--external-device', 'nvme0n1p1', '-c', 'tools/kernel_flash/flash_l4t_t234_nvme.xml'];
  // NX and Nano boot from QSPI alone; AGX brings its own default.
  return kind === 'agx-orin' ? disk : [...disk, '-p', '-c bootloader/generic/cfg/flash_t234_qspi.xml'];
}

function lastWords(kind: BoardKind, name: string): readonly string[] {
  return [name, kind === 'agx-orin' ? 'external' : 'internal'];
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
