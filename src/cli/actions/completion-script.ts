// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import type { Command } from 'commander';
import { recipeNames } from '../../recipe/load.ts';
import { TOOL_ROOT } from '../places.ts';

/** What can be completed: the verbs with their options, and the recipes of this package. */
export type Words = {
  readonly verbs: readonly {
    readonly name: string;
    readonly summary: string;
    readonly options: readonly { readonly long: string; readonly description: string }[];
    /** Its first argument is a recipe. */
    readonly recipe: boolean;
  }[];
  readonly recipes: readonly string[];
};

/** The words of `program`, whose verbs are all loaded. */
export async function completionWords(program: Command): Promise<Words> {
  const verbs = program.commands.map((command) => ({
    name: command.name(),
    summary: command.summary(),
    options: command.options
      .filter((option) => option.long !== undefined && !option.hidden)
      .map((option) => ({ long: option.long ?? '', description: option.description })),
    recipe: command.registeredArguments[0]?.name() === 'recipe',
  }));
  return { verbs, recipes: await recipeNames(join(TOOL_ROOT, 'recipes')) };
}

/** The completion script for `shell`. Where no word fits, file names are completed. */
export function formatCompletion(shell: 'bash' | 'zsh' | 'fish', words: Words): string {
  return { bash, zsh, fish }[shell](words).join('\n');
}

function bash({ verbs, recipes }: Words): readonly string[] {
  const cases = verbs.map(
    ({ name, options, recipe }) =>
      `    ${name}) words='${[...options.map(({ long }) => long), ...(recipe ? recipes : [])].join(' ')}' ;;`,
  );
  return [
    '# bash completion for bpmp-virt',
    '_bpmp_virt() {',
    '  local words',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is bash's
    '  case ${COMP_WORDS[1]} in',
    ...cases,
    "    *) words='' ;;",
    '  esac',
    `  if [ "$COMP_CWORD" -eq 1 ]; then words='${verbs.map(({ name }) => name).join(' ')} --help --version'; fi`,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is bash's
    '  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))',
    '}',
    'complete -o default -F _bpmp_virt bpmp-virt',
  ];
}

function zsh({ verbs, recipes }: Words): readonly string[] {
  const cases = verbs.map(({ name, options, recipe }) => {
    const flags = options.map(({ long, description }) => zshQuote(`${long}[${zshText(description)}]`));
    const words = recipe ? [zshQuote(`1:recipe:(${recipes.join(' ')})`)] : [];
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

function fish({ verbs, recipes }: Words): readonly string[] {
  const quote = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const start = verbs.map(
    ({ name, summary }) => `complete -c bpmp-virt -n __fish_use_subcommand -a ${name} -d ${quote(summary)}`,
  );
  const inner = verbs.flatMap(({ name, options, recipe }) => {
    const here = `complete -c bpmp-virt -n ${quote(`__fish_seen_subcommand_from ${name}`)}`;
    const flags = options.map(
      ({ long, description }) => `${here} -l ${long.replace(/^--/, '')} -d ${quote(description)}`,
    );
    return recipe ? [...flags, `${here} -a ${quote(recipes.join(' '))}`] : flags;
  });
  return ['# fish completion for bpmp-virt', ...start, ...inner];
}
