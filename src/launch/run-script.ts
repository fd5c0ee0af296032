// SPDX-License-Identifier: Apache-2.0
import { shellQuote } from '../command.ts';
import { Bug } from '../errors.ts';
import { QEMU_WORDS, type QemuWords } from './qemu-args.ts';
import { VM_VARIABLES, type VmSettings, type VmVariable } from './vm-settings.ts';

/** A line of run-vm.sh is not longer than this. */
const COLUMNS = 116;

/**
 * `template` (the text of board/run-vm.sh) with the two parts between `# >>>` and `# <<<` made for `settings`:
 * the machine’s variables and QEMU’s command line.
 *
 * @param recipe the recipe’s name, for the comment
 * @throws {Error} the template lacks a part: a bug of ours
 */
export function renderRunScript(template: string, settings: VmSettings, recipe: string): string {
  return [
    { part: 'machine', lines: settingLines(settings, recipe) },
    { part: 'command', lines: commandLines() },
  ].reduce((text, { part, lines }) => replacePart(text, part, lines), template);
}

function replacePart(text: string, part: string, lines: readonly string[]): string {
  const pattern = new RegExp(`(?<=^# >>> ${part}\\n)[^]*?(?=^# <<< ${part}$)`, 'm');
  if (!pattern.test(text)) throw new Bug(`the template of run-vm.sh has no part '${part}'`);
  return text.replace(pattern, () => `${lines.join('\n')}\n`);
}

function settingLines(settings: VmSettings, recipe: string): readonly string[] {
  const names = Object.keys(VM_VARIABLES) as VmVariable[];
  return [
    `# Made from recipe ${recipe}. Every variable may be set in the environment instead, empty ones as well.`,
    ...names.map((name) => `${name}=\${${name}-${quoteDefault(settings[name])}}`),
  ];
}

/** Quoted for the right-hand side of `${VAR-…}`, where a brace would end it. */
function quoteDefault(value: string): string {
  return value === '' ? '' : shellQuote(value);
}

function commandLines(): readonly string[] {
  return [
    ...comment(
      'Run `$1` with QEMU’s command line as its arguments. The order is the documented procedure’s; above each word that differs stands why.',
    ),
    'with_qemu_command() {',
    '\tcallback=$1',
    '\tset --',
    ...QEMU_WORDS.flatMap(groupLines),
    '\teval "set -- \\"\\$@\\" $extra"',
    '\t"$callback" "$@"',
    '}',
  ];
}

function groupLines(group: QemuWords): readonly string[] {
  const set = `set -- "$@" ${group.words.map(quoteWord).join(' ')}`;
  return [...comment(group.differs), ...wrap(group, set)].map((line) => `\t${line}`);
}

function wrap({ when, unless, each }: QemuWords, set: string): readonly string[] {
  if (each) return ['for device in $VM_DEVICES; do', `\t${set}`, 'done'];
  if (when !== undefined) return [`[ -z "$${when}" ] || ${set}`];
  if (unless !== undefined) return [`[ -n "$${unless}" ] || ${set}`];
  return [set];
}

function quoteWord(word: string): string {
  return word.includes('$') ? `"${word}"` : shellQuote(word);
}

/** Comment lines, in ASCII: a serial console may know no more. */
function comment(text: string | undefined): readonly string[] {
  const lines: string[] = [];
  let line = '#';
  for (const word of text?.replaceAll('’', "'").split(' ') ?? []) {
    if (line.length + word.length >= COLUMNS) {
      lines.push(line);
      line = '#';
    }
    line += ` ${word}`;
  }
  return line === '#' ? lines : [...lines, line];
}
