// SPDX-License-Identifier: Apache-2.0
import { UsageError } from '../errors.ts';
import { type PathRoots, resolvePlanPath } from '../plan/plan-paths.ts';
import { exists } from '../tools/files/folder.ts';
import type { BoundStep } from './bound-step.ts';

/**
 * Look for all that `steps` read from elsewhere, before the first one starts: a fragment that is missing would else be found after an
 * hour of work.
 *
 * @throws {UsageError} names all that are not there
 */
export async function requireInputs(steps: readonly BoundStep[], roots: PathRoots): Promise<void> {
  const paths = new Set(steps.flatMap(({ inputs, watches }) => [...inputs, ...watches]));
  const missing: string[] = [];
  for (const path of paths) {
    if (/^(work|cache):/.test(path)) continue;
    const file = resolvePlanPath(path, roots);
    if (!(await exists(file))) missing.push(file);
  }
  if (missing.length === 0) return;
  throw new UsageError(
    `not there: ${missing.join(', ')}`,
    'Correct the paths in the recipe: those that start with ./ are relative to it.',
  );
}
