// SPDX-License-Identifier: Apache-2.0

/** The environment; the variables that we read ourselves are named. */
type Environment = {
  readonly [name: string]: string | undefined;
  readonly PATH?: string;
  readonly XDG_CACHE_HOME?: string;
  /** Mirrors of the site: see mirrors.ts. */
  readonly BPMP_VIRT_MIRROR?: string;
  /** reproducible-builds.org: no time in what is made is later. */
  readonly SOURCE_DATE_EPOCH?: string;
};

/** What a verb may use of the outside: nothing else prints, reads the environment or knows of Ctrl-C. */
export type CliContext = {
  /** A result, to standard output; a newline is added. */
  readonly print: (text: string) => void;
  /** Bytes as they are, to standard output: the console of a machine. */
  readonly write: (bytes: Uint8Array) => void;
  /** A remark, to standard error; a newline is added. */
  readonly warn: (text: string) => void;
  /** Whether standard output is a terminal. */
  readonly isTerminal: boolean;
  /** Whether that terminal can move its cursor and knows how wide it is: not TERM=dumb, not 0 columns. */
  readonly draws: boolean;
  /** Columns of that terminal; 80 where there is none. */
  readonly columns: number;
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  readonly env: Environment;
  /** The folder that relative paths of the command line mean. */
  readonly cwd: string;
};

/** How long a line may be: what is piped stays one line. */
export function lineWidth({ isTerminal, columns }: Pick<CliContext, 'isTerminal' | 'columns'>): number {
  return isTerminal ? columns : Number.POSITIVE_INFINITY;
}
