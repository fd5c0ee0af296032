// SPDX-License-Identifier: Apache-2.0
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Argument, Command, Option } from 'commander';
import { recipeNames } from '../../recipe/load.ts';
import { TOOL_ROOT } from '../places.ts';

type CompletedOption = {
  readonly long: string;
  readonly description: string;
  /** Whether a word follows it; `values`: which, empty for a file or what nobody can list. */
  readonly takesValue: boolean;
  readonly values: readonly string[];
};

/** What can be completed: the verbs with their options, the values of those, and recipes and devices of this package. */
export type Words = {
  readonly verbs: readonly {
    readonly name: string;
    readonly summary: string;
    readonly options: readonly CompletedOption[];
    /** What its first argument may be. */
    readonly values: readonly string[];
  }[];
};

/** The words of `program`, whose verbs are all loaded. */
export async function completionWords(program: Command): Promise<Words> {
  const recipes = await recipeNames(join(TOOL_ROOT, 'recipes'));
  const files = await readdir(join(TOOL_ROOT, 'recipes/devices'));
  const devices = files.map((file) => file.replace(/\.yaml$/, '')).sort();
  const named = (name: string) => (name === 'recipe' ? recipes : name === 'device' ? devices : []);
  const optionValues = (option: Option) => option.argChoices ?? named(option.attributeName());
  const argumentValues = (verb: string, argument: Argument | undefined) =>
    argument?.argChoices ?? named(verb === 'devices' ? 'device' : (argument?.name() ?? ''));
  const verbs = program.commands.map((command) => ({
    name: command.name(),
    summary: command.summary(),
    options: command.options
      .filter((option) => option.long !== undefined && !option.hidden)
      .map((option) => ({
        long: option.long ?? '',
        description: option.description,
        takesValue: option.required || option.optional,
        values: optionValues(option),
      })),
    values: argumentValues(command.name(), command.registeredArguments[0]),
  }));
  return { verbs };
}

/** The completion script for `shell`. Where no word fits, file names are completed. */
export function formatCompletion(shell: 'bash' | 'zsh' | 'fish', words: Words): string {
  return { bash, zsh, fish }[shell](words).join('\n');
}

function bash({ verbs }: Words): readonly string[] {
  const ofVerbs = verbs.map(
    ({ name, options, values }) =>
      `    ${name}) words='${[...options.map(({ long }) => long), ...values].join(' ')}' ;;`,
  );
  const ofOptions = verbs.flatMap(({ name, options }) =>
    options
      .filter(({ takesValue }) => takesValue)
      .map(({ long, values }) => `    '${name} ${long}') words='${values.join(' ')}' ;;`),
  );
  return [
    '# bash completion for bpmp-virt',
    '_bpmp_virt() {',
    '  local words',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is bash's
    '  case ${COMP_WORDS[1]} in',
    ...ofVerbs,
    "    *) words='' ;;",
    '  esac',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is bash's
    '  case "${COMP_WORDS[1]} ${COMP_WORDS[COMP_CWORD - 1]}" in',
    ...ofOptions,
    '  esac',
    `  if [ "$COMP_CWORD" -eq 1 ]; then words='${verbs.map(({ name }) => name).join(' ')} --help --version'; fi`,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is bash's
    '  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))',
    '}',
    'complete -o default -F _bpmp_virt bpmp-virt',
  ];
}

function zsh({ verbs }: Words): readonly string[] {
  const cases = verbs.map(({ name, options, values }) => {
    const flags = options.map(({ long, description, takesValue, values: choices }) => {
      const action = choices.length > 0 ? `(${choices.join(' ')})` : '_files';
      return zshQuote(`*${long}[${zshText(description)}]${takesValue ? `:value:${action}` : ''}`);
    });
    const words = values.length > 0 ? [zshQuote(`1:name:(${values.join(' ')})`)] : [];
    return `    ${name}) _arguments ${[...flags, ...words, zshQuote('*:file:_files')].join(' ')} ;;`;
  });
  const names = verbs.map(({ name, summary }) => zshQuote(`${name}:${summary}`));
  return [
    '#compdef bpmp-virt',
    '_bpmp_virt() {',
    `  local -a verbs=(${names.join(' ')})`,
    '  if (( CURRENT == 2 )); then _describe verb verbs; return; fi',
    '  local verb=$words[2]',
    '  shift words; (( CURRENT-- ))',
    '  case $verb in',
    ...cases,
    '  esac',
    '}',
    'compdef _bpmp_virt bpmp-virt',
  ];
}

function zshText(text: string): string {
  return text.replaceAll(/[[\]]/g, '\\$&').replaceAll(':', '\\:');
}

function zshQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function fish({ verbs }: Words): readonly string[] {
  const quote = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const start = verbs.map(
    ({ name, summary }) => `complete -c bpmp-virt -n __fish_use_subcommand -a ${name} -d ${quote(summary)}`,
  );
  const inner = verbs.flatMap(({ name, options, values }) => {
    const here = `complete -c bpmp-virt -n ${quote(`__fish_seen_subcommand_from ${name}`)}`;
    const flags = options.map(({ long, description, takesValue, values: choices }) => {
      const words = choices.length > 0 ? ` -x -a ${quote(choices.join(' '))}` : takesValue ? ' -r' : '';
      return `${here} -l ${long.replace(/^--/, '')}${words} -d ${quote(description)}`;
    });
    return values.length > 0 ? [...flags, `${here} -a ${quote(values.join(' '))}`] : flags;
  });
  return ['# fish completion for bpmp-virt', ...start, ...inner];
}
