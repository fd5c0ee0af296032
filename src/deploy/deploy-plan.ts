// SPDX-License-Identifier: Apache-2.0
import { EnvironmentError } from '../errors.ts';
import {
  entryArg,
  requireBoard,
  requireGoodBoot,
  requireInitrd,
  requireMenu,
  requireSameRoot,
  requireShortLine,
  requireSpace,
  rootDevice,
} from './board-rules.ts';
import { notStarted, outcomeOf, whyNotStarted } from './boot-outcome.ts';
import { type BoardBundle, type BoardFile, skusOf, sumOf } from './bundle-files.ts';
import { requireKernel, storageOf } from './bundle-manifest.ts';
import { appendOf, type Boot, readOurs, rootOf, templateOf, withOurs, withoutOurs } from './extlinux.ts';
import type { BoardFacts } from './facts.ts';
import { isEdited, requireNotLive, requireOurPlaces } from './ownership.ts';

/** What a deployment wants of the boot menu: keep what is, boot ours once, or boot ours from now on. */
export type BootWish = 'keep' | 'trial' | 'default';

/** What is to be done to a board, as data. Nothing to do: every list is empty and `extlinux` is absent. */
export type DeployPlan = {
  readonly id: string;
  /** extlinux.conf as it was looked at; undefined where there is none. */
  readonly menuSha256: string | undefined;
  /** Not on the board yet, and not staged. */
  readonly send: readonly BoardFile[];
  /** To be put in place. */
  readonly install: readonly BoardFile[];
  /** Files of ours that somebody changed and that are about to be replaced: where a copy goes. */
  readonly save: readonly { readonly path: string; readonly to: string }[];
  /** `backup`: where the old file is copied to, `-` for nowhere. */
  readonly extlinux?: { readonly oldSha256: string; readonly text: string; readonly backup: string };
  /** Ours, and not part of this deployment. */
  readonly remove: readonly string[];
  /** Ours once, changed by somebody: they stay, and are that person's. */
  readonly forget: readonly string[];
  /** What a deployment that was cut off left in its folder is to be cleared away. */
  readonly tidy: boolean;
  readonly notes: readonly string[];
};

/** Kernel arguments of our entry; without the first the bind fails, without the second QEMU does. */
const KERNEL_ARGS = ['vfio_platform.reset_required=0', 'vfio_iommu_type1.allow_unsafe_interrupts=1'];

/**
 * What brings a board from `facts` to `bundle`.
 *
 * @param now for the names of backups
 * @throws {EnvironmentError} the board's rules speak against it; nothing was done
 */
export function planDeploy(bundle: BoardBundle, facts: BoardFacts, wish: BootWish, now: Date): DeployPlan {
  const conf = requireBoard(facts, bundle);
  const device = rootDevice(facts) ?? '';
  // A root file system that is to be flashed is judged by where it will go.
  if (facts.isRootfs !== true) requireKernel(bundle.kernel, storageOf(device));
  const same = requireOurPlaces(bundle.files, facts);
  const install = bundle.files.filter(
    ({ to, sha256 }) => facts.deployed.get(to) !== sha256 && !same.includes(to),
  );
  const send = install.filter((file) => !facts.staged.has(file.sha256));
  requireSpace(facts, install, send);
  const wanted = new Set(bundle.files.map((file) => file.to));
  const old = [...facts.deployed.keys()].filter((path) => !wanted.has(path));
  const rootNotes =
    facts.isRootfs === true
      ? []
      : [...requireSameRoot(conf.text, facts), ...unseenDisk(device), ...otherPartition(facts)];
  const boot = bootFor(bundle, facts, conf.text, wish);
  const root = rootOf(facts.cmdline);
  const args = [...KERNEL_ARGS, entryArg(bundle.id)];
  const text = withOurs(
    conf.text,
    { ...bundle, args, root, bootId: armedIn(facts, boot) },
    boot,
    facts.markers,
  );
  requireInitrd(text, facts);
  requireShortLine(appendOf(text), args, facts);
  const remove = old.filter((path) => !isEdited(facts, path));
  requireNotLive(text, remove);
  const stamp = stampOf(now);
  const edited = install.filter(({ to }) => isEdited(facts, to));
  return {
    id: bundle.id,
    menuSha256: conf.sha256,
    send,
    install,
    save: edited.map(({ to }) => ({ path: to, to: `${to}.saved-${stamp}` })),
    remove,
    forget: old.filter((path) => isEdited(facts, path)),
    tidy: facts.hasStage,
    ...(text === conf.text
      ? {}
      : {
          extlinux: {
            oldSha256: conf.sha256,
            text,
            backup: `/boot/extlinux/extlinux.conf.bpmp-virt-${stamp}`,
          },
        }),
    // Where nothing changes, nothing new is to be said.
    notes:
      text === conf.text && install.length + old.length === 0
        ? []
        : [...rootNotes, ...notesOf(bundle, facts, conf.text, text), ...stays(facts, old), ...theirs(same)],
  };
}

