// SPDX-License-Identifier: Apache-2.0
import { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { collect, type RunFlags, withRunFlags } from '../flags/run-flags.ts';

type BuildFlags = RunFlags & {
  readonly dryRun?: true;
  readonly device: readonly string[];
  readonly redo: readonly string[];
};

/** `bpmp-virt build <recipe>`: everything from the sources to the bundle. */
export function buildCommand(cli: CliContext): Command {
  return withRunFlags(new Command('build'))
    .description(
      'Build what a recipe describes, from the sources to the bundle. What is done is not done again.',
    )
    .argument('<recipe>', 'a name from recipes/, or the path of a recipe file')
    .option('--device <name>', 'device for the first virtual machine; may be repeated', collect, [])
    .option('--redo <step>', 'run a step again though nothing changed; may be repeated', collect, [])
    .option('--dry-run', 'say which steps would run and why, and what would fail; run none')
    .option('--verbose', 'show every command and what it says')
    .option('--json', 'report as one JSON object per line')
    .action(async (recipe: string, flags: BuildFlags) => {
      const wanted = { recipe, flags, devices: flags.device, redo: flags.redo };
      if (flags.dryRun === true) {
        const { showDecisions } = await import('../actions/dry-run.ts');
        return showDecisions(wanted, cli);
      }
      const { nextWords, runBuild } = await import('../actions/run-build.ts');
      const built = await runBuild(wanted, cli);
      const next = built && flags.json !== true ? await nextWords(wanted, cli) : undefined;
      if (next !== undefined) cli.print(next);
    });
}
