// SPDX-License-Identifier: Apache-2.0
import type { Emit } from '../events.ts';
import { type PathRoots, resolvePlanPath } from '../plan/plan-paths.ts';
import type { StepContext } from '../steps/step.ts';
import { inRun } from '../tools/process/run-mark.ts';
import { replacers } from './custody.ts';

/** What a step's context is made of. */
export type ContextParts = Pick<StepContext, 'jobs' | 'offline' | 'url' | 'signal'> & {
  readonly roots: PathRoots;
  readonly emit: Emit;
  /** Whether the user asked for this step. */
  readonly asked: boolean;
  /** Id of the run: marks the processes that are started. */
  readonly run: string;
};

/** Call `action` with a step's context; what it defers is done when it ends, last one first, however it ends. */
export async function inContext(
  { roots, emit, run, signal, jobs, offline, url, asked }: ContextParts,
  action: (ctx: StepContext) => Promise<void>,
): Promise<void> {
  const { exec } = await import('../tools/process/exec.ts');
  const deferred: (() => Promise<void> | void)[] = [];
  const ctx: StepContext = {
    work: roots.work,
    cache: roots.cache,
    path: (planPath) => resolvePlanPath(planPath, roots),
    exec: (command, cwd, env) => exec(command, cwd, { emit, signal, ...(env && { env }) }),
    emit,
    signal,
    jobs,
    offline,
    url,
    asked,
    ...replacers({ work: roots.work, emit, asked }),
    defer: (later) => void deferred.push(later),
  };
  try {
    await inRun(run, () => action(ctx));
  } finally {
    await inRun(run, async () => {
      for (const later of deferred.toReversed()) await later();
    });
  }
}
