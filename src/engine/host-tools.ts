// SPDX-License-Identifier: Apache-2.0
import { hasProgram } from '../tools/process/programs.ts';
import type { BoundStep } from './bound-step.ts';

/** Programs that the engine itself runs. */
const OWN = ['find', 'flock', 'sync'];

/** Programs that `steps` and the engine run, each once, sorted. */
export function neededTools(steps: readonly BoundStep[]): readonly string[] {
  return [...new Set([...OWN, ...steps.flatMap((step) => step.tools)])].sort();
}

/** Those of `programs` that cannot be run on this machine. */
export async function missingTools(programs: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(programs.map(hasProgram));
  return programs.filter((_, at) => !found[at]);
}
