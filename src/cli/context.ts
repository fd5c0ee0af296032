// SPDX-License-Identifier: Apache-2.0

/** What a verb may use of the outside: nothing else prints, reads the environment or knows of Ctrl-C. */
export type CliContext = {
  /** A result, to standard output; a newline is added. */
  readonly print: (text: string) => void;
  /** A remark, to standard error; a newline is added. */
  readonly warn: (text: string) => void;
  /** Whether standard output is a terminal. */
  readonly isTerminal: boolean;
  /** Columns of that terminal; 80 where there is none. */
  readonly columns: number;
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder that relative paths of the command line mean. */
  readonly cwd: string;
};
