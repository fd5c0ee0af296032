// SPDX-License-Identifier: Apache-2.0
import { appendFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, formatCommand } from '../command.ts';
import { CommandError, EnvironmentError, StepError, UsageError } from '../errors.ts';
import type { Emit } from '../events.ts';
import { readText } from '../read-file.ts';
import { otherRelease, releaseOfLine } from '../recipe/known-releases.ts';
import { makeFolder } from '../tools/files/make-folder.ts';
import { exec } from '../tools/process/exec.ts';
import type { Preparation } from './flash-plan.ts';
import { lastErrors, recogniseFailure } from './flash-signatures.ts';
import { type BoardKind, bootedCount, findRecovery, otherJetsons, type RecoveryDevice } from './recovery.ts';
import { markRootfs } from './rootfs-state.ts';
import { isOtherModule, skuInLine } from './same-board.ts';

/** How often the USB bus is looked at while a board boots, in ms. */
const POLL_MS = 2_000;

/** What running NVIDIA's scripts needs to know. */
export type FlashContext = {
  /** Linux_for_Tegra, absolute. */
  readonly l4t: string;
  /** Gets every line, of every command. */
  readonly log: string;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  readonly isRoot: boolean;
  /** The board that was found on USB: NVIDIA's scripts are stopped where the EEPROM says that it is another module. */
  readonly board?: Pick<RecoveryDevice, 'module' | 'skus'>;
};

/**
 * The one board in recovery mode.
 *
 * @param usb which one, where there are several
 * @throws {EnvironmentError} there is none
 * @throws {UsageError} there are several, or none called `usb`
 */
export async function chooseBoard(sys: string, usb: string | undefined): Promise<RecoveryDevice> {
  const all = await inRecovery(sys);
  const [first, second] = usb === undefined ? all : all.filter((device) => device.usb === usb);
  if (first === undefined || second !== undefined)
    throw new UsageError(
      `in recovery mode: ${named(all)}`,
      'Choose one with --usb, for example --usb 1-2, or flash all of them with --all.',
    );
  return first;
}

/**
 * All boards in recovery mode, which have to be the same module: they get the same images.
 *
 * @throws {EnvironmentError} there is none
 * @throws {UsageError} they differ
 */
export async function chooseAllBoards(sys: string): Promise<readonly [RecoveryDevice, ...RecoveryDevice[]]> {
  const all = await inRecovery(sys);
  const other = all.find(({ module }) => module !== all[0].module);
  const foreign = await otherJetsons(sys);
  if (other === undefined && foreign.length === 0) return all;
  throw new UsageError(
    `in recovery mode: ${[named(all), ...foreign.map((usb) => `${usb} (no Orin)`)].join(', ')}; boards that are flashed together have to be the same module`,
    'Unplug those of the other kind, or flash them one by one with --usb.',
  );
}

async function inRecovery(sys: string): Promise<readonly [RecoveryDevice, ...RecoveryDevice[]]> {
  const [first, ...others] = await findRecovery(sys);
  if (first === undefined)
    throw new EnvironmentError(
      'no Jetson Orin in recovery mode on this machine’s USB',
      'Hold the recovery button, press reset, let go; `lsusb` then shows an id like 0955:7023.',
    );
  return [first, ...others];
}

const named = (all: readonly RecoveryDevice[]) =>
  all.map(({ usb, module }) => `${usb} (${module})`).join(', ');

/** The module of each kind, as device trees and EEPROMs number it; and words of the other kinds' configurations. */
const MODULES: Readonly<Record<BoardKind, { readonly number: string; readonly otherBoards: RegExp }>> = {
  'agx-orin': { number: 'p3701', otherBoards: /orin-(?:nano|nx)|p3767|p3768|p3509/ },
  'orin-nx-nano': { number: 'p3767', otherBoards: /agx-orin|p3701|p3737|p3740/ },
};

/**
 * The module that USB found, against what the bundle and `--board` are for.
 *
 * @throws {UsageError} they are for another one, or the bundle does not say for which
 */
export function requireSameModule(
  found: RecoveryDevice,
  boards: readonly string[],
  name: string | undefined,
): void {
  const { number, otherBoards } = MODULES[found.kind];
  if (!boards.includes(number))
    throw new UsageError(
      boards.length === 0
        ? `the bundle’s device tree does not say which board it is for, and the one on USB is a ${found.module} (${number})`
        : `the bundle is for ${boards.join('+')}, the board on USB is a ${found.module} (${number})`,
      'Build with a recipe whose hostTree is that board’s, or choose another board with --usb; nothing was written.',
    );
  if (name !== undefined && otherBoards.test(name))
    throw new UsageError(
      `--board ${name} is for another module than the one on USB: ${found.module} (${number})`,
      'Name that module’s configuration; nothing was written.',
    );
}

/**
 * The release of a BSP: `36.3.0`.
 *
 * @throws {UsageError} `l4t` is not a BSP of r36
 */
