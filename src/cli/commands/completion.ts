// SPDX-License-Identifier: Apache-2.0
import { Argument, Command } from 'commander';
import type { CliContext } from '../context.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** `bpmp-virt completion <shell>`: a script that completes verbs, options and recipes. */
export function completionCommand(cli: CliContext): Command {
  return new Command('completion')
    .description('Print a completion script for a shell: eval "$(bpmp-virt completion bash)" in ~/.bashrc.')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .action(async (shell: (typeof SHELLS)[number], _flags: unknown, command: Command) => {
      const { completionWords, formatCompletion } = await import('../actions/completion-script.ts');
      cli.print(formatCompletion(shell, await completionWords(command.parent ?? command)));
    });
}
