// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { execa } from 'execa';
import { type Command, formatCommand } from '../../command.ts';
import { CommandError, EnvironmentError } from '../../errors.ts';
import { runMark } from './run-mark.ts';

/** How many last lines of a failing program go into the error. */
const TAIL_LINES = 30;
/** SIGTERM first; what ignores it gets SIGKILL after this many ms. */
const KILL_DELAY_MS = 5_000;
/** A program that was told to stop may leave others behind that hold its output: how long they are listened to, in ms. */
const LISTEN_MS = 300;

/** Runs a program to its end in a folder and gives its stdout: `exec` with a caller's context bound to it. */
export type Run = (command: Command, cwd: string, env?: Readonly<Record<string, string>>) => Promise<string>;

/** What running a program needs to know of its caller. */
export type ExecContext = {
  /** Gets `command` and `output` events. */
  readonly emit: (
    event: { type: 'command'; line: string; cwd: string } | { type: 'output'; text: string },
  ) => void;
  readonly signal?: AbortSignal;
  /** Added to this process's environment; LC_ALL is always C. */
  readonly env?: Readonly<Record<string, string>>;
  /** What the program reads from its standard input; nothing where absent. */
  readonly stdin?: { readonly text: string } | { readonly file: string };
};

/**
 * Run a command to its end and give its standard output, lines joined by \n. Every line of stdout and stderr
 * goes to `emit` as it comes. No other function in the tree starts a process that is waited for.
 *
 * @throws {EnvironmentError} the program is not installed
 * @throws {CommandError} it exited non-zero or was killed
 */
export async function exec(command: Command, cwd: string, ctx: ExecContext): Promise<string> {
  const [program, ...args] = command;
  const line = formatCommand(command);
  ctx.emit({ type: 'command', line, cwd });

  const child = execa(program, args, {
    cwd,
    env: { LC_ALL: 'C', ...runMark(), ...ctx.env },
    ...stdinOf(ctx.stdin),
    all: true,
    buffer: { stdout: true, stderr: false, all: false },
    maxBuffer: 256 * 1024 * 1024,
    reject: false,
    forceKillAfterDelay: KILL_DELAY_MS,
    ...(ctx.signal === undefined ? {} : { cancelSignal: ctx.signal }),
  });
  child.once('exit', () => {
    if (ctx.signal?.aborted !== true) return;
    setTimeout(() => void [child.stdout, child.stderr].forEach((pipe) => void pipe.destroy()), LISTEN_MS);
  });
  const tail: string[] = [];
  try {
    for await (const text of child.iterable({ from: 'all' })) {
      if (tail.push(text) > TAIL_LINES) tail.shift();
      ctx.emit({ type: 'output', text });
    }
  } catch (error) {
    ctx.signal?.throwIfAborted();
    throw error;
  }
  const result = await child;
  if (!result.failed) return result.stdout;
  ctx.signal?.throwIfAborted();
  if (result.code === 'ENOENT' && !existsSync(cwd)) {
    throw new EnvironmentError(`the folder ${cwd} is gone`, 'Make it, or run the same command again.');
  }
  if (result.code === 'ENOENT') {
    throw new EnvironmentError(
      `${program} is not installed`,
      'Run `bpmp-virt check` for all that is missing and the line that installs it.',
    );
  }
  const status = result.signal === undefined ? `exited ${result.exitCode}` : `killed by ${result.signal}`;
  throw new CommandError({ line, cwd, status, tail: tail.join('\n') });
}

function stdinOf(stdin: ExecContext['stdin']) {
  // An empty input is never ended by execa.
  if (stdin === undefined || ('text' in stdin && stdin.text === '')) return { stdin: 'ignore' } as const;
  return 'text' in stdin ? { input: stdin.text } : { inputFile: stdin.file };
}
