// SPDX-License-Identifier: Apache-2.0
import { UsageError } from '../errors.ts';
import { type Floating, floatingOf } from '../recipe/floating.ts';
import type { LoadedRecipe } from '../recipe/load.ts';
import type { Recipe } from '../recipe/schema.ts';
import { planKernel } from './kernel-steps.ts';
import { planL4t } from './l4t-steps.ts';
import type { Plan, PlannedStep } from './plan.ts';
import { planQemu } from './qemu-steps.ts';
import type { StepKind } from './step-options.ts';
import { HOST_TREES_ID, planBundle, planHostTrees, planVms } from './vm-steps.ts';

/**
 * What a recipe leads to, as data: every step comes after those that it waits for.
 *
 * @throws {UsageError} a download has no sha256, neither in the recipe nor in its lock file
 */
export function makePlan(loaded: LoadedRecipe): Plan {
  refuseUnlocked(floatingOf(loaded.recipe));
  const l4t = loaded.recipe.l4t === undefined ? [] : planL4t(loaded.recipe.l4t);
  // The kernel lies inside the BSP's folder; NVIDIA's own sources are beside it and may come meanwhile.
  const kernel = planKernel(loaded, l4t.length === 0 ? [] : ['l4t']);
  // What a recipe asks for and cannot have is known from the host's tree: that is made and judged before anything is compiled.
  const trees = planHostTrees(loaded, kernel);
  const rest = [kernel.build, ...planQemu(loaded), ...planVms(loaded, kernel)];
  const steps: readonly PlannedStep[] = [...l4t, ...kernel.configured, ...trees, ...rest.map(afterTrees)];
  return { version: 1, recipe: loaded.name, steps: [...steps, planBundle(loaded, steps)] };
}

const COMPILES: ReadonlySet<StepKind> = new Set([
  'build-kernel',
  'build-qemu',
  'build-scmi',
  'make-debian-image',
]);

/** Other devices are other trees, and no reason to compile again. */
function afterTrees(step: PlannedStep): PlannedStep {
  return COMPILES.has(step.kind) ? { ...step, orderOnly: [HOST_TREES_ID] } : step;
}

function refuseUnlocked(floating: readonly Floating[]): void {
  const downloads = floating.filter((source) => source.kind === 'http').map((source) => source.key);
  if (downloads.length === 0) return;
  throw new UsageError(
    `no sha256 for ${downloads.join(', ')}`,
    'Run `bpmp-virt lock` to download them once and write what they are, or put sha256 into the recipe.',
  );
}

/** The loaded recipe with other devices for its first virtual machine. */
export function withDevices(loaded: LoadedRecipe, devices: readonly string[]): LoadedRecipe {
  const [first, ...rest] = loaded.recipe.vms;
  if (devices.length === 0 || first === undefined) return loaded;
  const vms: Recipe['vms'] = [{ ...first, devices: [...devices] }, ...rest];
  return { ...loaded, recipe: { ...loaded.recipe, vms }, devices };
}
