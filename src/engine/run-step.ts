// SPDX-License-Identifier: Apache-2.0
import { relative } from 'node:path';
import { performance } from 'node:perf_hooks';
import { BpmpVirtError, StepError } from '../errors.ts';
import type { Emit } from '../events.ts';
import { type PathRoots, resolvePlanPath } from '../plan/plan-paths.ts';
import { expectedError } from '../tools/expected.ts';
import { diskFull } from '../tools/files/disk-full.ts';
import { openSpan } from '../tools/files/spans.ts';
import type { BoundStep } from './bound-step.ts';
import { keepEdited } from './custody.ts';
import { type Decision, missingOutput } from './decide.ts';
import { outputStates, watchedState } from './output-state.ts';
import type { RunOptions } from './run-plan.ts';
import { writeState } from './state.ts';
import { inContext } from './step-context.ts';
import { openLog, type StepLog } from './step-log.ts';

/**
 * Run one step: log, outputs, mark. Gives its duration in ms.
 *
 * @param run id of the run, which marks the processes that the step starts
 * @throws {FailedStep} with the log's path, and the exit code and hint of what failed
 */
export async function runStep(decision: Decision, run: string, options: RunOptions): Promise<number> {
  const { step } = decision;
  const { id, title } = step;
  options.signal.throwIfAborted();
  const log = await openLog(options.roots.work, id, title);
  const emit: Emit = (event) => {
    const named = { ...event, step: id };
    log.add(named);
    options.emit(named);
  };
  const start = performance.now();
  emit({ type: 'step-start', step: id, title });
  try {
    const watched = await watchedState(step);
    await runWithDeferred(decision, run, options, emit);
    const ms = Math.round(performance.now() - start);
    const outputs = await outputStates(step, options.roots);
    await writeState(options.roots.work, {
      version: 1,
      id,
      fingerprint: decision.fingerprint,
      ms,
      outputs,
      ...(watched === '' ? {} : { watched }),
    });
    emit({ type: 'step-done', step: id, title, ms });
    return ms;
  } catch (error) {
    if (options.signal.aborted && !(error instanceof BpmpVirtError)) {
      emit({ type: 'step-stop', step: id, title });
      throw error;
    }
    throw failed(error, id, title, log, emit);
  } finally {
    log.close();
  }
}

async function runWithDeferred(
  { step }: Decision,
  run: string,
  options: RunOptions,
  emit: Emit,
): Promise<void> {
  const { roots, signal } = options;
  const asked = options.redo.includes(step.id);
  await inContext({ ...options, emit, run, asked }, async (ctx) => {
    await keepEdited(step, roots, emit);
    const close = await openSpan(roots.work, step.id, placesOf(step, roots));
    try {
      await step.run(ctx);
    } finally {
      await close();
    }
    signal.throwIfAborted();
    const missing = await missingOutput(step, roots);
    if (missing !== undefined) {
      throw new StepError(
        `it ended without making ${ctx.path(missing)}`,
        'The log has what its programs said.',
      );
    }
    // The mark must not reach the disk before what it stands for: a power cut would leave it beside half a file.
    await ctx.exec(['sync', '--file-system', roots.work], roots.work);
  });
}

/** Where in the work folder it writes, relative to it. */
function placesOf(step: BoundStep, roots: PathRoots): readonly string[] {
  const inWork = step.writes.filter((path) => path.startsWith('work:'));
  return inWork.map((path) => relative(roots.work, resolvePlanPath(path, roots)));
}

/** An expected failure of a step, told with the step's name and log. */
class FailedStep extends BpmpVirtError {
  readonly exitCode: BpmpVirtError['exitCode'];

  constructor(title: string, log: string, cause: BpmpVirtError) {
    super(`${title}: ${cause.message}\n  log: ${log}`, cause.hint, { cause });
    this.exitCode = cause.exitCode;
  }
}

function failed(error: unknown, id: string, title: string, log: StepLog, emit: Emit): unknown {
  const known = diskFull(error) ?? expectedError(error) ?? error;
  const message = known instanceof Error ? known.message : String(known);
  emit({ type: 'step-fail', step: id, title, message, log: log.file });
  return known instanceof BpmpVirtError ? new FailedStep(title, log.file, known) : known;
}
