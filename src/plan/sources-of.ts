// SPDX-License-Identifier: Apache-2.0
import type { PlannedStep } from './plan.ts';

/** The trees that a step brings from elsewhere, as plan paths: what it writes down where they came from. */
export function sourcesOf(step: PlannedStep): readonly string[] {
  switch (step.kind) {
    case 'build-sysroot':
    case 'extract-archive':
    case 'fetch-debian-source':
    case 'sync-tree':
      return [step.options.into];
    case 'sync-bsp':
      return step.options.trees.map(({ path }) => `${step.options.source}/${path}`);
    case 'unpack-public-sources':
      return [`${step.options.into}/Linux_for_Tegra/source`];
    default:
      return [];
  }
}
