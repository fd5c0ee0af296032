// SPDX-License-Identifier: Apache-2.0
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { EnvironmentError } from '../../errors.ts';
import { boardReach, type ReachFlags, withReachFlags } from '../actions/board-reach.ts';
import type { CliContext } from '../context.ts';
import { TOOL_ROOT } from '../places.ts';

type DoctorFlags = ReachFlags & { readonly target: string; readonly bundle?: string; readonly json?: true };

/** `bpmp-virt doctor`: whether a board can run the machine, and what mends what is in the way. */
export function doctorCommand(cli: CliContext): Command {
  return withReachFlags(new Command('doctor'))
    .description('Say whether a board can run the virtual machine, what is in the way, and what mends it.')
    .option('--target <target>', 'ssh://user@host, or local', 'local')
    .option('--bundle <dir>', 'folder of run-vm.sh on the target')
    .option('--json', 'print the findings as JSON')
    .action(async (flags: DoctorFlags) => {
      const { examine } = await import('../../deploy/doctor.ts');
      const { formatFindings } = await import('../../deploy/finding.ts');
      const isLocal = flags.target === 'local';
      const bundle = flags.bundle !== undefined && isLocal ? resolve(cli.cwd, flags.bundle) : flags.bundle;
      const findings = await examine(
        await boardReach(flags.target, flags, cli),
        join(TOOL_ROOT, 'board'),
        bundle,
      );
      cli.print(flags.json === true ? JSON.stringify(findings, null, 2) : formatFindings(findings));
      const failed = findings.filter((finding) => finding.state === 'fail').length;
      if (failed > 0)
        throw new EnvironmentError(
          `${failed} of ${findings.length} checks failed`,
          'The lines with -> say what mends each.',
        );
    });
}
