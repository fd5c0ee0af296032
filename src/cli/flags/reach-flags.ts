// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';

/** Flags of every verb that talks to a board. */
export type ReachFlags = { readonly sshConfig?: string; readonly verbose?: true };

/** Adds them to a verb. */
export function withReachFlags(command: Command): Command {
  return command
    .option('--ssh-config <file>', 'for ssh, in place of your own configuration (ssh -F)')
    .option('--verbose', 'show what the board says');
}
