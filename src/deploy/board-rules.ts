// SPDX-License-Identifier: Apache-2.0
import { EnvironmentError, UsageError } from '../errors.ts';
import { otherRelease, releaseOfLine } from '../recipe/known-releases.ts';
import { type BoardBundle, type BoardFile, boardsOf } from './bundle-files.ts';
import { initrdOf, menuTimeout, rootOf, templateOf } from './extlinux.ts';
import type { BoardFacts } from './facts.ts';
import { ENTRY_ARG } from './our-marker.ts';

/** Tenths of a second that the menu must be shown while a kernel is on trial: a stock board's. */
const MENU_TENTHS = 30;
/** Of arm64 (arch/arm64/include/uapi/asm/setup.h), with the zero at the end. */
const COMMAND_LINE_SIZE = 2048;
/** Left free on the board's file system, in KiB. */
const SPARE_KIB = 16 * 1024;

/** The kernel argument by which `runningEntry` knows an entry. */
export function entryArg(id: string): string {
  return `${ENTRY_ARG}=${id}`;
}

/** The id of the deployment whose entry a board runs; undefined where it runs its own. */
export function runningEntry(facts: BoardFacts): string | undefined {
  return new RegExp(`(?:^| )${ENTRY_ARG}=(\\S+)`).exec(facts.cmdline)?.[1];
}

/** The menu is the only way past a kernel that hangs before its root file system: UEFI itself falls back to nothing. */
export function requireMenu(text: string): void {
  const tenths = menuTimeout(text);
  if (tenths >= MENU_TENTHS) return;
  throw new EnvironmentError(
    `extlinux.conf shows the boot menu for ${tenths / 10} s (TIMEOUT): if the kernel on trial hangs, nobody could choose another`,
    `Write TIMEOUT ${MENU_TENTHS} into /boot/extlinux/extlinux.conf of the board, and deploy again.`,
  );
}

/** @throws {EnvironmentError} the deployment `id` has not been seen to boot */
export function requireGoodBoot(facts: BoardFacts, id: string): void {
  if (runningEntry(facts) === id) return;
  throw new EnvironmentError(
    'the board does not run this entry: whether it boots has not been seen',
    'Try it once with `bpmp-virt deploy TARGET --boot-next --reboot`, and confirm while it runs.',
  );
}

/** UEFI starts the flashed kernel in place of an entry whose INITRD is not there. */
export function requireInitrd(text: string, { absent }: BoardFacts): void {
  const initrd = initrdOf(text);
  if (initrd === undefined || !absent.has(initrd)) return;
  throw new EnvironmentError(
    `INITRD ${initrd} is not on the board: our copy of the entry that names it would not boot`,
    'Put it back, or take the INITRD line out of that entry.',
  );
}

/**
 * The board's boot menu, where the rules of UEFI's L4T launcher let us add to it.
 *
 * @throws {EnvironmentError} they do not
 */
export function requireBoard(facts: BoardFacts, bundle: BoardBundle): NonNullable<BoardFacts['extlinux']> {
  const other = otherRelease(releaseOfLine(facts.release) ?? '');
  const refusals: readonly (readonly [boolean, string, string])[] = [
    [
      !/^# R36 /.test(facts.release),
      facts.release === ''
        ? 'the target is not Jetson Linux'
        : `the target has ${facts.release.slice(2, 40)}…: 36.x is needed${other?.why === undefined ? '' : `; ${other.why}`}`,
      `Flash Jetson Linux 36 first: \`bpmp-virt build ${other?.use ?? 'l4t-36.3'}\`, then \`bpmp-virt flash\`, which erases the board.`,
    ],
    [
      facts.secureBoot,
      'secure boot is on: UEFI would not start an entry without signatures',
      'Sign kernel, device tree and extlinux.conf with your keys yourself; this tool signs nothing.',
    ],
    [
      facts.bootMode !== undefined && facts.bootMode > 1,
      `UEFI is set to boot mode ${facts.bootMode}, which does not read extlinux.conf`,
      'Choose “Application” in the UEFI menu: Device Manager, NVIDIA Configuration, L4T Configuration.',
    ],
    [
      facts.bootMount !== '' && /^\/dev\/(?:mapper\/|dm-)/.test(facts.rootMount),
      `the root file system is encrypted (${facts.rootMount}) and /boot a partition of its own (${facts.bootMount}): this layout is not supported`,
      'Use a board without disk encryption; nothing was changed.',
    ],
    [
      facts.bootMount !== '',
      `/boot is a file system of its own (${facts.bootMount}): UEFI reads /boot of the partition APP`,
      'Unmount it and deploy again if /boot below it is the one that boots.',
    ],
    [
      facts.isRootfs !== true && /^(?:overlay|tmpfs|ramfs|aufs)$/.test(facts.rootType),
      `the root file system is in memory (${facts.rootType}): what is put there is gone at the next boot`,
      'Switch that off first (overlayroot), or work in the file system below it.',
    ],
    [
      facts.isRootfs !== true && facts.rootType !== '' && !/^(?:ext[234]|vfat)$/.test(facts.rootType),
      `the root file system is ${facts.rootType}: UEFI reads ext4 and FAT alone, so no extlinux.conf on it is read`,
      'Use a board whose root file system is ext4.',
    ],
    [
      isOtherSlot(facts),
      'another slot of the root file system is to boot next than the one that runs',
      'Reboot, so that the slot that runs is the one that boots (`nvbootctrl -t rootfs dump-slots-info`).',
    ],
    [
      facts.extlinux === undefined,
      'the target has no /boot/extlinux/extlinux.conf',
      'It is not booted by UEFI’s L4T launcher.',
    ],
  ];
  const refusal = refusals.find(([applies]) => applies);
  if (refusal !== undefined) throw new EnvironmentError(refusal[1], refusal[2]);
  if (facts.isRootfs !== true) requireSameBoard(facts.compatible, bundle);
  if (facts.extlinux === undefined) throw new UsageError('no extlinux.conf', 'See above.');
  return facts.extlinux;
}