/** What a person should know of a root file system that is on no plain disk. */
function unseenDisk(device: string): readonly string[] {
  return storageOf(device) !== undefined
    ? []
    : [
        `the root file system is on ${device === '' ? 'a device that could not be seen' : device}: whether the bundle’s kernel can mount it could not be seen`,
      ];
}

/** L4TLauncher of edk2-nvidia looks for partitions of these names; APP_ENC is refused before. */
function otherPartition({ rootPart }: BoardFacts): readonly string[] {
  return rootPart === '' || /^APP(?:_b)?$/.test(rootPart)
    ? []
    : [
        `the partition of the root file system is called ${rootPart}; UEFI reads the extlinux.conf of one called APP or APP_b`,
      ];
}

/** The boot in which a trial is armed; one that is armed already keeps its own. */
function armedIn(facts: BoardFacts, boot: Boot): string {
  const old = readOurs(facts.extlinux?.text ?? '', facts.markers);
  return boot === 'trial' && old?.boot === 'trial' ? (old.armedIn ?? facts.bootId) : facts.bootId;
}

/**
 * Whether the board is to start our entry by itself.
 *
 * @throws {EnvironmentError} it cannot be tried, or has not been seen to boot
 */
function bootFor(bundle: BoardBundle, facts: BoardFacts, text: string, wish: BootWish): Boot {
  const old = readOurs(text, facts.markers);
  const isSame = old?.id === bundle.id;
  const hasFailed = isSame && outcomeOf(facts) === 'not-started';
  if (hasFailed && wish !== 'keep')
    throw new EnvironmentError(
      `${notStarted(facts)}\n${whyNotStarted(facts)
        .map((why) => `  - ${why}`)
        .join('\n')}`,
      'Watch the serial console while the board restarts: UEFI says there what it cannot load. Then `bpmp-virt deploy TARGET` puts DEFAULT back, and --boot-next tries again.',
    );
  // Another kernel has to prove itself again before the board boots it by itself; so has one that UEFI did not start.
  // One that was confirmed stays: somebody may have chosen another entry by hand.
  const kept: Boot = isSame && !(hasFailed && old.boot === 'trial') ? old.boot : 'no';
  const boot = wish === 'keep' ? kept : wish;
  if (boot === 'trial') requireMenu(text);
  if (boot === 'default' && kept !== 'default') requireGoodBoot(facts, bundle.id);
  return boot;
}

/** What a person should know of the boot menu's change. */
function notesOf(bundle: BoardBundle, facts: BoardFacts, before: string, after: string): readonly string[] {
  const old = readOurs(before, facts.markers);
  const template = templateOf(before, facts.markers);
  const overlays = template?.keys.get('OVERLAYS') ?? '';
  const label = template?.keys.get('LABEL');
  return [
    ...(old !== undefined && old.id !== bundle.id && old.boot === 'default'
      ? [
          'the board booted the old deployment by itself; it boots its own kernel again until you confirm this one',
        ]
      : []),
    ...(old?.id === bundle.id && old.boot === 'trial' && outcomeOf(facts) === 'not-started'
      ? [`${notStarted(facts)}; DEFAULT is what it was before`]
      : []),
    ...(label === undefined || label === 'primary'
      ? []
      : [`our entry is a copy of ‘${label}’, which the board starts by itself, not of ‘primary’`]),
    ...otherSku(bundle, facts),
    ...(overlays === ''
      ? []
      : [
          `lost in our entry: OVERLAYS ${overlays} of ‘${label}’; they are made for another device tree than the bundle’s`,
        ]),
    ...(facts.hasEfi || facts.isRootfs === true || after === before
      ? []
      : [
          'the board shows no EFI variables: whether secure boot is on, and the boot mode, could not be seen',
        ]),
    ...(after !== before && before.includes('\r')
      ? ['extlinux.conf has CR line ends; ours have none, the others stay']
      : []),
  ];
}

