// SPDX-License-Identifier: Apache-2.0
import { Command } from 'commander';
import type { CliContext } from './context.ts';
import { VERSION } from './version.ts';

/** A verb: its line in `--help`, and where its code is. */
type Verb = {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<(cli: CliContext) => Command>;
  /** Not in `--help`: for scripts. */
  readonly hidden?: true;
};

/** All verbs, in the order of `--help`. The code of a verb is loaded when it is chosen. */
export const VERBS: readonly Verb[] = [
  {
    name: 'build',
    summary: 'build what a recipe describes, from the sources to the bundle',
    load: async () => (await import('./commands/build.ts')).buildCommand,
  },
  {
    name: 'plan',
    summary: 'show the steps that a recipe leads to; as JSON or as a shell script',
    load: async () => (await import('./commands/plan.ts')).planCommand,
  },
  {
    name: 'check',
    summary: 'look for the programs that a recipe needs, and say how to install them',
    load: async () => (await import('./commands/check.ts')).checkCommand,
  },
  {
    name: 'lock',
    summary: 'write down what commits, versions and sums a recipe means today',
    load: async () => (await import('./commands/lock.ts')).lockCommand,
  },
  {
    name: 'clean',
    summary: 'delete what builds made, or take changes of source trees back',
    load: async () => (await import('./commands/clean.ts')).cleanCommand,
  },
  {
    name: 'devices',
    summary: 'list what of a host can be passed through, and what each device needs',
    load: async () => (await import('./commands/devices.ts')).devicesCommand,
  },
  {
    name: 'policy',
    summary: 'print or check what virtual machines may use of the BPMP, with the reasons',
    load: async () => (await import('./commands/policy.ts')).policyCommand,
  },
  {
    name: 'firmware',
    summary: 'run the BPMP firmware model behind a unix socket',
    load: async () => (await import('./commands/firmware.ts')).firmwareCommand,
  },
  {
    name: 'deploy',
    summary: 'put a bundle and a second boot entry on a board, and off it again',
    load: async () => (await import('./commands/deploy.ts')).deployCommand,
  },
  {
    name: 'flash',
    summary: 'write Jetson Linux, with the bundle in it, to a board in recovery mode',
    load: async () => (await import('./commands/flash.ts')).flashCommand,
  },
  {
    name: 'up',
    summary: 'build, deploy, restart the board and run the machine, in one command',
    load: async () => (await import('./commands/up.ts')).upCommand,
  },
  {
    name: 'doctor',
    summary: 'say whether a board can run the machine, and what fixes what is in the way',
    load: async () => (await import('./commands/doctor.ts')).doctorCommand,
  },
  {
    name: 'completion',
    summary: 'print a completion script for bash, zsh or fish',
    load: async () => (await import('./commands/completion.ts')).completionCommand,
  },
  {
    name: 'monitor',
    summary: 'show transfers as they come, from a transcript or a host’s tracepoints',
    load: async () => (await import('./commands/monitor.ts')).monitorCommand,
  },
  {
    name: 'run',
    summary: 'run a virtual machine: emulated, or inside a virtual Orin',
    load: async () => (await import('./commands/run.ts')).runCommand,
  },
  {
    name: 'plumbing',
    summary: 'answer what scripts of `plan --shell` ask',
    load: async () => (await import('./commands/plumbing.ts')).plumbingCommand,
    hidden: true,
  },
];

/**
 * The program with the code of the verb in `argv` (what follows the program's name) in it; of the other verbs it
 * has the name and the summary only, so that `--help` costs no more than itself. `completion` speaks of all, so all are
 * loaded for it.
 */
export async function makeProgram(cli: CliContext, argv: readonly string[]): Promise<Command> {
  const chosen = argv.find((word) => word !== 'help' && !word.startsWith('-'));
  const program = new Command('bpmp-virt')
    .description('Give a virtual machine on NVIDIA Jetson Orin its clocks, resets and power domains.')
    .version(VERSION)
    .showHelpAfterError('(bpmp-virt --help lists the verbs)')
    // `policy` and `policy lint` have flags of the same names: what follows a name is its own.
    .enablePositionalOptions()
    .exitOverride();
  for (const verb of VERBS) {
    const command =
      verb.name === chosen || chosen === 'completion' ? (await verb.load())(cli) : new Command(verb.name);
    program.addCommand(command.summary(verb.summary).copyInheritedSettings(program), {
      hidden: verb.hidden === true,
    });
  }
  return program;
}
