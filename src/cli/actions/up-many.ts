// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import type { CliContext } from '../context.ts';
import { openFleet } from './audit.ts';
import { openBoard } from './deploy-bundle.ts';
import { failureOf, onEachBoard, requireNone } from './many-boards.ts';
import { bringUp, buildFor, type UpRequest } from './up.ts';

/**
 * The same for many boards: built once, then all at once. No machine is run: a terminal has room for one.
 *
 * @throws {StepError} boards failed; the others are up. Or no board was reached, and nothing was built
 */
export async function upMany(
  recipe: string,
  targets: readonly string[],
  flags: Omit<UpRequest, 'target'>,
  cli: CliContext,
): Promise<void> {
  await reachAll(targets, flags, cli);
  await buildFor(recipe, flags, cli);
  const fleet = await openFleet('up', flags.work, join(flags.work, 'bundle'), cli);
  await onEachBoard(targets, fleet, 'up', cli, (target, quiet, onPhase) =>
    bringUp({ ...flags, target }, quiet, onPhase),
  );
}

/** Say now, and not after the minutes of a build, which boards nobody reaches; they are tried again after it. @throws {StepError} it is all of them */
async function reachAll(
  targets: readonly string[],
  flags: Omit<UpRequest, 'target'>,
  cli: CliContext,
): Promise<void> {
  const look = async (target: string) => void (await (await openBoard(target, flags, cli)).facts());
  const failures = await Promise.all(targets.map((target) => failureOf(look(target))));
  cli.signal.throwIfAborted();
  const failed = targets.filter((_, at) => failures[at] !== undefined);
  for (const [at, target] of targets.entries())
    if (failures[at] !== undefined) cli.print(`${target}  not reached yet: ${failures[at].message}`);
  if (failed.length === targets.length)
    requireNone(failed, targets.length, 'Nothing was built; what each said is above.');
}
