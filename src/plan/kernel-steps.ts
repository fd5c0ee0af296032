// SPDX-License-Identifier: Apache-2.0
import type { LoadedRecipe } from '../recipe/load.ts';
import { LAYOUT } from './layout.ts';
import type { PlannedStep } from './plan.ts';
import { recipePath } from './plan-paths.ts';
import { planSource } from './source-steps.ts';

const TEGRA_FIRMWARE = 'drivers/firmware/tegra';

/** The kernel from its source to the Image. */
export type PlannedKernel = {
  /** Up to its .config. */
  readonly configured: readonly PlannedStep[];
  readonly build: PlannedStep;
  /** Plan path. */
  readonly tree: string;
  /** Ids of what its sources wait for. */
  readonly ready: readonly string[];
};

/** `after` is what makes the folder that the kernel lies in. */
export function planKernel(loaded: LoadedRecipe, after: readonly string[]): PlannedKernel {
  const { kernel } = loaded.recipe;
  const source = planSource({
    name: 'kernel',
    source: kernel.source,
    into: LAYOUT.kernelTree,
    after,
    form: 'linux-source',
    recipeFile: loaded.file,
  });
  const { tree } = source;
  const links = kernel.overlay.map((name) => ({
    at: `${TEGRA_FIRMWARE}/${name}`,
    overlay: `tool:kernel-overlay/${name}`,
  }));
  const patches = recipePath(kernel.patches, loaded.file);
  const modules = kernel.targets.includes('modules') ? { modulesInto: LAYOUT.modules } : {};
  const { crossCompile, epoch, targets } = kernel;
  const changes: readonly PlannedStep[] = [
    { id: 'kernel-overlay', kind: 'link-overlay', options: { tree, links }, after: source.ready },
    { id: 'kernel-patches', kind: 'apply-patches', options: { tree, patches }, after: ['kernel-overlay'] },
    {
      id: 'kernel-config',
      kind: 'configure-kernel',
      options: {
        tree,
        out: LAYOUT.kernelOut,
        base: kernel.base,
        fragments: kernel.fragments.map((path) => recipePath(path, loaded.file)),
        wanted: kernel.wanted,
        localVersion: kernel.localVersion,
        crossCompile,
      },
      after: ['kernel-patches'],
    },
  ];
  const build: PlannedStep = {
    id: 'kernel-build',
    kind: 'build-kernel',
    options: { tree, out: LAYOUT.kernelOut, targets, ...modules, crossCompile, epoch },
    after: ['kernel-config'],
  };
  return { configured: [...source.steps, ...changes], build, tree, ready: source.ready };
}
