// SPDX-License-Identifier: Apache-2.0
import type { Command, Option } from 'commander';
import type { CliContext } from '../src/cli/context.ts';
import { makeProgram, VERBS } from '../src/cli/program.ts';

/** Nothing of the outside is used while help is written. */
export const NOWHERE: CliContext = {
  print: () => undefined,
  write: () => undefined,
  warn: () => undefined,
  isTerminal: false,
  draws: false,
  columns: 80,
  signal: new AbortController().signal,
  env: {},
  cwd: '/',
};

/** docs/cli.md: every verb with its arguments and options, as `--help` has them. */
export async function cliMarkdown(): Promise<string> {
  const program = await makeProgram(NOWHERE, ['completion']);
  const verbs = program.commands.flatMap((command) => section(command, 'bpmp-virt', 2));
  return [...HEAD, ...verbs].join('\n');
}

const HEAD = [
  '<!-- SPDX-License-Identifier: Apache-2.0 -->',
  '<!-- Generated from src/cli/commands; `npm run generate` writes it anew. -->',
  '',
  '# The command line',
  '',
  '| Exit code | Means | What to do |',
  '| --- | --- | --- |',
  '| 0 | done, or nothing was to do; `monitor` and `firmware` end so when they are stopped | |',
  '| 2 | the command line, a recipe or an input is wrong, or something of yours is in the way | correct what is named |',
  '| 3 | this machine or the board lacks something: a program, space, a right, a lock, a newer Node.js | provide what is named |',
  '| 4 | a step failed; what is finished is kept | read the step’s last lines; the same command goes on from there |',
  '| 70 | a bug of bpmp-virt, with a stack | report it |',
  '| 130 | stopped by Ctrl-C, SIGTERM or SIGHUP | the same command goes on from there |',
  '',
  'The numbers never change their meaning.',
  '',
];

function section(command: Command, above: string, depth: number): readonly string[] {
  const name = `${above} ${command.name()}`;
  const options = command.options.filter(({ hidden }) => !hidden);
  const names = command.registeredArguments.map((each) => {
    const word = `${each.name()}${each.variadic ? '...' : ''}`;
    return each.required ? `<${word}>` : `[${word}]`;
  });
  return [
    `${'#'.repeat(depth)} ${name}`,
    '',
    command.description(),
    '',
    `    ${[name, ...names, ...(options.length > 0 ? ['[options]'] : [])].join(' ')}`,
    '',
    ...command.registeredArguments.map(
      (each) => `- \`${each.name()}\`: ${cell(each.description)}${given(each.defaultValue)}`,
    ),
    ...options.map(
      (option) =>
        `- \`${option.flags}\`: ${cell(option.description)}${choices(option)}${given(option.defaultValue)}`,
    ),
    '',
    ...examplesOf(name),
    ...command.commands.flatMap((inner) => section(inner, name, depth + 1)),
  ];
}

/** Fenced: indented behind a list, they would be text of its last item. */
function examplesOf(name: string): readonly string[] {
  const examples = VERBS.find((verb) => name === `bpmp-virt ${verb.name}`)?.examples ?? [];
  return examples.length === 0 ? [] : ['```sh', ...examples, '```', ''];
}

const cell = (text: string) => text.replaceAll('<', '&lt;');
const choices = ({ argChoices }: Option) => (argChoices === undefined ? '' : ` (${argChoices.join(', ')})`);

/** What differs from machine to machine (the number of processors) is left out. */
function given(value: unknown): string {
  if (value === undefined || typeof value === 'boolean' || typeof value === 'number') return '';
  return Array.isArray(value) ? '' : `; without it: \`${String(value)}\``;
}
