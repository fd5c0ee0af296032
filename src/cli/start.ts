// SPDX-License-Identifier: Apache-2.0
import process from 'node:process';
import { CommanderError } from 'commander';
import { EnvironmentError, ExitCode } from '../errors.ts';
import { expectedError } from '../tools/expected.ts';
import type { CliContext } from './context.ts';
import { makeProgram } from './program.ts';

/** Says what went wrong and gives the exit code: message and hint for what is expected, a stack for bugs. */
function report(error: unknown, cli: CliContext): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage;
  if (cli.signal.aborted) {
    cli.warn('Stopped. What was finished is kept; the same command goes on from there.');
    return ExitCode.interrupted;
  }
  const expected = expectedError(error);
  if (expected !== undefined) {
    cli.warn(`error: ${expected.message}\n\n${expected.hint}`);
    return expected.exitCode;
  }
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  cli.warn(
    `${trace}\n\nThis is a bug in bpmp-virt. Please report it with the lines above, the command line and \`node --version\`` +
      ` (${process.version}).`,
  );
  return ExitCode.internal;
}

function makeContext(signal: AbortSignal): CliContext {
  return {
    print: (text) => void process.stdout.write(`${text}\n`),
    write: (bytes) => void process.stdout.write(bytes),
    warn: (text) => void process.stderr.write(`${text}\n`),
    isTerminal: process.stdout.isTTY === true,
    draws: process.env['TERM'] !== 'dumb' && process.stdout.columns > 0,
    // A serial console says 0 for what it does not know.
    columns: process.stdout.columns || 80,
    signal,
    env: process.env,
    get cwd() {
      return currentFolder();
    },
  };
}

/** @throws {EnvironmentError} somebody has deleted it */
function currentFolder(): string {
  try {
    return process.cwd();
  } catch (cause) {
    throw new EnvironmentError('the folder that this was started in is gone', 'Go to another one with cd.', {
      cause,
    });
  }
}

/** The first Ctrl-C stops in good order; a second one at once. */
function stopOnSignals(): AbortSignal {
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) process.exit(ExitCode.interrupted);
    controller.abort();
  };
  process.on('SIGINT', stop).on('SIGTERM', stop).on('SIGHUP', stop);
  return controller.signal;
}

/** Verbs that only show something: who has seen enough of it ends them. */
const SHOWS = new Set([
  'plan',
  'check',
  'devices',
  'policy',
  'monitor',
  'doctor',
  'probe',
  'completion',
  'help',
  '--help',
]);

/** `devices | head` closes the pipe early, which is not a failure; `build | head` has its work done all the same, and its own exit code. */
function watchOutput(verb: string | undefined): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' && (verb === undefined || SHOWS.has(verb))) process.exit(ExitCode.ok);
    if (error.code === 'EPIPE') return;
    process.stderr.write(
      `error: standard output cannot be written: ${error.message}\n\nLet it lead elsewhere.\n`,
    );
    process.exit(ExitCode.environment);
  });
  // Nobody is left to be told.
  process.stderr.on('error', () => undefined);
}

/** Run a command line (what follows the program's name) to its end, and say what went wrong; never throws. */
export async function runWords(argv: readonly string[], cli: CliContext): Promise<ExitCode> {
  try {
    const program = await makeProgram(cli, argv);
    await program.parseAsync(argv, { from: 'user' });
    return ExitCode.ok;
  } catch (error) {
    return report(error, cli);
  }
}

/** Run the command line of this process; sets its exit code. */
export async function start(): Promise<void> {
  const argv = process.argv.slice(2);
  watchOutput(argv[0]);
  const context = makeContext(stopOnSignals());
  // What fails in a timer or a listener comes out here: a transcript on a disk that is full.
  process.on('uncaughtException', (error) => process.exit(report(error, context)));
  process.exitCode = await runWords(argv, context);
}
