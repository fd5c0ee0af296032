// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Reach } from '../../tools/ssh.ts';
import type { CliContext } from '../context.ts';

/** Flags of every verb that talks to a board. */
export type ReachFlags = { readonly sshConfig?: string; readonly verbose?: true };

/** Adds them to a verb. */
export function withReachFlags(command: Command): Command {
  return command
    .option('--ssh-config <file>', 'for ssh, in place of your own configuration (ssh -F)')
    .option('--verbose', 'show what the board says');
}

/** The board that `target` names. @throws {UsageError} it names none */
export async function boardReach(target: string, flags: ReachFlags, cli: CliContext): Promise<Reach> {
  const { parseTarget } = await import('../../tools/ssh.ts');
  return {
    target: parseTarget(target),
    ...(flags.sshConfig === undefined ? {} : { sshConfig: resolve(cli.cwd, flags.sshConfig) }),
    signal: cli.signal,
    emit: (event) => {
      if (event.type === 'note') cli.warn(event.text);
      else if (flags.verbose === true && event.type === 'command') cli.warn(`${event.cwd}$ ${event.line}`);
      else if (flags.verbose === true && event.type === 'output') cli.warn(`  ${event.text}`);
    },
  };
}
