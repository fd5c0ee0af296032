// SPDX-License-Identifier: Apache-2.0
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { LoadStep } from '../../src/engine/bound-step.ts';
import type { RunEvent } from '../../src/events.ts';
import type { Plan, PlannedStep } from '../../src/plan/plan.ts';
import type { StepKind } from '../../src/plan/step-options.ts';
import type { Step, StepContext } from '../../src/steps/step.ts';

/** What a toy step does besides joining its parents' outputs into its own. */
export type Toy = {
  readonly inputs?: readonly string[];
  readonly tools?: readonly string[];
  readonly act?: (ctx: StepContext) => Promise<void> | void;
  /** It ends well and leaves no output. */
  readonly barren?: boolean;
};

/** Plan path of what toy step `id` makes. */
const toyOutput = (id: string) => `work:out/${id}`;

/**
 * A plan of toy steps: `links` = id → ids before it. They are of kind `extract-archive` (`fetch-archive` for ids that
 * start with `fetch`), whose code `toyLoader` replaces.
 */
export function toyPlan(
  links: Readonly<Record<string, readonly string[]>>,
  mark: Record<string, string> = {},
): Plan {
  const steps = Object.entries(links).map(([id, after]): PlannedStep => {
    if (id.startsWith('fetch')) {
      const options = { urls: [mark[id] ?? ''], sha256: '', superseded: {}, into: toyOutput(id) };
      return { id, kind: 'fetch-archive', options, after };
    }
    const options = { archive: mark[id] ?? '', sha256: '', into: toyOutput(id), strip: 0 };
    return { id, kind: 'extract-archive', options, after };
  });
  return { version: 1, recipe: 'toy', steps };
}

/** The code of the toy steps; `ran` gets the id of each that runs. */
export function toyLoader(plan: Plan, toys: Readonly<Record<string, Toy>>, ran: string[] = []): LoadStep {
  const idOf = (options: { readonly into: string }) => options.into.slice(toyOutput('').length);
  const load = async (kind: StepKind): Promise<unknown> => {
    const step: Step<'extract-archive'> = {
      kind: 'extract-archive',
      tools: (options) => toys[idOf(options)]?.tools ?? [],
      title: (options) => `make ${idOf(options)}`,
      outputs: (options) => [options.into],
      inputs: (options) => toys[idOf(options)]?.inputs ?? [],
      shell: () => [],
      run: async (options, ctx) => {
        const id = idOf(options);
        ran.push(id);
        await toys[id]?.act?.(ctx);
        if (toys[id]?.barren === true) return;
        const planned = plan.steps.find((other) => other.id === id);
        const parts = await Promise.all(
          (planned?.after ?? []).map((parent) => readFile(ctx.path(toyOutput(parent)), 'utf8')),
        );
        const into = ctx.path(options.into);
        await mkdir(dirname(into), { recursive: true });
        await writeFile(into, `${id}(${parts.join(',')})${JSON.stringify(planned?.options)}\n`);
      },
    };
    return { ...step, kind };
  };
  return load as LoadStep;
}

/** Gathers events. */
export function recorder() {
  const events: RunEvent[] = [];
  return {
    events,
    emit: (event: RunEvent) => void events.push(event),
    of: <T extends RunEvent['type']>(type: T) =>
      events.filter((event): event is Extract<RunEvent, { type: T }> => event.type === type),
  };
}
