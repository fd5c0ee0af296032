// SPDX-License-Identifier: Apache-2.0
import { Command } from 'commander';
import { UsageError } from '../../errors.ts';
import type { DeployFlags } from '../actions/deploy-bundle.ts';
import type { CliContext } from '../context.ts';
import { withReachFlags } from '../flags/reach-flags.ts';

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
      const { deployBundle } = await import('../actions/deploy-bundle.ts');
      await deployBundle(target, flags, cli);
    });
}
