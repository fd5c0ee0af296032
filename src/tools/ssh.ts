// SPDX-License-Identifier: Apache-2.0
import { gzipSync } from 'node:zlib';
import type { Command } from '../command.ts';
import { CommandError, EnvironmentError, UsageError } from '../errors.ts';
import type { Emit } from '../events.ts';
import { type ExecContext, exec } from './process/exec.ts';

/** Where a board is: this machine, or one that ssh reaches. */
export type Target =
  | { readonly kind: 'local' }
  | { readonly kind: 'ssh'; readonly host: string; readonly port?: string };

/** How it is reached. ssh's own configuration, agent and known_hosts hold; nothing here loosens them. */
export type Reach = {
  readonly target: Target;
  /** A file for ssh's -F, in place of the user's own configuration. */
  readonly sshConfig?: string;
  readonly signal: AbortSignal;
  readonly emit: Emit;
};

/** ssh's exit code for its own failures: no connection, a wrong key, a lost connection. */
const SSH_FAILED = 'exited 255';
/** A connection that says nothing for this many seconds, three times in a row, is lost. */
const ALIVE_SECONDS = 15;

/**
 * `local`, `ssh://user@host` or `ssh://user@host:port`; an IPv6 address in brackets, as in every URL.
 *
 * @throws {UsageError} it is neither
 */
export function parseTarget(text: string): Target {
  if (text === 'local') return { kind: 'local' };
  const [, user = '', v6, name, port] =
    /^ssh:\/\/([^:/\s@-][^:/\s@]*@)?(?:\[([\da-fA-F:.]*:[\da-fA-F:.]*(?:%(?:25)?[\w.-]+)?)\]|([^:/\s@[\]-][^:/\s@[\]]*))(?::(\d+))?\/?$/.exec(
      text,
    ) ?? [];
  // A URL writes the % before an interface's name as %25; ssh takes it as it is.
  const host = v6?.replace('%25', '%') ?? name;
  if (host === undefined)
    throw new UsageError(
      `'${text}' is not a target`,
      `${meantTarget(text)}Write ssh://user@host, ssh://user@host:port, ssh://user@[IPv6 address], or local.`,
    );
  return { kind: 'ssh', host: `${user}${host}`, ...(port === undefined ? {} : { port }) };
}

/** `Did you mean …?` for what ssh itself takes, `orin` or `root@orin`, with a blank behind; else nothing. */
function meantTarget(text: string): string {
  if (!/^(\w[\w-]*@)?\w[\w.-]*$/.test(text)) return '';
  return `Did you mean ssh://${text.includes('@') ? '' : 'root@'}${text}? `;
}

/** The command that reaches the target's shell: `words` are one command line there, quoted already. */
export function sshCommand(reach: Reach, words: string, terminal = false): Command {
  return readableCommand(reach, reach.target.kind === 'ssh' ? forAnyShell(words) : words, terminal);
}

/** The same with `words` as they are: for a person's eyes. */
export function readableCommand({ target, sshConfig }: Reach, words: string, terminal = false): Command {
  if (target.kind === 'local') return ['sh', '-c', words];
  const options = [
    ...(sshConfig === undefined ? [] : ['-F', sshConfig]),
    ...(target.port === undefined ? [] : ['-p', target.port]),
    ...(terminal ? ['-t'] : []),
    '-o',
    `ServerAliveInterval=${ALIVE_SECONDS}`,
  ];
  return ['ssh', ...options, '--', target.host, words];
}

/**
 * `words`, a command line of POSIX sh, for whatever login shell there is. csh ends a quoted word at the line's end and takes `!` for its
 * history, fish knows other escapes: what all of them pass on as it is has letters, and one pair of quotes.
 * Compressed, since a script would become a third longer.
 */
function forAnyShell(words: string): string {
  const coded = gzipSync(words).toString('base64');
  return `sh -c 'words=$(echo ${coded} | base64 -d | gzip -dc) && eval "$words"'`;
}

/**
 * Run `words` on the target to its end; gives its standard output. `name` is what events and errors call it.
 *
 * @throws {EnvironmentError} the target cannot be reached, or the connection was lost
 * @throws {CommandError} the command failed there
 */
export async function runOnTarget(
  reach: Reach,
  name: string,
  words: string,
  stdin?: ExecContext['stdin'],
): Promise<string> {
  const where = reach.target.kind === 'local' ? 'here' : reach.target.host;
  reach.emit({ type: 'command', line: name, cwd: where });
  try {
    return await exec(sshCommand(reach, words), '/', {
      // The command event would show a whole script; what it printed is shown.
      emit: (event) => event.type === 'output' && reach.emit(event),
      signal: reach.signal,
      ...(stdin === undefined ? {} : { stdin }),
    });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw explain(error, name, where, reach.target.kind === 'ssh');
  }
}

function explain({ failure }: CommandError, name: string, where: string, isSsh: boolean): Error {
  const said = failure.tail.trim() === '' ? '' : `\n${failure.tail.trim().replace(/^/gm, '  | ')}`;
  if (isSsh && failure.status === SSH_FAILED)
    return new EnvironmentError(
      `no connection to ${where} (${name})${said}`,
      `Try \`ssh ${where} true\`. What had arrived is kept: the same command goes on from there.`,
    );
  if (/sudo: .*password|sudo: a terminal/.test(failure.tail))
    return new EnvironmentError(
      `${where} wants a password for sudo${said}`,
      'Log in as root, or let that user use sudo without a password: the board’s side runs without a terminal.',
    );
  return new CommandError(
    { ...failure, line: name, cwd: where },
    'The last lines above are the board’s own words.',
  );
}
