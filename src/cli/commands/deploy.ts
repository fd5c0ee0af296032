// SPDX-License-Identifier: Apache-2.0
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { UsageError } from '../../errors.ts';
import { boardReach, type ReachFlags, withReachFlags } from '../actions/board-reach.ts';
import type { CliContext } from '../context.ts';
import { TOOL_ROOT } from '../places.ts';

type DeployFlags = ReachFlags & {
  readonly work: string;
  readonly bundle?: string;
  readonly bootNext?: true;
  readonly confirm?: true;
  readonly undo?: true;
  readonly status?: true;
  readonly reboot?: true;
  readonly dryRun?: true;
  readonly json?: true;
};

/** `bpmp-virt deploy <target>`: the bundle and a second boot entry onto a board, and off it again. */
export function deployCommand(cli: CliContext): Command {
  return withReachFlags(new Command('deploy'))
    .description(
      'Put a bundle and a second boot entry on a board. Nothing that is there is replaced; the board boots as before until you ask for more.',
    )
    .argument('<target>', 'ssh://user@host, or local')
    .option('--work <dir>', 'work folder whose bundle is meant', 'work')
    .option('--bundle <dir>', 'a bundle elsewhere')
    .option('--boot-next', 'start the entry at the next boot, once')
    .option('--confirm', 'start the entry at every boot from now on')
    .option('--undo', 'take everything off the board again')
    .option('--status', 'say what is on the board, change nothing')
    .option('--reboot', 'restart the board afterwards')
    .option('--dry-run', 'say what would be done, change nothing')
    .option('--json', 'print the plan or the status as JSON')
    .action(async (target: string, flags: DeployFlags) => {
      const chosen = [flags.bootNext, flags.confirm, flags.undo, flags.status].filter(Boolean);
      if (chosen.length > 1)
        throw new UsageError(
          '--boot-next, --confirm, --undo and --status exclude each other',
          'Choose one of them.',
        );
      const { Board } = await import('../../deploy/deploy.ts');
      const board = await Board.open(await boardReach(target, flags, cli), join(TOOL_ROOT, 'board'));
      await (flags.status === true ? showStatus(board, flags, cli) : deploy(board, flags, cli));
      if (flags.reboot === true && flags.dryRun !== true) await board.run('reboot');
    });
}

type Board = import('../../deploy/deploy.ts').Board;

async function showStatus(board: Board, flags: DeployFlags, cli: CliContext): Promise<void> {
  const { describeStatus, statusOf } = await import('../../deploy/describe.ts');
  const status = statusOf(await board.facts());
  cli.print(flags.json === true ? JSON.stringify(status, null, 2) : describeStatus(status));
}

async function deploy(board: Board, flags: DeployFlags, cli: CliContext): Promise<void> {
  const { describePlan } = await import('../../deploy/describe.ts');
  const { isEmpty } = await import('../../deploy/deploy-plan.ts');
  const plan = await makePlan(board, flags, cli);
  cli.print(flags.json === true ? JSON.stringify(plan, null, 2) : describePlan(plan));
  if (flags.dryRun !== true && !isEmpty(plan)) await board.apply(plan);
}

async function makePlan(board: Board, flags: DeployFlags, cli: CliContext) {
  const { planDeploy, planUndo } = await import('../../deploy/deploy-plan.ts');
  if (flags.undo === true) return planUndo(await board.facts());
  const { readBundle } = await import('../../deploy/bundle-files.ts');
  const folder = resolve(cli.cwd, flags.bundle ?? join(flags.work, 'bundle'));
  const bundle = await readBundle(folder, join(TOOL_ROOT, 'board'));
  const once = flags.bootNext === true ? 'trial' : 'keep';
  return planDeploy(bundle, await board.facts(), flags.confirm === true ? 'default' : once, new Date());
}
