// SPDX-License-Identifier: Apache-2.0
import { Command, Help, type Option } from 'commander';
import type { CliContext } from './context.ts';
import { VERSION } from './version.ts';

/** A verb: its line in `--help`, and where its code is. */
type Verb = {
  readonly name: string;
  /** Its heading in `--help`. */
  readonly group: string;
  readonly summary: string;
  /** Command lines for its own `--help`; placeholders stand for what differs. */
  readonly examples: readonly string[];
  readonly load: () => Promise<(cli: CliContext) => Command>;
  /** Not in `--help`: for scripts. */
  readonly hidden?: true;
};

/** All verbs, in the order of the work, which is that of `--help`. The code of a verb is loaded when it is chosen. */
export const VERBS: readonly Verb[] = [
  {
    name: 'recipes',
    group: 'Build',
    summary: 'list the recipes of this package',
    examples: ['bpmp-virt recipes'],
    load: async () => (await import('./commands/recipes.ts')).recipesCommand,
  },
  {
    name: 'check',
    group: 'Build',
    summary: 'look for the programs that a recipe needs, and say how to install them',
    examples: ['bpmp-virt check debian-6.12'],
    load: async () => (await import('./commands/check.ts')).checkCommand,
  },
  {
    name: 'build',
    group: 'Build',
    summary: 'build what a recipe describes, from the sources to the bundle',
    examples: [
      'bpmp-virt build debian-6.12',
      'bpmp-virt build l4t-36.3 --work work/l4t --device uarta',
      'bpmp-virt build ./mine.yaml --dry-run',
    ],
    load: async () => (await import('./commands/build.ts')).buildCommand,
  },
  {
    name: 'plan',
    group: 'Build',
    summary: 'show the steps that a recipe leads to; as JSON or as a shell script',
    examples: ['bpmp-virt plan debian-6.12', 'bpmp-virt plan debian-6.12 --shell > build.sh'],
    load: async () => (await import('./commands/plan.ts')).planCommand,
  },
  {
    name: 'lock',
    group: 'Build',
    summary: 'write down what commits, versions and sums a recipe means today',
    examples: ['bpmp-virt lock ./mine.yaml'],
    load: async () => (await import('./commands/lock.ts')).lockCommand,
  },
  {
    name: 'image',
    group: 'Build',
    summary: 'make a root file system for a guest',
    examples: [
      'bpmp-virt image guest --out guest.img --key ~/.ssh/id_ed25519.pub',
      'bpmp-virt image guest --kind busybox --out small.img',
    ],
    load: async () => (await import('./commands/image.ts')).imageCommand,
  },
  {
    name: 'clean',
    group: 'Build',
    summary: 'delete what builds made, or take changes of source trees back',
    examples: ['bpmp-virt clean', 'bpmp-virt clean --tree debian-6.12'],
    load: async () => (await import('./commands/clean.ts')).cleanCommand,
  },
  {
    name: 'devices',
    group: 'Look at a host',
    summary: 'list what of a host can be passed through, and what each device needs',
    examples: [
      'bpmp-virt devices --recipe debian-6.12',
      'bpmp-virt devices uarta --dtb tegra234-p3737-0000+p3701-0000.dtb --long',
    ],
    load: async () => (await import('./commands/devices.ts')).devicesCommand,
  },
  {
    name: 'policy',
    group: 'Look at a host',
    summary: 'print or check what virtual machines may use of the BPMP, with the reasons',
    examples: [
      'bpmp-virt policy --recipe debian-6.12',
      'bpmp-virt policy --dtb host.dtb --vm uart-vm --device uarta --format dts',
    ],
    load: async () => (await import('./commands/policy.ts')).policyCommand,
  },
  {
    name: 'run',
    group: 'Without a board',
    summary: 'run a virtual machine: emulated, or inside a virtual Orin',
    examples: [
      "bpmp-virt run --emulate guest --exec 'echo 123 > /dev/ttyTHS0'",
      'bpmp-virt run --emulate orin',
      'bpmp-virt run --target ssh://root@orin --vm uart-vm',
    ],
    load: async () => (await import('./commands/run.ts')).runCommand,
  },
  {
    name: 'firmware',
    group: 'Without a board',
    summary: 'run the BPMP firmware model behind a unix socket',
    examples: ['bpmp-virt firmware --socket /tmp/bpmp --transcript transfers.ndjson'],
    load: async () => (await import('./commands/firmware.ts')).firmwareCommand,
  },
  {
    name: 'monitor',
    group: 'Without a board',
    summary: 'show transfers as they come, from a transcript or a host’s tracepoints',
    examples: ['bpmp-virt monitor work/emulate/guest/transcript.ndjson'],
    load: async () => (await import('./commands/monitor.ts')).monitorCommand,
  },
  {
    name: 'doctor',
    group: 'A board',
    summary: 'say whether a board can run the machine, and what fixes what is in the way',
    examples: ['bpmp-virt doctor', 'bpmp-virt doctor --target ssh://root@orin'],
    load: async () => (await import('./commands/doctor.ts')).doctorCommand,
  },
  {
    name: 'probe',
    group: 'A board',
    summary: 'ask a board what only silicon answers, and write it to a file to send in',
    examples: [
      'bpmp-virt probe --target ssh://root@orin --dry-run',
      'bpmp-virt probe --target ssh://root@orin',
    ],
    load: async () => (await import('./commands/probe.ts')).probeCommand,
  },
  {
    name: 'flash',
    group: 'A board',
    summary: 'write Jetson Linux, with the bundle in it, to a board in recovery mode',
    examples: ['bpmp-virt flash --dry-run', 'bpmp-virt flash --explain flash.log'],
    load: async () => (await import('./commands/flash.ts')).flashCommand,
  },
  {
    name: 'deploy',
    group: 'A board',
    summary: 'put a bundle and a second boot entry on a board, and off it again',
    examples: ['bpmp-virt deploy ssh://root@orin --boot-next', 'bpmp-virt deploy ssh://root@orin --undo'],
    load: async () => (await import('./commands/deploy.ts')).deployCommand,
  },
  {
    name: 'up',
    group: 'A board',
    summary: 'build, deploy, restart the board and run the machine, in one command',
    examples: ['bpmp-virt up l4t-36.3 --target ssh://root@orin'],
    load: async () => (await import('./commands/up.ts')).upCommand,
  },
  {
    name: 'completion',
    group: 'Your shell',
    summary: 'print a completion script for bash, zsh or fish',
    examples: ['bpmp-virt completion bash > ~/.local/share/bash-completion/completions/bpmp-virt'],
    load: async () => (await import('./commands/completion.ts')).completionCommand,
  },
  {
    name: 'plumbing',
    group: 'Scripts',
    summary: 'answer what scripts of `plan --shell` ask',
    examples: [],
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
    .configureHelp({ optionDescription })
    .addHelpCommand(
      new Command('help').argument('[command]').summary('the same as --help').helpGroup('Your shell:'),
    )
    .exitOverride();
  for (const verb of VERBS) {
    const command =
      verb.name === chosen || chosen === 'completion' ? (await verb.load())(cli) : new Command(verb.name);
    const examples = verb.examples.map((line) => `  ${line}`).join('\n');
    if (examples !== '') command.addHelpText('after', `\nExamples:\n${examples}`);
    inherit(command, program, `bpmp-virt ${verb.name}`);
    program.addCommand(command.summary(verb.summary).helpGroup(`${verb.group}:`), {
      hidden: verb.hidden === true,
    });
  }
  return program;
}

/** What goes wrong in a verb, or in one below it, ends as in the program, and names the help of that very verb. */
function inherit(command: Command, parent: Command, words: string): void {
  command.copyInheritedSettings(parent).showHelpAfterError(`(${words} --help says what it takes)`);
  for (const below of command.commands) inherit(below, command, `${words} ${below.name()}`);
}

/** As commander has it; an empty list as a default is left out. */
function optionDescription(option: Option): string {
  const isEmpty = Array.isArray(option.defaultValue) && option.defaultValue.length === 0;
  return isEmpty ? option.description : new Help().optionDescription(option);
}
