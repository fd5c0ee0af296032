// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path';
import { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { seconds } from '../flags/numbers.ts';
import { type ReachFlags, withReachFlags } from '../flags/reach-flags.ts';
import { collect } from '../flags/run-flags.ts';

type UpFlags = ReachFlags & {
  readonly target: readonly string[];
  readonly targets?: string;
  readonly work: string;
  readonly device: readonly string[];
  readonly set: readonly string[];
  readonly wait: number;
};

/** `bpmp-virt up`: from the sources to a running machine on a board, in one command. */
export function upCommand(cli: CliContext): Command {
  return withReachFlags(new Command('up'))
    .description(
      'Build, deploy, restart the board into the entry once, look at it, and run the machine. The restart after that is the board’s own again.',
    )
    .argument('[recipe]', 'a name from recipes/, or the path of a recipe file', 'l4t-36.3')
    .option(
      '--target <target>',
      'ssh://user@host; repeated: many boards at once, and no machine is run',
      collect,
      [],
    )
    .option('--targets <file>', 'a YAML list of targets')
    .option('--device <name>', 'device for the virtual machine; may be repeated', collect, [])
    .option('--work <dir>', 'work folder', 'work')
    .option('--set <NAME=VALUE>', 'a setting of run-vm.sh; may be repeated', collect, [])
    .option('--wait <seconds>', 'how long the board may take to restart', seconds, 300)
    .action(async (recipe: string, flags: UpFlags) => {
      const { namedTargets } = await import('../flags/targets.ts');
      const file = flags.targets === undefined ? undefined : resolve(cli.cwd, flags.targets);
      const [target, ...others] = await namedTargets(flags.target, file, '--target ssh://root@BOARD');
      if (others.length > 0) {
        const { upMany } = await import('../actions/up-many.ts');
        return upMany(recipe, [target, ...others], flags, cli);
      }
      const { up } = await import('../actions/up.ts');
      return up(recipe, { ...flags, target }, cli);
    });
}
