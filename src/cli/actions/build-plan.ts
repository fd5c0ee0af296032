// SPDX-License-Identifier: Apache-2.0
import type { BoundStep } from '../../engine/bound-step.ts';
import type { Plan } from '../../plan/plan.ts';
import type { LoadedRecipe } from '../../recipe/load.ts';
import type { CliContext } from '../context.ts';
import { recipePlace } from '../places.ts';

/** A recipe, its plan, and the code of its steps. */
export type BuildPlan = {
  readonly loaded: LoadedRecipe;
  readonly plan: Plan;
  readonly steps: readonly BoundStep[];
};

/**
 * What `recipe` leads to.
 *
 * @param devices devices for the first virtual machine, in place of the recipe's; none: the recipe's
 * @throws {UsageError} the recipe is not sound
 */
export async function buildPlan(
  recipe: string,
  devices: readonly string[],
  cli: CliContext,
): Promise<BuildPlan> {
  const [{ loadRecipe }, { makePlan, withDevices }, { bindSteps }, { loadStep }] = await Promise.all([
    import('../../recipe/load.ts'),
    import('../../plan/make-plan.ts'),
    import('../../engine/bound-step.ts'),
    import('../../steps/index.ts'),
  ]);
  const loaded = withDevices(await loadRecipe(recipe, recipePlace(cli)), devices);
  const plan = makePlan(loaded);
  return { loaded, plan, steps: await bindSteps(plan.steps, loadStep) };
}