export async function readRelease(l4t: string): Promise<string> {
  const line = await readText(join(l4t, 'nv_tegra/nv_tegra_release')).catch(() => '');
  const release = releaseOfLine(line);
  if (release?.startsWith('36.') === true) return release;
  const other = otherRelease(release ?? '');
  throw new UsageError(
    release === undefined
      ? `${l4t} is not a Jetson Linux BSP`
      : `${l4t} is release ${release}${other?.why === undefined ? '' : `: ${other.why}`}`,
    `Build with a recipe of Jetson Linux 36 first (${other?.use ?? 'l4t-36.3'}), or name its folder with --l4t.`,
  );
}

/**
 * Run one of NVIDIA's scripts as root in Linux_for_Tegra; every line goes to the log.
 *
 * @throws {StepError} it failed; the hint is that of the failure if it is a known one
 */
export async function runAsRoot(preparation: Preparation, ctx: FlashContext): Promise<void> {
  const { marks } = preparation;
  if (marks?.before !== undefined) await markRootfs(ctx.l4t, marks.before);
  await runLogged(preparation, ctx);
  if (marks === undefined) return;
  // The mark says that the files are on the disk.
  await exec(['sync', '-f', join(ctx.l4t, 'rootfs')], ctx.l4t, { emit: () => undefined, signal: ctx.signal });
  await markRootfs(ctx.l4t, marks.after);
}

async function runLogged({ command, why, secret }: Preparation, ctx: FlashContext): Promise<void> {
  const line: Command = ctx.isRoot ? command : ['sudo', ...command];
  if (!ctx.isRoot) ctx.emit({ type: 'note', text: `sudo for ${command[0]}: ${why}` });
  await makeFolder(dirname(ctx.log));
  const shown = formatCommand(line.map((word) => (word === secret ? '…' : word)) as [string, ...string[]]);
  ctx.emit({ type: 'command', line: shown, cwd: ctx.l4t });
  await appendFile(ctx.log, `$ ${shown}\n`);
  let written = Promise.resolve();
  const lines: string[] = [];
  const stop = new AbortController();
  const keep = (text: string) => {
    lines.push(text);
    written = written.then(() => appendFile(ctx.log, `${text}\n`));
    const other = otherModule(text, ctx);
    if (other !== undefined) stop.abort(other);
  };
  try {
    await exec(line, ctx.l4t, {
      emit: (event) => {
        if (event.type !== 'output') return;
        keep(event.text);
        ctx.emit(event);
      },
      signal: AbortSignal.any([ctx.signal, stop.signal]),
    });
  } catch (error) {
    if (stop.signal.aborted) throw stop.signal.reason;
    if (!(error instanceof CommandError)) throw error;
    const failure = { ...error.failure, line: shown };
    throw explain(new CommandError(failure), lines.join('\n'), ctx.log);
  } finally {
    await written;
  }
}

/** NVIDIA's scripts read the EEPROM before they write anything. */
function otherModule(line: string, { board }: FlashContext): UsageError | undefined {
  const sku = skuInLine(line);
  if (board === undefined || sku === undefined || !isOtherModule(sku, board)) return undefined;
  return new UsageError(
    `the EEPROM says that the module is p${sku}, on USB it is a ${board.module}: stopped before anything was written`,
    'Another board may have been plugged in meanwhile: look which one --usb names, and start again.',
  );
}

function explain(error: CommandError, output: string, log: string): StepError {
  const known = recogniseFailure(output);
  const where = `The whole output is in ${log}.`;
  if (known === undefined)
    return new StepError(
      [error.message, ...lastErrors(output).map((line) => `  > ${line}`)].join('\n'),
      `${where} The lines after > are the last that speak of an error; no cause is known for them.`,
      { cause: error },
    );
  const said = [known.what, ...(known.detail === undefined ? [] : [known.detail]), `  > ${known.line}`];
  return new StepError(`${said.join('\n')}\n${error.message}`, `${known.hint} ${where}`, { cause: error });
}

/**
 * Wait until the boards run their own system, as the USB bus shows it.
 *
 * @param seconds how long
 * @param count of boards, beside the `before` that ran their own system already
 * @throws {StepError} fewer came up in that time
 */
export async function waitForBoot(
  sys: string,
  seconds: number,
  signal: AbortSignal,
  { count, before }: { readonly count: number; readonly before: number },
): Promise<void> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const booted = (await bootedCount(sys)) - before;
    if (booted >= count) return;
    if (Date.now() >= end)
      throw new StepError(
        count === 1
          ? `the board has not shown up on USB within ${seconds} s of being flashed`
          : `${booted} of ${count} boards have shown up on USB within ${seconds} s of being flashed`,
        'Do not cut its power: a first boot that is cut off leaves it without ssh keys. Look at its serial console.',
      );
    await sleep(POLL_MS, undefined, { signal });
  }
}
