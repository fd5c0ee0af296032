// SPDX-License-Identifier: Apache-2.0
import { execa } from 'execa';
import type { Command } from '../../command.ts';
import { EnvironmentError } from '../../errors.ts';

/**
 * Give this terminal to a program until it ends: a machine's console. Gives its exit code, 128 + n for a signal's.
 * Ctrl-C is the program's own.
 *
 * @throws {EnvironmentError} the program is not installed
 */
export async function runInteractive(command: Command, cwd: string): Promise<number> {
  const [program, ...args] = command;
  const result = await execa(program, args, { cwd, stdio: 'inherit', reject: false });
  if (result.code === 'ENOENT')
    throw new EnvironmentError(
      `${program} is not installed`,
      'Install it, or run the command on the board itself.',
    );
  return result.exitCode ?? 128;
}
