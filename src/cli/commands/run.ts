// SPDX-License-Identifier: Apache-2.0
import { Command, Option } from 'commander';
import { UsageError } from '../../errors.ts';
import type { TargetFlags } from '../actions/run-on-board.ts';
import type { CliContext } from '../context.ts';
import type { EmulateFlags } from '../flags/emulate-flags.ts';
import { cpus, memory } from '../flags/numbers.ts';
import { collect, withRunFlags } from '../flags/run-flags.ts';

/** `bpmp-virt run`: a virtual machine on a board, or without one. */
export function runCommand(cli: CliContext): Command {
  return withRunFlags(new Command('run'))
    .description('Run what `build` made. Without --exec, a shell on the machine’s console; Ctrl-] ends it.')
    .argument('[recipe]', 'the recipe that was built', 'debian-6.12')
    .addOption(
      new Option(
        '--emulate <what>',
        'guest: the kernel as a guest, with an emulated UART; orin: a host that runs the bundle’s machine under KVM',
      )
        .choices(['guest', 'orin'])
        .conflicts('target'),
    )
    .option('--target <target>', 'ssh://user@host or local: run what was deployed on a board')
    .option('--ssh-config <file>', 'with --target: for ssh, in place of your own configuration (ssh -F)')
    .option('--bundle <dir>', 'with --target: folder of run-vm.sh there; default: where deploy puts it')
    .option('--vm <name>', 'with --target: a machine other than the bundle’s first')
    .option('--set <NAME=VALUE>', 'with --target: a setting of run-vm.sh; may be repeated', collect, [])
    .option('--dry-run', 'with --target: print every write and the command, change nothing')
    .option('--exec <command>', 'run this in the guest, show what it says, and switch off')
    .option('--smp <n>', 'CPUs of the guest; default: the recipe’s', cpus)
    .option(
      '--mem <size>',
      'memory of the guest, as QEMU’s -m takes it; default: 128M, over SCMI 256M',
      memory,
    )
    .option('--script <file>', 'JSON with rules that make the firmware delay, drop, refuse or spoil answers')
    .option('--monitor', 'show each transfer that reaches the firmware')
    .option('--html <file>', 'write a page for a browser: the result, the policy, its clocks, the transfers')
    .option('--json', 'print the report at the end as JSON; what the machine says goes to standard error')
    .option('--logs <dir>', 'where logs and transcript go, anew for each run; default: below the work folder')
    .action(async (recipe: string, flags: EmulateFlags | TargetFlags, command: Command) => {
      refuseForeignOptions(command);
      if ('target' in flags) {
        const { runOnBoard } = await import('../actions/run-on-board.ts');
        return runOnBoard(flags, cli);
      }
      if (flags.emulate === undefined)
        throw new UsageError(
          'where is the machine to run?',
          'Give --emulate guest, --emulate orin, or --target.',
        );
      const { runEmulated } = await import('../actions/run-emulated.ts');
      await runEmulated(recipe, flags, cli);
    });
}

/** Options that only one of the two ways takes, as `--help` says: given to the other one, they would do nothing. */
const OWN_OPTIONS = {
  target: ['sshConfig', 'bundle', 'vm', 'set', 'dryRun'],
  emulate: ['exec', 'smp', 'mem', 'script', 'monitor', 'html', 'json', 'logs'],
} as const;

function refuseForeignOptions(command: Command): void {
  const [here, there] =
    command.getOptionValue('target') === undefined
      ? (['emulate', 'target'] as const)
      : (['target', 'emulate'] as const);
  for (const name of OWN_OPTIONS[there]) {
    if (command.getOptionValueSource(name) !== 'cli') continue;
    const { long } = command.options.find((option) => option.attributeName() === name) ?? {};
    throw new UsageError(`${long} has no meaning with --${here}`, `Leave it out, or give --${there}.`);
  }
}
