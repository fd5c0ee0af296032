#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
import process from 'node:process';
import { CommanderError } from 'commander';
import { BpmpVirtError, ExitCode } from '../errors.ts';
import type { CliContext } from './context.ts';
import { makeProgram } from './program.ts';

/** Says what went wrong and gives the exit code: message and hint for what is expected, a stack for bugs. */
function report(error: unknown, cli: CliContext): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage;
  if (cli.signal.aborted) {
    cli.warn('Stopped. What was finished is kept; the same command goes on from there.');
    return ExitCode.interrupted;
  }
  if (error instanceof BpmpVirtError) {
    cli.warn(`error: ${error.message}\n\n${error.hint}`);
    return error.exitCode;
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
    columns: process.stdout.columns ?? 80,
    signal,
    env: process.env,
    cwd: process.cwd(),
  };
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

// `bpmp-virt devices | head` closes the pipe early: that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(ExitCode.ok);
  throw error;
});

const argv = process.argv.slice(2);
const context = makeContext(stopOnSignals());
try {
  const program = await makeProgram(context, argv);
  await program.parseAsync(argv, { from: 'user' });
} catch (error) {
  process.exitCode = report(error, context);
}
