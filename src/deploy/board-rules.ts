// SPDX-License-Identifier: Apache-2.0
import { EnvironmentError, UsageError } from '../errors.ts';
import { type BoardBundle, type BoardFile, boardsOf } from './bundle-files.ts';
import { initrdOf, menuTimeout } from './extlinux.ts';
import type { Facts } from './facts.ts';

/** Of our entry too: the kernel passes over an argument of a module that it does not have, and it is in /proc/cmdline. */
const ENTRY_ARG = 'bpmp_virt.entry';
/** Tenths of a second that the menu must be shown while a kernel is on trial: a stock board's. */
const MENU_TENTHS = 30;
/** Left free on the board's file system, in KiB. */
const SPARE_KIB = 16 * 1024;

/** The kernel argument by which `runningEntry` knows an entry. */
export function entryArg(id: string): string {
  return `${ENTRY_ARG}=${id}`;
}

/** The id of the deployment whose entry a board runs; undefined where it runs its own. */
export function runningEntry(facts: Facts): string | undefined {
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
export function requireGoodBoot(facts: Facts, id: string): void {
  if (runningEntry(facts) === id) return;
  throw new EnvironmentError(
    'the board does not run this entry: whether it boots has not been seen',
    'Try it once with `bpmp-virt deploy TARGET --boot-next --reboot`, and confirm while it runs.',
  );
}

/** UEFI starts the flashed kernel in place of an entry whose INITRD is not there. */
export function requireInitrd(text: string, { absent }: Facts): void {
  const initrd = initrdOf(text);
  if (initrd === undefined || !absent.has(initrd)) return;
  throw new EnvironmentError(
    `the primary entry’s INITRD ${initrd} is not on the board: our copy of that entry would not boot`,
    'Put it back, or take the INITRD line out of the primary entry.',
  );
}

/**
 * The board's boot menu, where the rules of UEFI's L4T launcher let us add to it.
 *
 * @throws {EnvironmentError} they do not
 */
export function requireBoard(facts: Facts, bundle: BoardBundle): NonNullable<Facts['extlinux']> {
  const refusals: readonly (readonly [boolean, string, string])[] = [
    [
      !/^# R36 /.test(facts.release),
      facts.release === ''
        ? 'the target is not Jetson Linux'
        : `the target has ${facts.release.slice(2, 40)}…: 36.x is needed`,
      'Flash Jetson Linux 36.3 first: `bpmp-virt flash`.',
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
      facts.bootMount !== '',
      `/boot is a file system of its own (${facts.bootMount}): UEFI reads /boot of the partition APP`,
      'Unmount it and deploy again if /boot below it is the one that boots.',
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
    [
      !isSameBoard(facts, bundle),
      `the bundle’s device tree is for ${bundle.boards.join('+')}, the board is ${facts.compatible.join(', ')}`,
      'Build with a recipe whose hostTree is that board’s.',
    ],
  ];
  const refusal = refusals.find(([applies]) => applies);
  if (refusal !== undefined) throw new EnvironmentError(refusal[1], refusal[2]);
  if (facts.extlinux === undefined) throw new UsageError('no extlinux.conf', 'See above.');
  return facts.extlinux;
}

/** `Active rootfs slot: B` against `get-current-slot`'s number. */
function isOtherSlot({ slot, slots }: Facts): boolean {
  const active = /Active (?:rootfs|bootloader) slot: ([AB])/.exec(slots)?.[1];
  if (active === undefined || !/^[01]$/.test(slot)) return false;
  return active !== (slot === '0' ? 'A' : 'B');
}

function isSameBoard(facts: Facts, bundle: BoardBundle): boolean {
  const boards = boardsOf(facts.compatible.join('\n'));
  return boards.length === 0 || bundle.boards.length === 0 || bundle.boards.join() === boards.join();
}

/** @throws {EnvironmentError} files that are sent and then put in place do not fit */
export function requireSpace(facts: Facts, install: readonly BoardFile[], send: readonly BoardFile[]): void {
  const bytes = [...install, ...send].reduce((sum, file) => sum + file.bytes, 0);
  const needed = Math.ceil(bytes / 1024) + SPARE_KIB;
  if (install.length === 0 || needed <= facts.freeKib) return;
  throw new EnvironmentError(
    `the board has ${Math.floor(facts.freeKib / 1024)} MiB free, the deployment needs ${Math.ceil(needed / 1024)}`,
    'Make room there; nothing was changed.',
  );
}
