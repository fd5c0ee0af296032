// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { runningEntry } from '../../deploy/board-rules.ts';
import type { Board } from '../../deploy/deploy.ts';
import { readOurs } from '../../deploy/extlinux.ts';
import type { BoardFacts } from '../../deploy/facts.ts';
import { EnvironmentError, StepError } from '../../errors.ts';
import type { CliContext } from '../context.ts';
import type { ReachFlags } from '../flags/reach-flags.ts';
import { RUN_DEFAULTS } from '../flags/run-flags.ts';
import { WIRING } from '../report/wiring.ts';
import { buildPlan } from './build-plan.ts';
import { deployBundle, openBoard } from './deploy-bundle.ts';
import { examineBoard } from './examine-board.ts';
import { runBuild } from './run-build.ts';
import { runOnBoard } from './run-on-board.ts';

/** How often a board that restarts is asked whether it is there, in ms. */
const POLL_MS = 1_000;

export type UpRequest = ReachFlags & {
  readonly target: string;
  readonly work: string;
  readonly device: readonly string[];
  readonly set: readonly string[];
  readonly wait: number;
};

/** Every verb of the way, one after another. */
export async function up(recipe: string, flags: UpRequest, cli: CliContext): Promise<void> {
  // A recipe that is wrong and a board that nobody reaches are said now, and not after the minutes of a build.
  await buildPlan(recipe, flags.device, cli);
  await (await openBoard(flags.target, flags, cli)).facts();
  await buildFor(recipe, flags, cli);
  await bringUp(flags, cli);
  cli.print(`\n${WIRING}\n`);
  await runOnBoard(flags, cli);
}

/** The bundle, made or found whole. */
export async function buildFor(
  recipe: string,
  { device, work }: Pick<UpRequest, 'device' | 'work'>,
  cli: CliContext,
): Promise<void> {
  await runBuild({ recipe, devices: device, redo: [], flags: { ...RUN_DEFAULTS, work } }, cli);
}

/**
 * One board: deploy, restart into the entry once, look at it. The restart after that is the board's own again.
 *
 * @param onPhase gets a word for what begins, and what is known of the board by then
 * @throws {StepError} it did not come back, or with its own kernel
 * @throws {EnvironmentError} its rules or the doctor speak against it
 */
export async function bringUp(
  flags: UpRequest,
  cli: CliContext,
  onPhase: (phase: string, facts?: BoardFacts) => void = () => undefined,
): Promise<void> {
  const { target, work, sshConfig, verbose } = flags;
  const reach = {
    ...(sshConfig === undefined ? {} : { sshConfig }),
    ...(verbose === undefined ? {} : { verbose }),
  };
  onPhase('looking');
  const board = await openBoard(target, flags, cli);
  const before = await board.facts();
  onPhase('deploying', before);
  await deployBundle(target, { ...reach, work, bootNext: true }, cli);
  onPhase('restarting', before);
  await board.run('reboot');
  cli.print('restarting into the entry, once');
  const after = await waitForRestart(board, before, flags.wait, cli.signal);
  const running = runningEntry(after);
  if (running === undefined || running !== readOurs(after.extlinux?.text ?? '', after.markers)?.id)
    throw new StepError(
      `the board came back with its own kernel, ${after.kernel}`,
      'Watch its serial console while it boots: the menu has the entry, and UEFI says why it did not start it.',
    );
  onPhase('examining', after);
  await examineBoard({ ...reach, target }, cli);
}

async function waitForRestart(
  board: Board,
  before: BoardFacts,
  seconds: number,
  signal: AbortSignal,
): Promise<BoardFacts> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    await sleep(POLL_MS, undefined, { signal });
    const now = await board.facts().catch((error: unknown) => {
      // Not there yet: what else ssh has to say is said when the time is over.
      if (error instanceof EnvironmentError) return undefined;
      throw error;
    });
    if (now !== undefined && now.bootId !== before.bootId) return now;
    if (Date.now() > end)
      throw new StepError(
        `the board has not come back within ${seconds} s`,
        'Switch it off and on: if the kernel hung before the service that ends the trial, choose the first entry of the menu on its serial console.',
      );
  }
}
