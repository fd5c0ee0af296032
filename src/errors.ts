// SPDX-License-Identifier: Apache-2.0

/** Exit codes of the tool. Scripts may rely on them; they never change meaning. */
export const ExitCode = {
  ok: 0,
  /** The recipe, the command line or an input file is wrong. */
  usage: 2,
  /** This machine or the target lacks something: a tool, a kernel feature, space. */
  environment: 3,
  /** A step failed while it ran. */
  step: 4,
  /** A bug of ours. */
  internal: 70,
  interrupted: 130,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** Base of every failure we expect: printed as message and hint, never as a stack. */
export abstract class BpmpVirtError extends Error {
  abstract readonly exitCode: ExitCode;
  /** The next thing the reader should do, as a full sentence. */
  readonly hint: string;

  constructor(message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.hint = hint;
  }
}

/** The recipe, an input or the command line is wrong. Fix it and run again. */
export class UsageError extends BpmpVirtError {
  readonly exitCode = ExitCode.usage;
}

/** The machine lacks something. Nothing was started. */
export class EnvironmentError extends BpmpVirtError {
  readonly exitCode = ExitCode.environment;
}

/** A step ran and failed; what it had done so far is kept and is taken up by the next run. */
export class StepError extends BpmpVirtError {
  readonly exitCode = ExitCode.step;
}

/** Something that cannot be, whatever a user, a recipe or a machine does: a mistake in this program. Printed with its stack. */
export class Bug extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'Bug';
  }
}

/** What a child process said when it failed. */
export type CommandFailure = {
  /** The command as a person would type it. */
  readonly line: string;
  readonly cwd: string;
  /** `exited 2` or `killed by SIGTERM`. */
  readonly status: string;
  /** Last lines of stdout and stderr, interleaved. */
  readonly tail: string;
};

/** A program that we ran failed. */
export class CommandError extends StepError {
  readonly failure: CommandFailure;

  constructor(
    failure: CommandFailure,
    hint = 'The last lines above are the program’s own; the step’s log has all of them.',
  ) {
    super(`${failure.line}\n  in ${failure.cwd}\n  ${failure.status}\n${indent(failure.tail)}`, hint);
    this.failure = failure;
  }
}

function indent(text: string): string {
  return text.replace(/^/gm, '  | ');
}
