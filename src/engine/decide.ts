// SPDX-License-Identifier: Apache-2.0
import { access } from 'node:fs/promises';
import { Bug } from '../errors.ts';
import { fingerprint } from '../plan/fingerprint.ts';
import { type PathRoots, resolvePlanPath } from '../plan/plan-paths.ts';
import type { BoundStep } from './bound-step.ts';
import { digestPath } from './input-digest.ts';
import { changedOutput, watchedState } from './output-state.ts';
import { readState } from './state.ts';

/** Whether a step has to run, and why. */
export type Decision = {
  readonly step: BoundStep;
  readonly fingerprint: string;
  readonly runs: boolean;
  /** `not done yet`, `kernel-build runs`, `done before`. */
  readonly reason: string;
};

export type DecideOptions = {
  readonly roots: PathRoots;
  /** Version of this package, and of its code. */
  readonly toolVersion: string;
  /** Steps that shall run again though nothing changed. */
  readonly redo: readonly string[];
};

/** Decide for every step, in plan order. Nothing is written. */
export async function decide(
  steps: readonly BoundStep[],
  options: DecideOptions,
): Promise<readonly Decision[]> {
  const decided = new Map<string, Decision>();
  const digests = new Map<string, Promise<string>>();
  for (const step of steps) {
    const before = step.after.map((id) => decided.get(id)).filter((found) => found !== undefined);
    const inputs = await digestInputs(step, options.roots, digests);
    const after = before.map((decision) => decision.fingerprint);
    const print = fingerprint(step.planned, { tool: options.toolVersion, inputs, after });
    const reason = await whyRun(step, print, before, options);
    decided.set(step.id, {
      step,
      fingerprint: print,
      runs: reason !== undefined,
      reason: reason ?? 'done before, nothing changed',
    });
  }
  return Promise.all(steps.map((step) => fetchAgain(step, decided, options.roots)));
}

/** What only feeds others is wanted again where it is gone and one of those runs. */
async function fetchAgain(
  step: BoundStep,
  decided: ReadonlyMap<string, Decision>,
  roots: PathRoots,
): Promise<Decision> {
  const own = decided.get(step.id);
  if (own === undefined) throw new Bug(`step ${step.id} was not decided on`);
  if (own.runs || !step.feeds) return own;
  // The bundle comes after every step, and reads no archive.
  const reads = ({ planned }: BoundStep) =>
    step.outputs.some((output) => JSON.stringify(planned.options).includes(JSON.stringify(output)));
  const reader = [...decided.values()].find(
    ({ runs, step: other }) => runs && other.after.includes(step.id) && reads(other),
  );
  const missing = reader === undefined ? undefined : await missingOutput(step, roots);
  if (missing === undefined) return own;
  return { ...own, runs: true, reason: `${missing} is missing, and ${reader?.step.id} runs` };
}

/**
 * What the work folder and the cache hold was made by earlier steps, whose fingerprints are in the chain already; so
 * only what comes from elsewhere is hashed.
 */
async function digestInputs(
  step: BoundStep,
  roots: PathRoots,
  digests: Map<string, Promise<string>>,
): Promise<Readonly<Record<string, string>>> {
  const outside = step.inputs.filter((path) => !/^(work|cache):/.test(path));
  const entries = outside.map(async (path) => {
    const digest = digests.get(path) ?? digestPath(resolvePlanPath(path, roots));
    digests.set(path, digest);
    return [path, await digest] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

async function whyRun(
  step: BoundStep,
  print: string,
  before: readonly Decision[],
  { roots, redo }: DecideOptions,
): Promise<string | undefined> {
  if (redo.includes(step.id)) return 'asked for';
  const running = before.find((decision) => decision.runs);
  if (running !== undefined) return `${running.step.id} runs`;
  const state = await readState(roots.work, step.id);
  if (state === undefined) return 'not done yet';
  if (state.fingerprint !== print) return 'its options or inputs changed';
  const missing = await missingOutput(step, roots);
  if (missing !== undefined) return step.feeds ? undefined : `${missing} is missing`;
  const changed = await changedOutput(state.outputs ?? {}, roots);
  if (changed !== undefined) return `${changed} is not as it made it`;
  if ((state.watched ?? '') !== (await watchedState(step))) return `${step.watches.join(', ')} changed`;
  const path = (planPath: string) => resolvePlanPath(planPath, roots);
  return (await step.intact({ path })) ? undefined : 'somebody changed what it made';
}

/** The first output of a step that is not there, as a plan path. */
export async function missingOutput(step: BoundStep, roots: PathRoots): Promise<string | undefined> {
  for (const output of step.outputs) {
    try {
      await access(resolvePlanPath(output, roots));
    } catch {
      return output;
    }
  }
  return undefined;
}
