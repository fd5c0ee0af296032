// SPDX-License-Identifier: Apache-2.0
import type { BoundStep } from '../../engine/bound-step.ts';
import { missingTools, neededTools } from '../../engine/host-tools.ts';
import { EnvironmentError } from '../../errors.ts';

/**
 * Look for every program of `steps`, before the first one starts.
 *
 * @throws {EnvironmentError} names all that are missing, with the line that installs them
 */
export async function requireTools(steps: readonly BoundStep[]): Promise<void> {
  const missing = await missingTools(neededTools(steps));
  if (missing.length > 0) throw await explainMissing(missing);
}

/** What to say where programs are missing. */
export async function explainMissing(missing: readonly string[]): Promise<EnvironmentError> {
  const { aptLine } = await import('../../tools/process/host-packages.ts');
  return new EnvironmentError(
    `not installed: ${missing.join(', ')}`,
    `Install what is missing:\n  ${aptLine(missing)}`,
  );
}
