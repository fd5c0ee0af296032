// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { UsageError } from '../../errors.ts';
import type { CliContext } from '../context.ts';
import { openFleet } from './audit.ts';
import { type DeployFlags, deployBundle, openBoard } from './deploy-bundle.ts';
import { failureOf, onEachBoard, requireNone } from './many-boards.ts';

/**
 * The same on many boards at once. What changes nothing (`--status`, `--dry-run`) prints each board's lines with its name
 * before them, and is not put down in the audit file.
 *
 * @throws {StepError} boards failed; the others are done
 * @throws {UsageError} `--json`, which is one board's
 */
export async function deployMany(
  targets: readonly string[],
  flags: DeployFlags,
  cli: CliContext,
): Promise<void> {
  if (flags.json === true)
    throw new UsageError('--json is the answer of one board', 'Name one board, or leave --json out.');
  if (flags.status === true || flags.dryRun === true) return look(targets, flags, cli);
  const wish = (['bootNext', 'confirm', 'undo'] as const).find((each) => flags[each] === true);
  const verb = wish === undefined ? 'deploy' : `deploy --${wish === 'bootNext' ? 'boot-next' : wish}`;
  const bundle = flags.undo === true ? undefined : (flags.bundle ?? join(flags.work, 'bundle'));
  const fleet = await openFleet(verb, flags.work, bundle, cli);
  await onEachBoard(targets, fleet, 'done', cli, async (target, quiet, onPhase) => {
    const board = await openBoard(target, flags, quiet);
    onPhase(flags.undo === true ? 'undoing' : 'deploying', await board.facts());
    await deployBundle(target, flags, quiet);
  });
}

async function look(targets: readonly string[], flags: DeployFlags, cli: CliContext): Promise<void> {
  const failed = await Promise.all(
    targets.map(async (target) => {
      const said: string[] = [];
      const keep = (text: string) => void said.push(...text.split('\n'));
      const error = await failureOf(deployBundle(target, flags, { ...cli, print: keep, warn: keep }));
      if (error !== undefined) keep(`failed: ${error.message}`);
      cli.print(said.map((line) => `${target}  ${line}`).join('\n'));
      return error === undefined ? [] : [target];
    }),
  );
  cli.signal.throwIfAborted();
  requireNone(failed.flat(), targets.length, 'Their lines above say why; nothing was changed.');
}
