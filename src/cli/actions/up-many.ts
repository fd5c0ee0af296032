// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import type { CliContext } from '../context.ts';
import { openFleet } from './audit.ts';
import { onEachBoard } from './many-boards.ts';
import { bringUp, buildFor, type UpRequest } from './up.ts';

/**
 * The same for many boards: built once, then all at once. No machine is run: a terminal has room for one.
 *
 * @throws {StepError} boards failed; the others are up
 */
export async function upMany(
  recipe: string,
  targets: readonly string[],
  flags: Omit<UpRequest, 'target'>,
  cli: CliContext,
): Promise<void> {
  await buildFor(recipe, flags, cli);
  const fleet = await openFleet('up', flags.work, join(flags.work, 'bundle'), cli);
  await onEachBoard(targets, fleet, 'up', cli, (target, quiet, onPhase) =>
    bringUp({ ...flags, target }, quiet, onPhase),
  );
}
