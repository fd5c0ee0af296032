// SPDX-License-Identifier: Apache-2.0
import { refuseReplacing } from '../../engine/custody.ts';
import { type Decision, decide } from '../../engine/decide.ts';
import { requireInputs } from '../../engine/inputs.ts';
import { BpmpVirtError } from '../../errors.ts';
import { type PathRoots, resolvePlanPath } from '../../plan/plan-paths.ts';
import type { CliContext } from '../context.ts';
import { pathRoots } from '../places.ts';
import { buildPlan } from './build-plan.ts';
import { requireTools } from './host-check.ts';
import { type BuildRequest, checkRedo } from './run-build.ts';
import { toolIdentity } from './tool-identity.ts';

/**
 * `--dry-run`: what would run and why, and then what of it would fail, as far as it is known without doing it. Writes nothing, takes
 * no lock.
 *
 * @throws {BpmpVirtError} it would fail: with all reasons, and the exit code of the first
 */
export async function showDecisions(request: BuildRequest, cli: CliContext): Promise<void> {
  const { recipe, devices, redo, flags } = request;
  const built = await buildPlan(recipe, devices, cli);
  checkRedo(built, redo);
  const roots = pathRoots(flags.work, cli);
  const decisions = await decide(built.steps, { roots, toolVersion: await toolIdentity(), redo });
  cli.print(decisions.map((decision) => decisionLine(decision, flags.json === true)).join('\n'));

  const steps = decisions.filter(({ runs }) => runs).map(({ step }) => step);
  const failures = await failuresOf([
    () => judgeDevices(decisions, roots, cli),
    () => requireTools(steps),
    () => requireInputs(steps, roots),
    () => refuseReplacing(steps, redo, roots),
  ]);
  const [first, ...more] = failures;
  if (first !== undefined) throw more.length === 0 ? first : new WouldFail(first, failures);
}

/** Several failures at once. */
class WouldFail extends BpmpVirtError {
  readonly exitCode: BpmpVirtError['exitCode'];

  constructor(first: BpmpVirtError, all: readonly BpmpVirtError[]) {
    const lines = all.map(({ message }) => `\n- ${message}`).join('');
    super(`this build would fail:${lines}`, all.map(({ hint }) => hint).join('\n'));
    this.exitCode = first.exitCode;
  }
}

/** What each of `checks` has to say against it. @throws what none of our checks throws */
async function failuresOf(checks: readonly (() => Promise<void>)[]): Promise<readonly BpmpVirtError[]> {
  const failures: BpmpVirtError[] = [];
  for (const check of checks) {
    await check().catch((error: unknown) => {
      if (!(error instanceof BpmpVirtError)) throw error;
      failures.push(error);
    });
  }
  return failures;
}

/**
 * What the step that derives the policies would say, where its device tree is there already. Else that step says it, before anything
 * is compiled.
 *
 * @throws {UsageError} the host has no such device, or it cannot be given away so
 */
async function judgeDevices(
  decisions: readonly Decision[],
  roots: PathRoots,
  cli: CliContext,
): Promise<void> {
  for (const { step, runs } of decisions) {
    const { planned } = step;
    if (!runs || planned.kind !== 'render-host-overlay') continue;
    const { dtb, tree, vms } = planned.options;
    const waits = decisions.some((other) => other.runs && step.after.includes(other.step.id));
    if (waits) {
      cli.warn(
        `note: the devices are judged by ${step.id}, from a tree that is not there yet, before anything is compiled`,
      );
      continue;
    }
    const { hostFacts, soundPolicies } = await import('../../steps/device-trees.ts');
    const facts = await hostFacts(dtb, tree, { path: (path) => resolvePlanPath(path, roots) });
    soundPolicies(vms, facts, {
      emit: (event) => {
        if (event.type === 'warning') cli.warn(`warning: ${event.text}`);
      },
    });
  }
}

function decisionLine({ step, runs, reason }: Decision, json: boolean): string {
  if (json) return JSON.stringify({ step: step.id, title: step.title, runs, reason });
  return `${runs ? 'run ' : 'keep'}  ${step.id}: ${step.title} (${reason})`;
}
