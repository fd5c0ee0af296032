// SPDX-License-Identifier: Apache-2.0
import { join, resolve } from 'node:path';
import { readBundle } from '../../deploy/bundle-files.ts';
import { Board } from '../../deploy/deploy.ts';
import { isEmpty, planDeploy, planUndo } from '../../deploy/deploy-plan.ts';
import { describePlan, describeStatus, statusOf } from '../../deploy/describe.ts';
import type { CliContext } from '../context.ts';
import type { ReachFlags } from '../flags/reach-flags.ts';
import { TOOL_ROOT } from '../places.ts';
import { boardReach } from './board-reach.ts';

/** What `deploy` was told; of the first four one at most. */
export type DeployFlags = ReachFlags & {
  readonly bootNext?: true;
  readonly confirm?: true;
  readonly undo?: true;
  readonly status?: true;
  readonly work: string;
  readonly bundle?: string;
  readonly reboot?: true;
  readonly dryRun?: true;
  readonly json?: true;
};

/** Put a bundle on the board that `target` names, or do with it what the flags say. */
export async function deployBundle(target: string, flags: DeployFlags, cli: CliContext): Promise<void> {
  const board = await openBoard(target, flags, cli);
  await (flags.status === true ? showStatus(board, flags, cli) : deploy(board, flags, cli));
  if (flags.reboot === true && flags.dryRun !== true) await board.run('reboot');
}

/** The board that `target` names. @throws {UsageError} it names none */
export async function openBoard(target: string, flags: ReachFlags, cli: CliContext): Promise<Board> {
  return Board.open(await boardReach(target, flags, cli), join(TOOL_ROOT, 'board'));
}

async function showStatus(board: Board, flags: DeployFlags, cli: CliContext): Promise<void> {
  const status = statusOf(await board.facts());
  cli.print(flags.json === true ? JSON.stringify(status, null, 2) : describeStatus(status));
}

async function deploy(board: Board, flags: DeployFlags, cli: CliContext): Promise<void> {
  const plan = await makePlan(board, flags, cli);
  cli.print(flags.json === true ? JSON.stringify(plan, null, 2) : describePlan(plan));
  if (flags.dryRun !== true && !isEmpty(plan)) await board.apply(plan);
}

async function makePlan(board: Board, flags: DeployFlags, cli: CliContext) {
  if (flags.undo === true) return planUndo(await board.facts(), new Date());
  const folder = resolve(cli.cwd, flags.bundle ?? join(flags.work, 'bundle'));
  const bundle = await readBundle(folder, join(TOOL_ROOT, 'board'));
  const once = flags.bootNext === true ? 'trial' : 'keep';
  const facts = await board.facts(bundle.files.map(({ to }) => to));
  return planDeploy(bundle, facts, flags.confirm === true ? 'default' : once, new Date());
}
