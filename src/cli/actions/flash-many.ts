// SPDX-License-Identifier: Apache-2.0
import type { Preparation } from '../../flash/flash-plan.ts';
import { type BoardOutcome, boardBegun, initrdLogs, outcomeOfBoard } from '../../flash/mass-flash.ts';
import type { FlashContext } from '../../flash/prepare.ts';
import type { RecoveryDevice } from '../../flash/recovery.ts';
import type { CliContext } from '../context.ts';
import { audit, type Fleet } from './audit.ts';
import { failureOf, requireNone } from './many-boards.ts';

/** How a script of NVIDIA's is run. */
type RunScript = (script: Preparation, ctx: FlashContext) => Promise<void>;

/**
 * NVIDIA's script writes to all boards at once; a line a board, and one in the audit file for each.
 *
 * @param prepare makes the images, `write` writes them
 * @throws {StepError} boards failed; the others are flashed
 */
export async function flashAll(
  boards: readonly RecoveryDevice[],
  { prepare, write }: { readonly prepare: () => Promise<void>; readonly write: RunScript },
  script: Preparation,
  fleet: Fleet,
  ctx: FlashContext,
  cli: CliContext,
): Promise<void> {
  const began = new Date().toISOString();
  const old = await initrdLogs(ctx.l4t);
  let phase = 'preparing';
  const error = await failureOf(
    prepare().then(() => {
      phase = 'writing';
      return write(script, { ...ctx, emit: quietly(ctx.emit, cli) });
    }),
  );
  const failed: string[] = [];
  for (const { usb } of boards) {
    const seen = await outcomeOfBoard(ctx.l4t, usb, old);
    // Where the script itself could not begin, what it said is the reason for each.
    const outcome = seen.log === undefined && error !== undefined ? { ...seen, error: error.message } : seen;
    await putDown(outcome, { began, phase }, fleet, cli);
    if (outcome.error !== undefined) failed.push(usb);
  }
  cli.signal.throwIfAborted();
  cli.print(
    `${boards.length - failed.length} of ${boards.length} boards are flashed; audit in ${fleet.audit}`,
  );
  if (failed.length === 0 && error !== undefined) throw error;
  requireNone(
    failed,
    boards.length,
    `Boards that were flashed boot for the first time now: leave their power on. Put those that failed into recovery again. The whole output is in ${ctx.log}.`,
  );
}

async function putDown(
  { usb, chip, log, error }: BoardOutcome,
  when: { readonly began: string; readonly phase: string },
  fleet: Fleet,
  cli: CliContext,
): Promise<void> {
  const result = error === undefined ? 'flashed' : 'failed';
  await audit(fleet, {
    ...{ target: `usb ${usb}`, serial: chip, began: when.began, ended: new Date().toISOString() },
    ...{ result, phase: when.phase },
    ...(error === undefined ? {} : { error }),
  });
  const said = error === undefined ? 'flashed' : `failed: ${error}`;
  cli.print(`${usb}  ${said}${log === undefined ? '' : `\n${usb}  log ${log}`}`);
}

/** A line a board; how many processes NVIDIA's script waits for, every five seconds, is nobody's news. */
function quietly(emit: FlashContext['emit'], cli: CliContext): FlashContext['emit'] {
  return (event) => {
    if (event.type !== 'output') return emit(event);
    const usb = boardBegun(event.text);
    if (usb !== undefined) return cli.print(`${usb}  writing`);
    if (!event.text.startsWith('Ongoing processes:')) emit(event);
  };
}
