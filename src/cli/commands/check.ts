// SPDX-License-Identifier: Apache-2.0
import { Command } from 'commander';
import type { CliContext } from '../context.ts';

/** `bpmp-virt check`: whether this machine has the programs that a recipe needs. */
export function checkCommand(cli: CliContext): Command {
  return new Command('check')
    .description(
      'Look for every program that a recipe needs; what is missing is named at once, with the apt line.',
    )
    .argument('[recipe]', 'a name from recipes/, or the path of a recipe file', 'debian-6.12')
    .option('--json', 'print the result as JSON')
    .action(async (recipe: string, flags: { readonly json?: true }) => {
      const { buildPlan } = await import('../actions/build-plan.ts');
      const { missingTools, neededTools } = await import('../../engine/host-tools.ts');
      const { explainMissing } = await import('../actions/host-check.ts');
      const { steps } = await buildPlan(recipe, [], cli);
      const needed = neededTools(steps);
      const missing = await missingTools(needed);
      if (flags.json === true) cli.print(JSON.stringify({ recipe, needed, missing }));
      if (missing.length > 0) throw await explainMissing(missing);
      if (flags.json !== true) cli.print(`All ${needed.length} programs that ${recipe} needs are here.`);
    });
}
