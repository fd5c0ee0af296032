// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { BpmpVirtError } from '../errors.ts';
import type { Emit } from '../events.ts';
import type { Plan } from '../plan/plan.ts';
import type { PathRoots } from '../plan/plan-paths.ts';
import { expectedError } from '../tools/expected.ts';
import { diskFull } from '../tools/files/disk-full.ts';
import { makeFolder } from '../tools/files/make-folder.ts';
import { bindSteps, type LoadStep } from './bound-step.ts';
import { refuseReplacing } from './custody.ts';
import { type Decision, decide } from './decide.ts';
import { requireInputs } from './inputs.ts';
import { killLeftovers } from './leftovers.ts';
import { runStep } from './run-step.ts';
import { schedule } from './schedule.ts';
import { forgetStates, stateFolder } from './state.ts';
import { lockWork } from './work-lock.ts';

/** How a plan is to be run. */
export type RunOptions = {
  readonly roots: PathRoots;
  readonly jobs: number;
  readonly offline: boolean;
  /** Maps an address of the recipe to where this site has it. */
  readonly url: (address: string) => string;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  readonly toolVersion: string;
  /** The command line, for who finds the folder locked. */
  readonly command: string;
  readonly redo: readonly string[];
  readonly load: LoadStep;
  /** Called with the steps that will run, before the first one: throws where a program is missing. */
  readonly before: (decisions: readonly Decision[]) => Promise<void>;
};

/** How long a program may take to end when asked to, in ms, before all of the run are killed. */
const PATIENCE_MS = 6_000;

type Ran = readonly { readonly step: string; readonly ms: number }[];

/**
 * Run a plan in its work folder: what is done and unchanged is skipped, the rest runs in order, each step is marked when
 * its outputs are there. A run that is cut off at any place is taken up by the next. What was done is told by events.
 *
 * @throws {EnvironmentError} another run has the folder, or a program is missing; nothing was started
 * @throws what a step throws; the steps before it stay done
 */
export async function runPlan(plan: Plan, options: RunOptions): Promise<void> {
  const { roots, emit } = options;
  const start = performance.now();
  const run = randomUUID();
  await makeFolder(join(stateFolder(roots.work), 'steps'));
  const release = await lockWork(roots.work, run, options.command);
  try {
    const decisions = await decide(await bindSteps(plan.steps, options.load), options);
    const todo = decisions.filter((decision) => decision.runs);
    for (const { step, runs, reason } of decisions) {
      if (!runs) emit({ type: 'step-skip', step: step.id, title: step.title, reason });
    }
    await options.before(todo);
    await requireInputs(
      todo.map(({ step }) => step),
      roots,
    );
    await refuseReplacing(
      todo.map(({ step }) => step),
      options.redo,
      roots,
    );
    const skipped = decisions.length - todo.length;
    emit({
      type: 'run-start',
      todo: todo.map(({ step, reason }) => ({ step: step.id, title: step.title, reason })),
      skipped,
    });
    await forgetStates(
      roots.work,
      todo.map(({ step }) => step.id),
    );
    const ran = await runAll(todo, run, options);
    emit({ type: 'run-done', ran, skipped, ms: Math.round(performance.now() - start) });
  } catch (error) {
    // Logs and marks need room as well, and are written outside of any step.
    const known = error instanceof BpmpVirtError ? error : (diskFull(error) ?? expectedError(error) ?? error);
    emit({ type: 'run-fail', message: known instanceof Error ? known.message : String(known) });
    throw known;
  } finally {
    await release();
  }
}

async function runAll(todo: readonly Decision[], run: string, options: RunOptions): Promise<Ran> {
  const ran: { step: string; ms: number }[] = [];
  const jobs = todo.map((decision) => ({
    id: decision.step.id,
    kind: decision.step.planned.kind,
    after: [...decision.step.after, ...decision.step.orderOnly],
    decision,
  }));
  // A program that ignores the polite signal would be waited for without end: after a while it is not asked any more.
  const insist = () => void setTimeout(() => void killLeftovers(run), PATIENCE_MS).unref();
  try {
    await schedule(jobs, async ({ id, decision }, failed) => {
      const signal = AbortSignal.any([options.signal, failed]);
      signal.addEventListener('abort', insist, { once: true });
      ran.push({ step: id, ms: await runStep(decision, run, { ...options, signal }) });
    });
    return ran;
  } finally {
    // A program that was told to stop may leave its own children behind; nothing of a run outlives it.
    if (todo.length > 0) await killLeftovers(run);
  }
}
