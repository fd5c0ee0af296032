// SPDX-License-Identifier: Apache-2.0
import { EnvironmentError, UsageError } from '../errors.ts';
import { type BoardBundle, type BoardFile, boardsOf, sumOf } from './bundle-files.ts';
import { type Boot, readOurs, withOurs, withoutOurs } from './extlinux.ts';
import type { Facts } from './facts.ts';

/** What a deployment wants of the boot menu: keep what is, boot ours once, or boot ours from now on. */
export type BootWish = 'keep' | 'trial' | 'default';

/** What is to be done to a board, as data. Nothing to do: every list is empty and `extlinux` is absent. */
export type DeployPlan = {
  readonly id: string;
  /** Not on the board yet, and not staged. */
  readonly send: readonly BoardFile[];
  /** To be put in place. */
  readonly install: readonly BoardFile[];
  /** `backup`: where the old file is copied to, `-` for nowhere. */
  readonly extlinux?: { readonly oldSha256: string; readonly text: string; readonly backup: string };
  /** Ours, and not part of this deployment. */
  readonly remove: readonly string[];
  readonly notes: readonly string[];
};

/** Kernel arguments of our entry; without the first the bind fails, without the second QEMU does. */
const KERNEL_ARGS = ['vfio_platform.reset_required=0', 'vfio_iommu_type1.allow_unsafe_interrupts=1'];
/** Left free on the board's file system, in KiB. */
const SPARE_KIB = 16 * 1024;
/**
 * What brings a board from `facts` to `bundle`.
 *
 * @param now for the name of the backup
 * @throws {EnvironmentError} the board's rules speak against it; nothing was done
 */
export function planDeploy(bundle: BoardBundle, facts: Facts, wish: BootWish, now: Date): DeployPlan {
  const conf = requireBoard(facts, bundle);
  const install = bundle.files.filter((file) => facts.deployed.get(file.to) !== file.sha256);
  const send = install.filter((file) => !facts.staged.has(file.sha256));
  requireSpace(facts, install, send);
  const wanted = new Set(bundle.files.map((file) => file.to));
  const remove = [...facts.deployed.keys()].filter((path) => !wanted.has(path));

  const old = readOurs(conf.text);
  // Another kernel has to prove itself again before the board boots it by itself.
  const kept: Boot = old?.id === bundle.id ? old.boot : 'no';
  const boot = wish === 'keep' ? kept : wish;
  const root = /(?:^| )root=(\S+)/.exec(facts.cmdline)?.[1];
  const text = withOurs(conf.text, { ...bundle, args: KERNEL_ARGS, root }, boot);
  return {
    id: bundle.id,
    send,
    install,
    remove,
    ...(text === conf.text ? {} : { extlinux: { oldSha256: conf.sha256, text, backup: backupName(now) } }),
    notes: [
      ...(old !== undefined && old.id !== bundle.id && old.boot === 'default'
        ? [
            'the board booted the old deployment by itself; it boots its own kernel again until you confirm this one',
          ]
        : []),
      ...(conf.text.includes('\r')
        ? ['extlinux.conf has CR line ends; ours have none, the others stay']
        : []),
    ],
  };
}

/** What takes everything of ours off the board again. */
export function planUndo(facts: Facts): DeployPlan {
  const conf = facts.extlinux;
  const text = conf === undefined ? undefined : withoutOurs(conf.text);
  const isSame = conf === undefined || text === undefined || text === conf.text;
  return {
    id: '',
    send: [],
    install: [],
    remove: [...facts.deployed.keys()],
    ...(isSame ? {} : { extlinux: { oldSha256: conf.sha256, text, backup: '-' } }),
    notes: [],
  };
}

/** Whether there is anything to do. */
export function isEmpty(plan: DeployPlan): boolean {
  return plan.install.length === 0 && plan.remove.length === 0 && plan.extlinux === undefined;
}

/** The lines for `deploy.sh commit`: files first, then the boot menu in one rename, then what nobody needs any more. */
export function commitLines(plan: DeployPlan): string {
  const { extlinux } = plan;
  return [
    ...plan.install.map((file) => `file ${file.sha256} ${file.mode} ${file.to}`),
    ...(extlinux === undefined
      ? []
      : [`extlinux ${extlinux.oldSha256} ${sumOf(extlinux.text)} ${extlinux.backup}`]),
    ...plan.remove.map((path) => `remove ${path}`),
    'end',
    '',
  ].join('\n');
}

function backupName(now: Date): string {
  return `/boot/extlinux/extlinux.conf.bpmp-virt-${now.toISOString().replace(/[-:]|\.\d+/g, '')}`;
}

function requireBoard(facts: Facts, bundle: BoardBundle): NonNullable<Facts['extlinux']> {
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

function requireSpace(facts: Facts, install: readonly BoardFile[], send: readonly BoardFile[]): void {
  const bytes = [...install, ...send].reduce((sum, file) => sum + file.bytes, 0);
  const needed = Math.ceil(bytes / 1024) + SPARE_KIB;
  if (install.length === 0 || needed <= facts.freeKib) return;
  throw new EnvironmentError(
    `the board has ${Math.floor(facts.freeKib / 1024)} MiB free, the deployment needs ${Math.ceil(needed / 1024)}`,
    'Make room there; nothing was changed.',
  );
}
