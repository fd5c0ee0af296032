// SPDX-License-Identifier: Apache-2.0
import type { PlannedStep } from '../plan/plan.ts';
import type { StepKind, StepOptions } from '../plan/step-options.ts';
import type { ShellContext, Step, StepContext } from '../steps/step.ts';

/** A planned step together with the code of its kind. */
export type BoundStep = {
  readonly planned: PlannedStep;
  readonly id: string;
  readonly after: readonly string[];
  readonly orderOnly: readonly string[];
  readonly title: string;
  readonly tools: readonly string[];
  readonly outputs: readonly string[];
  readonly inputs: readonly string[];
  /** Plan paths that it writes below. */
  readonly writes: readonly string[];
  readonly replaces: readonly string[];
  readonly feeds: boolean;
  readonly watches: readonly string[];
  readonly intact: (ctx: Pick<StepContext, 'path'>) => Promise<boolean>;
  readonly shell: (ctx: ShellContext) => Promise<readonly string[]>;
  readonly run: (ctx: StepContext) => Promise<void>;
  /** Absent where the kind leaves no traces in a tree. */
  readonly undo?: (ctx: StepContext) => Promise<void>;
};

/** Finds the code of a kind; `loadStep` of src/steps, or a test's own. */
export type LoadStep = <K extends StepKind>(kind: K) => Promise<Step<K>>;

type Planned<K extends StepKind> = {
  readonly id: string;
  readonly kind: K;
  readonly options: StepOptions[K];
  readonly after: readonly string[];
};

/** The steps of a plan with their code. */
export async function bindSteps(
  steps: readonly PlannedStep[],
  load: LoadStep,
): Promise<readonly BoundStep[]> {
  return Promise.all(steps.map((planned) => bind(planned, planned, load)));
}

async function bind<K extends StepKind>(
  planned: PlannedStep,
  { id, kind, options, after }: Planned<K>,
  load: LoadStep,
): Promise<BoundStep> {
  const step = await load(kind);
  const { undo } = step;
  return {
    planned,
    id,
    after,
    orderOnly: planned.orderOnly ?? [],
    title: step.title(options),
    tools: step.tools(options),
    outputs: step.outputs(options),
    inputs: step.inputs(options),
    writes: step.writes?.(options) ?? step.outputs(options),
    replaces: step.replaces?.(options) ?? [],
    feeds: step.feeds === true,
    watches: (step.watches?.(options) ?? []).filter((path) => !/^(work|cache|tool):/.test(path)),
    intact: async (ctx) => (await step.intact?.(options, ctx)) ?? true,
    shell: async (ctx) => step.shell(options, ctx),
    run: (ctx) => step.run(options, ctx),
    ...(undo === undefined ? {} : { undo: (ctx: StepContext) => undo(options, ctx) }),
  };
}
