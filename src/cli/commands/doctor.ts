// SPDX-License-Identifier: Apache-2.0
import { Command } from 'commander';
import type { DoctorFlags } from '../actions/examine-board.ts';
import type { CliContext } from '../context.ts';
import { withReachFlags } from '../flags/reach-flags.ts';

/** `bpmp-virt doctor`: whether a board can run the machine, and what fixes what is in the way. */
export function doctorCommand(cli: CliContext): Command {
  return withReachFlags(new Command('doctor'))
    .description(
      'Say whether a board can run the virtual machine, what is in the way, and what fixes it. Without --target: this machine, as a board or as a workstation that builds.',
    )
    .option('--target <target>', 'a board: ssh://user@host, or local')
    .option('--bundle <dir>', 'folder of run-vm.sh on the target')
    .option('--json', 'print the findings as JSON')
    .action(async (flags: DoctorFlags) => {
      const { examineBoard } = await import('../actions/examine-board.ts');
      await examineBoard(flags, cli);
    });
}
