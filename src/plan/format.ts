// SPDX-License-Identifier: Apache-2.0
import type { Plan, PlannedStep } from './plan.ts';

/** What the code of a step says of itself: needed because this folder knows no step's code. */
export type StepText = {
  readonly title: string;
  readonly shell: readonly string[];
  /** Folders, quoted for the shell, that must be there before its lines run. */
  readonly folders: readonly string[];
};
export type Describe = (step: PlannedStep) => StepText;

/** The plan for people: one line per step, in the order in which they could run. */
export function formatPlan(plan: Plan, describe: Describe): string {
  const width = Math.max(...plan.steps.map((step) => step.id.length));
  const lines = plan.steps.map((step, at) => {
    const number = `${at + 1}`.padStart(`${plan.steps.length}`.length);
    return `${number}. ${step.id.padEnd(width)}  ${describe(step).title}`;
  });
  return [`Recipe ${plan.recipe}: ${plan.steps.length} steps`, ...lines].join('\n');
}

/** The plan as a POSIX shell script that does the same; a step that fails ends it. */
export function formatShell(plan: Plan, describe: Describe): string {
  const steps = plan.steps.map((step) => {
    const { title, shell, folders } = describe(step);
    const enter = [`mkdir -p "$scratch/${step.id}" ${folders.join(' ')}`, `cd "$scratch/${step.id}"`];
    return [`# ${step.id}: ${title.replaceAll(/\p{Cc}/gu, ' ')}`, '(', ...enter, ...shell, ')'].join('\n');
  });
  const head = [
    '#!/bin/sh',
    `# What \`bpmp-virt build ${plan.recipe}\` does, step by step. Every step may be run alone, after those above it.`,
    'set -eu',
    'umask 022',
    'export LC_ALL=C',
    '# What a step leaves in the folder that it starts in is not kept.',
    'scratch=$(mktemp -d)',
    `trap 'rm -rf "$scratch"' EXIT`,
  ];
  return `${head.join('\n')}\n\n${steps.join('\n\n')}\n`;
}
