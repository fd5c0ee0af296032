// SPDX-License-Identifier: Apache-2.0
import { Command, Option } from 'commander';
import type { CliContext } from '../context.ts';
import { mirrorMap } from '../flags/mirrors.ts';
import { collect, type RunFlags, withRunFlags } from '../flags/run-flags.ts';
import { pathRoots } from '../places.ts';

type PlanFlags = RunFlags & { readonly shell?: true; readonly device: readonly string[] };

/** `bpmp-virt plan <recipe>`: say what build would do, and do none of it. */
export function planCommand(cli: CliContext): Command {
  return withRunFlags(new Command('plan'))
    .description('Show the steps that a recipe leads to, without running any.')
    .argument('<recipe>', 'a name from recipes/, or the path of a recipe file')
    .option('--device <name>', 'device for the first virtual machine; may be repeated', collect, [])
    .option('--json', 'print the plan as JSON')
    .addOption(new Option('--shell', 'print a POSIX shell script that does the same').conflicts('json'))
    .action(async (recipe: string, flags: PlanFlags) => {
      const { buildPlan } = await import('../actions/build-plan.ts');
      const { plan, steps } = await buildPlan(recipe, flags.device, cli);
      if (flags.json === true) return cli.print(JSON.stringify(plan, null, 2));

      const { formatPlan, formatShell } = await import('../../plan/format.ts');
      const { resolvePlanPath } = await import('../../plan/plan-paths.ts');
      const { plainWork } = await import('../actions/work-folder.ts');
      const given = pathRoots(flags.work, cli);
      const roots = { ...given, work: plainWork(given.work, given.cache) };
      const ctx = {
        path: (path: string) => resolvePlanPath(path, roots),
        jobs: flags.jobs,
        url: mirrorMap(flags.mirror, cli.env.BPMP_VIRT_MIRROR),
      };
      const { describeStep } = await import('../report/describe-step.ts');
      const all = steps.map(async (step) => [step.id, await describeStep(step, ctx)] as const);
      const described = new Map(await Promise.all(all));
      const format = flags.shell === true ? formatShell : formatPlan;
      cli.print(format(plan, ({ id }) => described.get(id) ?? { title: id, shell: [], folders: [] }));
    });
}
