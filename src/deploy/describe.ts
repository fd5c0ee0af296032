// SPDX-License-Identifier: Apache-2.0
import { runningEntry } from './board-rules.ts';
import { type BootOutcome, notStarted, outcomeOf, whyNotStarted } from './boot-outcome.ts';
import type { DeployPlan } from './deploy-plan.ts';
import { readOurs } from './extlinux.ts';
import type { BoardFacts } from './facts.ts';

/** A plan in lines for a person. */
export function describePlan(plan: DeployPlan): string {
  const sent = new Set(plan.send.map((file) => file.to));
  const lines = [
    ...plan.notes.map((note) => `note    ${note}`),
    ...plan.save.map(({ path, to }) => `save    ${path}, which somebody has changed, as ${to}`),
    ...plan.install.map(
      (file) => `${sent.has(file.to) ? 'send   ' : 'place  '} ${file.to} (${kib(file.bytes)})`,
    ),
    ...(plan.extlinux === undefined
      ? []
      : [`edit    /boot/extlinux/extlinux.conf (before: ${plan.extlinux.backup})`]),
    ...plan.remove.map((path) => `remove  ${path}`),
    ...plan.forget.map((path) => `leave   ${path}`),
  ];
  return lines.length === 0 ? 'nothing to do' : lines.join('\n');
}

/** What is on a board, as data: for `deploy --status`. */
export type Status = {
  readonly release: string;
  readonly kernel: string;
  /** Absent where nothing of ours is in the boot menu. */
  readonly entry?: {
    readonly id: string;
    readonly boot: 'no' | 'trial' | 'default';
    readonly isRunning: boolean;
    /** What became of it. */
    readonly outcome: BootOutcome;
    /** Why UEFI may not have started it; empty unless the outcome is `not-started`. */
    readonly why: readonly string[];
  };
  readonly files: number;
  readonly missing: readonly string[];
  /** A deployment was cut off: files wait to be put in place. */
  readonly staged: number;
};

/** @see Status */
export function statusOf(facts: BoardFacts): Status {
  const entry = facts.extlinux === undefined ? undefined : readOurs(facts.extlinux.text, facts.markers);
  const missing = [...facts.deployed].filter(([, sha256]) => sha256 === 'missing').map(([path]) => path);
  return {
    release: facts.release.replace(/^# /, '').replace(/, GCID.*/, ''),
    kernel: facts.kernel,
    ...(entry === undefined ? {} : { entry: { ...entry, ...fateOf(facts, entry.id) } }),
    files: facts.deployed.size,
    missing,
    staged: facts.staged.size,
  };
}

function fateOf(facts: BoardFacts, id: string) {
  const outcome = outcomeOf(facts);
  const why = outcome === 'not-started' ? [notStarted(facts), ...whyNotStarted(facts)] : [];
  return { isRunning: runningEntry(facts) === id, outcome, why };
}

/** A status in lines for a person. */
export function describeStatus(status: Status): string {
  const boots = {
    no: 'in the boot menu, not started by itself (`deploy --boot-next` tries it once)',
    trial: 'started at the next boot only',
    default: 'started at every boot',
  };
  return [
    `board   ${status.release || 'not Jetson Linux'}, running kernel ${status.kernel}`,
    status.entry === undefined
      ? 'entry   none'
      : `entry   ${status.entry.id}${status.entry.isRunning ? ', running now' : ''}: ${boots[status.entry.boot]}`,
    ...(status.entry?.why ?? []).map((why, at) => (at === 0 ? `failed  ${why}` : `        - ${why}`)),
    ...(status.entry?.outcome === 'not-started'
      ? ['        -> watch the serial console while it restarts; `deploy TARGET` puts DEFAULT back']
      : []),
    `files   ${status.files}${status.missing.length === 0 ? '' : `, gone: ${status.missing.join(', ')}`}`,
    ...(status.staged === 0 ? [] : [`staged  ${status.staged} files of a deployment that was cut off`]),
  ].join('\n');
}

function kib(bytes: number): string {
  return `${Math.ceil(bytes / 1024)} KiB`;
}
