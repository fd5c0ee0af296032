// SPDX-License-Identifier: Apache-2.0
import { Argument, Command } from 'commander';
import { UsageError } from '../../errors.ts';
import type { CliContext } from '../context.ts';
import { type WorkFlags, withWorkFlag } from '../flags/run-flags.ts';
import { pathRoots } from '../places.ts';

type CleanFlags = WorkFlags & { readonly tree?: true; readonly cache?: true };

/** `bpmp-virt clean`: delete what builds made, or take the changes of source trees back. */
export function cleanCommand(cli: CliContext): Command {
  return withWorkFlag(new Command('clean'))
    .description(
      'Delete what builds made in the work folder. Downloads in the cache stay, unless --cache is given.',
    )
    .addArgument(new Argument('[recipe]', 'with --tree: the recipe whose trees are meant'))
    .option('--tree', 'only take links, patches and copied files back out of the source trees')
    .option('--cache', 'also delete the cache of downloads, which all work folders share')
    .action(async (recipe: string | undefined, flags: CleanFlags) => {
      if (flags.tree === true) return cleanTrees(recipe, flags, cli);
      refuseRecipe(recipe, flags.work);
      const { cleanWork } = await import('../../engine/clean.ts');
      const roots = pathRoots(flags.work, cli);
      const { deleted, kept } = await cleanWork(roots.work, 'bpmp-virt clean');
      if (deleted.length > 0) cli.print(`Deleted ${deleted.join(', ')} in ${roots.work}.`);
      else if (kept.length === 0) cli.print(`Nothing of ours in ${roots.work}.`);
      if (kept.length > 0) {
        const { describeForeign } = await import('../../tools/files/foreign.ts');
        cli.print(`Kept in ${roots.work}, because bpmp-virt did not make it:\n${describeForeign(kept)}`);
      }
      if (flags.cache !== true) return;
      const { cleanCache } = await import('../../engine/clean.ts');
      const gone = await cleanCache(roots.cache);
      cli.print(
        gone.length === 0 ? `Nothing in ${roots.cache}.` : `Deleted ${gone.join(', ')} in ${roots.cache}.`,
      );
    });
}

function refuseRecipe(recipe: string | undefined, work: string): void {
  if (recipe === undefined) return;
  throw new UsageError(
    `without --tree the whole work folder is meant, not ${recipe}`,
    `Write \`bpmp-virt clean --work ${work}\`, or \`bpmp-virt clean --tree ${recipe}\`.`,
  );
}

async function cleanTrees(recipe: string | undefined, flags: CleanFlags, cli: CliContext): Promise<void> {
  if (recipe === undefined) {
    throw new UsageError(
      '--tree needs a recipe',
      'Name the one that was built: bpmp-virt clean --tree RECIPE',
    );
  }
  const { buildPlan } = await import('../actions/build-plan.ts');
  const { undoSteps } = await import('../../engine/clean.ts');
  const { plainReporter } = await import('../report/plain.ts');
  const { steps } = await buildPlan(recipe, [], cli);
  const { emit } = plainReporter(cli, false);
  const url = (address: string) => address;
  const roots = pathRoots(flags.work, cli);
  const surroundings = { roots, emit, jobs: 1, offline: true, url, signal: cli.signal };
  for (const title of await undoSteps(steps, surroundings, `bpmp-virt clean --tree ${recipe}`)) {
    cli.print(`Undone: ${title}`);
  }
}
