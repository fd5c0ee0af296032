// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path';
import { Command } from 'commander';
import { UsageError } from '../../errors.ts';
import type { DeployFlags } from '../actions/deploy-bundle.ts';
import type { CliContext } from '../context.ts';
import { withReachFlags } from '../flags/reach-flags.ts';

/** `bpmp-virt deploy TARGET…`: the bundle and a second boot entry onto a board, and off it again. */
export function deployCommand(cli: CliContext): Command {
  return withReachFlags(new Command('deploy'))
    .description(
      'Put a bundle and a second boot entry on a board. Nothing that is there is replaced; the board boots as before until you ask for more.',
    )
    .argument('[target...]', 'ssh://user@host, or local; several: all boards at once, a line each')
    .option('--targets <file>', 'a YAML list of targets')
    .option('--work <dir>', 'work folder whose bundle is meant', 'work')
    .option('--bundle <dir>', 'a bundle elsewhere')
    .option('--boot-next', 'start the entry at the next boot, once')
    .option('--confirm', 'start the entry at every boot from now on')
    .option('--undo', 'take everything off the board again')
    .option('--status', 'say what is on the board, change nothing')
    .option('--reboot', 'restart the board afterwards')
    .option('--dry-run', 'say what would be done, change nothing')
    .option('--json', 'print the plan or the status as JSON')
    .action(async (targets: readonly string[], flags: DeployFlags & { readonly targets?: string }) => {
      const chosen = [flags.bootNext, flags.confirm, flags.undo, flags.status].filter(Boolean);
      if (chosen.length > 1)
        throw new UsageError(
          '--boot-next, --confirm, --undo and --status exclude each other',
          'Choose one of them.',
        );
      const { namedTargets } = await import('../flags/targets.ts');
      const file = flags.targets === undefined ? undefined : resolve(cli.cwd, flags.targets);
      const [target, ...others] = await namedTargets(targets, file, 'bpmp-virt deploy ssh://root@BOARD');
      if (others.length > 0) {
        const { deployMany } = await import('../actions/deploy-many.ts');
        return deployMany([target, ...others], flags, cli);
      }
      const { deployBundle } = await import('../actions/deploy-bundle.ts');
      return deployBundle(target, flags, cli);
    });
}
