// SPDX-License-Identifier: Apache-2.0

/** A command line: always a tuple, never a string. What is printed is the very value that runs. */
export type Command = readonly [program: string, ...args: string[]];

const PLAIN = /^[\w@%+=:,./-]+$/;

/** Quote one word for POSIX sh. */
export function shellQuote(word: string): string {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** The command as a person would type it into a POSIX shell. */
export function formatCommand(command: Command): string {
  return command.map(shellQuote).join(' ');
}