/** The same module in another SKU boots, with another's memory, clocks and power. */
function otherSku(bundle: BoardBundle, facts: BoardFacts): readonly string[] {
  const here = skusOf(facts.compatible.join('\n'));
  const missing = here.filter((sku) => !bundle.skus.includes(sku));
  return bundle.skus.length === 0 || missing.length === 0
    ? []
    : [
        `the bundle’s device tree is of ${bundle.skus.map((sku) => `p${sku}`).join('+')}, the board of ${here.map((sku) => `p${sku}`).join('+')}: another SKU, with other memory, clocks and power`,
      ];
}

function stays(facts: BoardFacts, paths: readonly string[]): readonly string[] {
  const edited = paths.filter((path) => isEdited(facts, path));
  return edited.map((path) => `${path} stays: somebody has changed it since it was put there`);
}

function theirs(paths: readonly string[]): readonly string[] {
  return paths.map((path) => `${path} was there already, the same to the byte: it stays its owner’s`);
}

/**
 * What takes everything of ours off the board again.
 *
 * @throws {EnvironmentError} a live entry of the boot menu names a file of ours, or no entry would be left
 */
export function planUndo(facts: BoardFacts, now: Date): DeployPlan {
  const conf = facts.extlinux;
  const text = conf === undefined ? undefined : withoutOurs(conf.text, facts.markers);
  const isSame = conf === undefined || text === undefined || text === conf.text;
  const paths = [...facts.deployed.keys()];
  const remove = paths.filter((path) => !isEdited(facts, path));
  if (text !== undefined) {
    requireNotLive(text, remove);
    if (!isSame && templateOf(text) === undefined)
      throw new EnvironmentError(
        'our entry is the only one of extlinux.conf: without it UEFI would have nothing to start',
        'Put the board’s own entry back first; copies of the file from before are beside it.',
      );
  }
  return {
    id: '',
    menuSha256: conf?.sha256,
    send: [],
    install: [],
    save: [],
    remove,
    forget: paths.filter((path) => isEdited(facts, path)),
    tidy: facts.hasStage,
    ...(isSame ? {} : { extlinux: { oldSha256: conf.sha256, text, backup: backupOf(conf.text, now) } }),
    notes: stays(facts, paths),
  };
}

/** A copy is kept where taking our entry out and putting it in again does not give the same file: somebody edited it. */
function backupOf(text: string, now: Date): string {
  const isAsMade =
    /(?:^|\n)# >>> bpmp-virt [^\n]*\n(?:DEFAULT bpmp-virt\n)?(?:LABEL| {6}[A-Z])[^\0]*# <<< bpmp-virt\n$/.test(
      text,
    );
  return isAsMade ? '-' : `/boot/extlinux/extlinux.conf.bpmp-virt-${stampOf(now)}`;
}

/** Whether there is anything to do. */
export function isEmpty(plan: DeployPlan): boolean {
  return (
    [plan.install, plan.remove, plan.forget].every(({ length }) => length === 0) &&
    plan.extlinux === undefined &&
    !plan.tidy
  );
}

/** The lines for `deploy.sh commit`: files first, then the boot menu in one rename, then what nobody needs any more. */
export function commitLines(plan: DeployPlan): string {
  const { extlinux, menuSha256 } = plan;
  return [
    ...(menuSha256 === undefined ? [] : [`menu ${menuSha256}`]),
    ...plan.save.map(({ path, to }) => `save ${path} ${to}`),
    ...plan.install.map((file) => `file ${file.sha256} ${file.mode} ${file.to}`),
    ...(extlinux === undefined
      ? []
      : [`extlinux ${extlinux.oldSha256} ${sumOf(extlinux.text)} ${extlinux.backup}`]),
    ...plan.remove.map((path) => `remove ${path}`),
    ...plan.forget.map((path) => `forget ${path}`),
    'end',
    '',
  ].join('\n');
}

function stampOf(now: Date): string {
  return now.toISOString().replace(/[-:]|\.\d+/g, '');
}
