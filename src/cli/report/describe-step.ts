// SPDX-License-Identifier: Apache-2.0
import { dirname } from 'node:path';
import { shellQuote } from '../../command.ts';
import type { BoundStep } from '../../engine/bound-step.ts';
import type { StepText } from '../../plan/format.ts';
import type { ShellContext } from '../../steps/step.ts';

/** What `plan` says of a step. */
export async function describeStep(step: BoundStep, ctx: ShellContext): Promise<StepText> {
  const folders = new Set(step.outputs.map((output) => shellQuote(dirname(ctx.path(output)))));
  return { title: step.title, shell: await step.shell(ctx), folders: [...folders] };
}
