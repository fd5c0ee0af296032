// SPDX-License-Identifier: Apache-2.0
import type { BoundStep } from '../engine/bound-step.ts';
import { missingTools } from '../engine/host-tools.ts';
import { EnvironmentError } from '../errors.ts';
import type { CliContext } from './context.ts';

/**
 * Look for every program of `steps`, before the first one starts.
 *
 * @throws {EnvironmentError} names all that are missing, with the line that installs them
 */
export async function requireTools(steps: readonly BoundStep[], cli: CliContext): Promise<void> {
  const missing = await missingTools(steps, cli.env.PATH);
  if (missing.length === 0) return;
  throw new EnvironmentError(
    `not installed: ${missing.join(', ')}`,
    'Install them and run the same command again.',
  );
}
