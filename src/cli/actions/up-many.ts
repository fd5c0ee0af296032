// SPDX-License-Identifier: Apache-2.0
import { appendFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readBundle } from '../../deploy/bundle-files.ts';
import type { BoardFacts } from '../../deploy/facts.ts';
import { StepError } from '../../errors.ts';
import { makeFolder } from '../../tools/files/make-folder.ts';
import type { CliContext } from '../context.ts';
import { TOOL_ROOT } from '../places.ts';
import { bringUp, buildFor, type UpRequest } from './up.ts';

/** A line of the audit file: one board, one attempt. */
type AuditLine = {
  readonly target: string;
  /** Of the board, as its firmware wrote it into the device tree; empty where it was never reached. */
  readonly serial: string;
  readonly bundle: string;
  readonly began: string;
  readonly ended: string;
  readonly result: 'up' | 'failed';
  /** Where it failed, and what was said. */
  readonly phase: string;
  readonly error?: string;
};

type Fleet = {
  readonly folder: string;
  readonly stamp: string;
  readonly bundle: string;
  readonly audit: string;
};

/**
 * The same for many boards: built once, then all at once, a line a phase of each; what one of them says is in a log of its
 * own. No machine is run: a terminal has room for one.
 *
 * @throws {StepError} boards failed; the others are up
 */
export async function upMany(
  recipe: string,
  targets: readonly string[],
  flags: Omit<UpRequest, 'target'>,
  cli: CliContext,
): Promise<void> {
  await buildFor(recipe, flags, cli);
  const { id } = await readBundle(resolve(cli.cwd, flags.work, 'bundle'), join(TOOL_ROOT, 'board'));
  const stamp = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const folder = resolve(cli.cwd, flags.work, 'logs');
  await makeFolder(folder);
  const fleet = { folder, stamp, bundle: id, audit: join(folder, 'audit.jsonl') };
  const lines = await Promise.all(targets.map((target) => upOne({ ...flags, target }, fleet, cli)));
  cli.signal.throwIfAborted();
  const failed = lines.filter(({ result }) => result === 'failed');
  cli.print(`${lines.length - failed.length} of ${lines.length} boards are up; audit in ${fleet.audit}`);
  if (failed.length > 0)
    throw new StepError(
      `${failed.length} of ${lines.length} boards failed: ${failed.map(({ target }) => target).join(', ')}`,
      `Each has a log in ${folder}; the same command again takes up what is missing.`,
    );
}

/** Never throws: what one board says does not keep the others from going on. */
async function upOne(flags: UpRequest, fleet: Fleet, cli: CliContext): Promise<AuditLine> {
  const { target } = flags;
  const log = join(fleet.folder, `up-${fleet.stamp}-${target.replace(/[^\w.-]+/g, '_')}.log`);
  const began = new Date();
  let phase = 'looking';
  let serial = '';
  let written = appendFile(log, '');
  const keep = (text: string) => {
    written = written.then(() => appendFile(log, `${text}\n`));
  };
  const onPhase = (now: string, facts?: BoardFacts) => {
    phase = now;
    serial = facts?.serial ?? serial;
    cli.print(`${target}  ${now}`);
  };
  const error = await bringUp(flags, { ...cli, print: keep, warn: keep }, onPhase).then(
    () => undefined,
    (cause: unknown) => (cause instanceof Error ? cause : new Error(String(cause))),
  );
  if (error !== undefined) keep(error.message);
  await written;
  const ended = new Date();
  const line: AuditLine = {
    ...{ target, serial, bundle: fleet.bundle, began: began.toISOString(), ended: ended.toISOString() },
    ...{ result: error === undefined ? 'up' : 'failed', phase },
    ...(error === undefined ? {} : { error: error.message }),
  };
  // One write a line: several runs may have the file open.
  await appendFile(fleet.audit, `${JSON.stringify(line)}\n`);
  const seconds = Math.round((ended.getTime() - began.getTime()) / 1000);
  const said = error === undefined ? 'up' : `failed while ${phase}: ${error.message.split('\n')[0]}`;
  cli.print(`${target}  ${said} (${seconds} s${serial === '' ? '' : `, serial ${serial}`}) ${log}`);
  return line;
}
