// SPDX-License-Identifier: Apache-2.0
import { Command, Option } from 'commander';
import type { CliContext } from '../context.ts';
import type { EmulateFlags } from '../emulate/flags.ts';
import { withRunFlags } from '../run-flags.ts';

/** `bpmp-virt run`: a virtual machine without a board. */
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
        .makeOptionMandatory(),
    )
    .option('--exec <command>', 'run this in the guest, show what it says, and switch off')
    .option('--smp <n>', 'CPUs of the guest; default: the recipe’s')
    .option('--mem <size>', 'memory of the guest, as QEMU’s -m takes it', '256M')
    .option('--script <file>', 'JSON with rules that make the firmware delay, drop, refuse or spoil answers')
    .option('--monitor', 'show each transfer that reaches the firmware')
    .option('--logs <dir>', 'where logs and transcript go; default: below the work folder')
    .action(async (recipe: string, flags: EmulateFlags) => {
      const { runEmulated } = await import('../emulate/run-emulated.ts');
      await runEmulated(recipe, flags, cli);
    });
}
