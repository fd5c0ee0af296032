// SPDX-License-Identifier: Apache-2.0
import { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { collect } from '../flags/run-flags.ts';

/** `bpmp-virt lock <recipe>`: write what floats to the recipe's lock file. */
export function lockCommand(cli: CliContext): Command {
  return new Command('lock')
    .description(
      'Ask what every tag, branch and package version of a recipe is now, and write it to RECIPE.lock.yaml beside it.',
    )
    .argument('<recipe>', 'a name from recipes/, or the path of a recipe file')
    .option(
      '--mirror <prefix=url>',
      'ask another place for what lies below a prefix; may be repeated (also: BPMP_VIRT_MIRROR)',
      collect,
      [],
    )
    .option('--dry-run', 'print the lock file and do not write it')
    .action(async (recipe: string, flags: { readonly mirror: readonly string[]; readonly dryRun?: true }) => {
      const { lockRecipe } = await import('../actions/lock-recipe.ts');
      const { file, text } = await lockRecipe(recipe, flags.mirror, cli);
      if (flags.dryRun === true) return cli.print(text.trimEnd());
      const { writeFileWhole } = await import('../../tools/files/write-file.ts');
      await writeFileWhole(file, text);
      cli.print(`Wrote ${file}.`);
    });
}
