// SPDX-License-Identifier: Apache-2.0
import { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { recipePlace } from '../places.ts';

/** `bpmp-virt recipes`: those of this package, by name. */
export function recipesCommand(cli: CliContext): Command {
  return new Command('recipes')
    .description('List the recipes of this package. One of your own is named by its path.')
    .option('--json', 'print them as JSON')
    .action(async (flags: { readonly json?: true }) => {
      const { loadUnlocked, recipeNames } = await import('../../recipe/load.ts');
      const place = recipePlace(cli);
      const all = await Promise.all(
        (await recipeNames(place.recipes)).map(async (name) => {
          const { recipe } = await loadUnlocked(name, place);
          return { name, description: recipe.description };
        }),
      );
      if (flags.json === true) return cli.print(JSON.stringify(all, null, 2));
      const width = Math.max(...all.map(({ name }) => name.length));
      for (const { name, description } of all) cli.print(`${name.padEnd(width)}  ${description}`);
    });
}
