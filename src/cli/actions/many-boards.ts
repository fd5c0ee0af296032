// SPDX-License-Identifier: Apache-2.0
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BoardFacts } from '../../deploy/facts.ts';
import { StepError } from '../../errors.ts';
import type { CliContext } from '../context.ts';
import { type AuditLine, audit, type Fleet } from './audit.ts';

/** Gets a word for what begins on a board, and what is known of the board by then. */
type OnPhase = (phase: string, facts?: BoardFacts) => void;
type Work = (target: string, cli: CliContext, onPhase: OnPhase) => Promise<void>;
type Outcome = Omit<AuditLine, 'verb' | 'bundle'>;

/**
 * The same on many boards, all at once: a line a phase of each on the terminal, what one of them says in a log of its own,
 * a line of the audit file for each. One that fails stops none of the others.
 *
 * @param done the word for a board on which it went well
 * @throws {StepError} boards failed
 */
export async function onEachBoard(
  targets: readonly string[],
  fleet: Fleet,
  done: AuditLine['result'],
  cli: CliContext,
  work: Work,
): Promise<void> {
  const all = await Promise.all(targets.map((target) => onOne(target, fleet, done, cli, work)));
  cli.signal.throwIfAborted();
  const failed = all.filter(({ result }) => result === 'failed');
  cli.print(`${all.length - failed.length} of ${all.length} boards are ${done}; audit in ${fleet.audit}`);
  requireNone(
    failed.map(({ target }) => target),
    all.length,
    `Each has a log in ${fleet.folder}; the same command again takes up what is missing.`,
  );
}

/** @throws {StepError} of `count` boards those in `failed` did */
export function requireNone(failed: readonly string[], count: number, hint: string): void {
  if (failed.length > 0)
    throw new StepError(`${failed.length} of ${count} boards failed: ${failed.join(', ')}`, hint);
}

/** What some work failed with; undefined where it went well. Never rejects. */
export function failureOf(work: Promise<void>): Promise<Error | undefined> {
  return work.then(
    () => undefined,
    (cause: unknown) => (cause instanceof Error ? cause : new Error(String(cause))),
  );
}

/** Never throws of the board: what one says does not keep the others from going on. */
async function onOne(
  target: string,
  fleet: Fleet,
  done: AuditLine['result'],
  cli: CliContext,
  work: Work,
): Promise<Outcome> {
  const name = `${fleet.verb.split(' ')[0]}-${fleet.stamp}-${target.replace(/[^\w.-]+/g, '_')}.log`;
  const log = join(fleet.folder, name);
  const began = new Date();
  let phase = 'looking';
  let serial = '';
  let written = appendFile(log, '');
  const keep = (text: string) => {
    written = written.then(() => appendFile(log, `${text}\n`));
  };
  const onPhase: OnPhase = (now, facts) => {
    phase = now;
    serial = facts?.serial ?? serial;
    cli.print(`${target}  ${now}`);
  };
  const error = await failureOf(work(target, { ...cli, print: keep, warn: keep }, onPhase));
  if (error !== undefined) keep(error.message);
  await written;
  const ended = new Date();
  const line: Outcome = {
    ...{ target, serial, began: began.toISOString(), ended: ended.toISOString() },
    ...{ result: error === undefined ? done : 'failed', phase },
    ...(error === undefined ? {} : { error: error.message }),
  };
  await audit(fleet, line);
  const seconds = Math.round((ended.getTime() - began.getTime()) / 1000);
  const said = error === undefined ? done : `failed while ${phase}: ${error.message.split('\n')[0]}`;
  cli.print(`${target}  ${said} (${seconds} s${serial === '' ? '' : `, serial ${serial}`}) ${log}`);
  return line;
}