/**
 * The module and carrier that a bundle’s device tree is for, against what a board says of itself.
 *
 * @param compatible of the running device tree
 * @throws {EnvironmentError} they differ, or one of them says nothing
 */
function requireSameBoard(compatible: readonly string[], bundle: BoardBundle): void {
  const boards = boardsOf(compatible.join('\n'));
  if (bundle.boards.length > 0 && bundle.boards.join() === boards.join()) return;
  throw new EnvironmentError(
    bundle.boards.length === 0
      ? 'the bundle’s device tree does not say which board it is for'
      : `the bundle’s device tree is for ${bundle.boards.join('+')}, the board is ${compatible.join(', ') || 'none that says what it is (/proc/device-tree/compatible)'}`,
    'Build with a recipe whose hostTree is that board’s.',
  );
}

/** The device that the running root file system is on; undefined where the board cannot tell. */
export function rootDevice(facts: BoardFacts): string | undefined {
  const mounted = /^\/dev\/(?!root$)/.test(facts.rootMount) ? facts.rootMount : undefined;
  return startedRoot(facts) ?? mounted;
}

/** The device that the kernel was told to start from; undefined where it has none or cannot tell. */
function startedRoot(facts: BoardFacts): string | undefined {
  const device = facts.rootDevices.get(rootOf(facts.cmdline) ?? '');
  return device === '-' ? undefined : device;
}

/**
 * UEFI reads the file system that the kernel starts from; a service or an initial RAM disk may have gone on to another.
 *
 * @throws {EnvironmentError} what is mounted is another disk
 */
function requireRootKept(facts: BoardFacts): void {
  const started = startedRoot(facts);
  const isPartition = (device: string | undefined) => /^\/dev\/(?:mmcblk|nvme|sd)\w+$/.test(device ?? '');
  if (!isPartition(started) || !isPartition(facts.rootMount) || started === facts.rootMount) return;
  throw new EnvironmentError(
    `the board was started from ${started} and went on to ${facts.rootMount}: UEFI reads the extlinux.conf of the first`,
    `Mount ${started} and work there, or flash ${facts.rootMount} so that UEFI boots from it.`,
  );
}

/**
 * The entry that we copy has to start the root file system that runs: else UEFI reads the extlinux.conf of another one,
 * and a trial would never be ended.
 *
 * @returns what could not be told, for a person
 * @throws {EnvironmentError} its root= is another one
 */
export function requireSameRoot(text: string, facts: BoardFacts): readonly string[] {
  requireRootKept(facts);
  const template = templateOf(text, facts.markers);
  const wanted = rootOf(template?.keys.get('APPEND') ?? '');
  const running = rootOf(facts.cmdline);
  // An entry without root= gets the running one.
  if (wanted === undefined || wanted === running) return [];
  const there = rootDevice(facts);
  const device = facts.rootDevices.get(wanted);
  if (device === there && there !== undefined) return [];
  const label = template?.keys.get('LABEL');
  const runs =
    running === undefined ? (there ?? 'a root file system that it does not name') : `root=${running}`;
  if (device === undefined || there === undefined)
    return [
      `the entry ‘${label}’ starts root=${wanted}, the board runs from ${runs}: whether that is the same could not be seen`,
    ];
  throw new EnvironmentError(
    `the entry ‘${label}’ of extlinux.conf starts root=${wanted}, the board runs from ${runs}: UEFI reads the extlinux.conf of another file system`,
    'Mount the file system that UEFI reads (its partition is called APP) and work there, or flash the disk that the board runs from; `cat /proc/cmdline` shows the root.',
  );
}

/** @throws {EnvironmentError} the kernel would cut our entry's words off, and with them what tells that it runs */
export function requireShortLine(append: string, added: readonly string[], { cmdline }: BoardFacts): void {
  const more = added.filter((arg) => !cmdline.includes(arg)).join(' ').length;
  const longest = Math.max(append.length, cmdline.length + 1 + more);
  if (longest < COMMAND_LINE_SIZE) return;
  throw new EnvironmentError(
    `our entry would start the kernel with ${longest} characters, and it reads ${COMMAND_LINE_SIZE - 1}`,
    'Shorten APPEND of the entry that the board starts (`cat /proc/cmdline` shows what UEFI adds to it).',
  );
}

/** `Active rootfs slot: B` against `get-current-slot`'s number. */
function isOtherSlot({ slot, slots }: BoardFacts): boolean {
  const active = /Active (?:rootfs|bootloader) slot: ([AB])/.exec(slots)?.[1];
  if (active === undefined || !/^[01]$/.test(slot)) return false;
  return active !== (slot === '0' ? 'A' : 'B');
}

/** @throws {EnvironmentError} files that are sent and then put in place do not fit */
export function requireSpace(
  facts: BoardFacts,
  install: readonly BoardFile[],
  send: readonly BoardFile[],
): void {
  const bytes = [...install, ...send].reduce((sum, file) => sum + file.bytes, 0);
  const needed = Math.ceil(bytes / 1024) + SPARE_KIB;
  if (install.length === 0 || needed <= facts.freeKib) return;
  throw new EnvironmentError(
    `the board has ${Math.floor(facts.freeKib / 1024)} MiB free, the deployment needs ${Math.ceil(needed / 1024)}`,
    'Make room there; nothing was changed.',
  );
}
