// SPDX-License-Identifier: Apache-2.0
import { Command } from 'commander';
import type { ProbeFlags } from '../actions/probe-board.ts';
import type { CliContext } from '../context.ts';
import { withReachFlags } from '../flags/reach-flags.ts';

/** `bpmp-virt probe`: what only silicon answers, in one file that a person can send in. */
export function probeCommand(cli: CliContext): Command {
  return withReachFlags(new Command('probe'))
    .description(
      'Ask a board what only silicon and its firmware answer, and write it to one file to send in. The file has no serial number, name, address or command line. It takes root on the board, and no longer than five minutes.',
    )
    .requiredOption('--target <target>', 'ssh://user@host, or local')
    .option('--bundle <dir>', 'folder of the bundle’s QEMU on the target')
    .option('--output <file>', 'where the answers go', 'bpmp-virt-probe.json')
    .option('--risky', 'ask also what could stop the host, the most dangerous last')
    .option('--dry-run', 'show what would be run, and reach no board')
    .action(async (flags: ProbeFlags) => {
      const { probeBoard } = await import('../actions/probe-board.ts');
      await probeBoard(flags, cli);
    });
}
