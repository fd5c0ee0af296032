// SPDX-License-Identifier: Apache-2.0
import {
  entryArg,
  requireBoard,
  requireGoodBoot,
  requireInitrd,
  requireMenu,
  requireSpace,
} from './board-rules.ts';
import { type BoardBundle, type BoardFile, sumOf } from './bundle-files.ts';
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
  if (boot === 'trial') requireMenu(conf.text);
  if (boot === 'default' && kept !== 'default') requireGoodBoot(facts, bundle.id);
  const root = /(?:^| )root=(\S+)/.exec(facts.cmdline)?.[1];
  const args = [...KERNEL_ARGS, entryArg(bundle.id)];
  const text = withOurs(conf.text, { ...bundle, args, root }, boot);
  requireInitrd(text, facts);
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
      ...(text !== conf.text && conf.text.includes('\r')
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
