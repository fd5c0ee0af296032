// SPDX-License-Identifier: Apache-2.0
import { access, appendFile, mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, formatCommand } from '../command.ts';
import { CommandError, EnvironmentError, StepError, UsageError } from '../errors.ts';
import type { Emit } from '../events.ts';
import { exec } from '../tools/process/exec.ts';
import type { Preparation, RootfsState } from './flash-plan.ts';
import { recogniseFailure } from './flash-signatures.ts';
import { findRecovery, hasBooted, type RecoveryDevice } from './recovery.ts';

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
};

/**
 * The one board in recovery mode.
 *
 * @param usb which one, where there are several
 * @throws {EnvironmentError} there is none
 * @throws {UsageError} there are several, or none called `usb`
 */
export async function chooseBoard(sys: string, usb: string | undefined): Promise<RecoveryDevice> {
  const found = await findRecovery(sys);
  const [first, second] = usb === undefined ? found : found.filter((device) => device.usb === usb);
  if (found.length === 0)
    throw new EnvironmentError(
      'no Jetson Orin in recovery mode on this machine’s USB',
      'Hold the recovery button, press reset, let go; `lsusb` then shows an id like 0955:7023.',
    );
  const list = found.map((device) => `${device.usb} (${device.module})`).join(', ');
  if (first === undefined || second !== undefined)
    throw new UsageError(`in recovery mode: ${list}`, 'Choose one with --usb, for example --usb 1-2.');
  return first;
}

/** What has been done to Linux_for_Tegra's root file system. */
export async function readRootfs(l4t: string): Promise<RootfsState> {
  const has = (path: string) =>
    access(join(l4t, 'rootfs', path)).then(
      () => true,
      () => false,
    );
  return { unpacked: await has('etc'), applied: await has('etc/nv_tegra_release') };
}

/**
 * The release of a BSP: `36.3.0`.
 *
 * @throws {UsageError} `l4t` is no BSP of r36
 */
export async function readRelease(l4t: string): Promise<string> {
  const line = await readFile(join(l4t, 'nv_tegra/nv_tegra_release'), 'utf8').catch(() => '');
  const [, major, revision] = /^# R(\d+) \(release\), REVISION: ([\d.]+)/.exec(line) ?? [];
  if (major !== '36' || revision === undefined)
    throw new UsageError(
      major === undefined ? `${l4t} is no Jetson Linux BSP` : `${l4t} is release ${major}.${revision}`,
      'Build with a recipe of Jetson Linux 36 first, or name its folder with --l4t.',
    );
  return `${major}.${revision}`;
}

/**
 * Run one of NVIDIA's scripts as root in Linux_for_Tegra; every line goes to the log.
 *
 * @throws {StepError} it failed; the hint is that of the failure if it is a known one
 */
export async function runAsRoot({ command, why, secret }: Preparation, ctx: FlashContext): Promise<void> {
  const line: Command = ctx.isRoot ? command : ['sudo', ...command];
  if (!ctx.isRoot) ctx.emit({ type: 'note', text: `sudo for ${command[0]}: ${why}` });
  await mkdir(dirname(ctx.log), { recursive: true });
  const shown = formatCommand(line.map((word) => (word === secret ? '…' : word)) as [string, ...string[]]);
  ctx.emit({ type: 'command', line: shown, cwd: ctx.l4t });
  await appendFile(ctx.log, `$ ${shown}\n`);
  let written = Promise.resolve();
  const lines: string[] = [];
  const keep = (text: string) => {
    lines.push(text);
    written = written.then(() => appendFile(ctx.log, `${text}\n`));
  };
  try {
    await exec(line, ctx.l4t, {
      emit: (event) => {
        if (event.type !== 'output') return;
        keep(event.text);
        ctx.emit(event);
      },
      signal: ctx.signal,
    });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const failure = { ...error.failure, line: shown };
    throw explain(new CommandError(failure), lines.join('\n'), ctx.log);
  } finally {
    await written;
  }
}

function explain(error: CommandError, output: string, log: string): StepError {
  const known = recogniseFailure(output);
  if (known === undefined)
    return new StepError(
      error.message,
      `The whole output is in ${log}. Put the board into recovery again before you retry.`,
      {
        cause: error,
      },
    );
  return new StepError(`${known.what}\n${error.message}`, `${known.hint} The whole output is in ${log}.`, {
    cause: error,
  });
}

/**
 * Wait until the board runs its own system, as the USB bus shows it.
 *
 * @param seconds how long
 * @throws {StepError} it did not come up in that time
 */
export async function waitForBoot(sys: string, seconds: number, signal: AbortSignal): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!(await hasBooted(sys))) {
    if (Date.now() >= end)
      throw new StepError(
        `the board has not shown up on USB within ${seconds} s of being flashed`,
        'Do not cut its power: a first boot that is cut off leaves it without ssh keys. Look at its serial console.',
      );
    await sleep(POLL_MS, undefined, { signal });
  }
}
