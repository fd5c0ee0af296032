// SPDX-License-Identifier: Apache-2.0
import type { StepKind } from '../plan/step-options.ts';
import type { Step } from './step.ts';

/** How the code of each kind is found: one lazy import a line, so that a plan loads only what it runs. */
const LOADERS: { readonly [K in StepKind]?: () => Promise<Step<K>> } = {};

/**
 * The code of one kind of step.
 *
 * @throws {Error} no file for this kind: a bug of ours, not of the recipe
 */
export async function loadStep<K extends StepKind>(kind: K): Promise<Step<K>> {
  const load = LOADERS[kind];
  if (load === undefined) throw new Error(`no step file for '${kind}' in src/steps/index.ts`);
  return load();
}
