// SPDX-License-Identifier: Apache-2.0

import { type Command, formatCommand } from '../../command.ts';
import { madeFor } from '../../deploy/bundle-manifest.ts';
import { runPlan } from '../../engine/run-plan.ts';
import { UsageError } from '../../errors.ts';
import { LAYOUT } from '../../plan/layout.ts';
import { resolvePlanPath } from '../../plan/plan-paths.ts';
import { loadStep } from '../../steps/index.ts';
import type { CliContext } from '../context.ts';
import { mirrorMap } from '../flags/mirrors.ts';
import { DEFAULT_WORK, type RunFlags } from '../flags/run-flags.ts';
import { pathRoots } from '../places.ts';
import { makeReporter } from '../report/reporter.ts';
import { type BuildPlan, buildPlan } from './build-plan.ts';
import { requireTools } from './host-check.ts';
import { toolIdentity } from './tool-identity.ts';
import { openWork } from './work-folder.ts';

/** What to build, and how. */
export type BuildRequest = {
  readonly recipe: string;
  /** For the first virtual machine, in place of the recipe's. */
  readonly devices: readonly string[];
  readonly redo: readonly string[];
  readonly flags: RunFlags;
};

/** Build `request`, and tell the reporter that the flags ask for; gives whether there was something to do. @throws what `runPlan` throws */
export async function runBuild(request: BuildRequest, cli: CliContext): Promise<boolean> {
  const { flags, recipe, redo } = request;
  const built = await buildPlan(recipe, request.devices, cli);
  checkRedo(built, redo);
  const roots = pathRoots(flags.work, cli);
  const reporter = await makeReporter(flags, cli);
  let ran = 0;
  try {
    await runPlan(built.plan, {
      roots: { ...roots, work: await openWork(roots.work, roots.cache) },
      jobs: flags.jobs,
      offline: flags.offline === true,
      url: mirrorMap(flags.mirror, cli.env.BPMP_VIRT_MIRROR),
      emit: (event) => {
        if (event.type === 'run-done') ran = event.ran.length;
        reporter.emit(event);
      },
      signal: cli.signal,
      toolVersion: await toolIdentity(),
      command: formatCommand(['bpmp-virt', 'build', recipe]),
      redo,
      load: loadStep,
      before: (todo) => requireTools(todo.map((decision) => decision.step)),
    });
  } finally {
    await reporter.close();
  }
  return ran > 0;
}

/** What a person does next with what was built; undefined where the bundle does not say what it is for. */
export async function nextWords(
  { recipe, flags }: BuildRequest,
  cli: CliContext,
): Promise<string | undefined> {
  const bundle = resolvePlanPath(LAYOUT.bundle, pathRoots(flags.work, cli));
  const made = await madeFor(bundle);
  if (made === undefined) return undefined;
  const work = flags.work === DEFAULT_WORK ? [] : ['--work', flags.work];
  const next: Command =
    made === 'jetson'
      ? ['bpmp-virt', 'deploy', 'ssh://root@BOARD', '--boot-next', ...work]
      : ['bpmp-virt', 'run', recipe, '--emulate', 'orin', '--exec', 'echo 123 > /dev/ttyTHS0', ...work];
  return `Next: ${formatCommand(next)}`;
}

/** @throws {UsageError} a step of `redo` is none of the plan */
export function checkRedo({ plan }: BuildPlan, redo: readonly string[]): void {
  const ids = plan.steps.map((step) => step.id);
  const unknown = redo.find((id) => !ids.includes(id));
  if (unknown === undefined) return;
  throw new UsageError(`no step is called '${unknown}'`, `The steps are: ${ids.join(', ')}.`);
}
