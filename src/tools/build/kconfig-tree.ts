// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { readText } from '../../read-file.ts';
import { isCode } from '../files/write-file.ts';

/** Where a symbol is defined, and all that it depends on there: its own lines, and every `if` and menu around it. */
export type Definition = {
  readonly file: string;
  readonly line: number;
  readonly depends: readonly string[];
};

type Scope = { readonly kind: 'if' | 'menu' | 'choice'; readonly depends: string[] };
type KconfigSearch = {
  readonly tree: string;
  readonly wanted: ReadonlySet<string>;
  readonly found: Map<string, Definition[]>;
};

/**
 * Find `symbols` (without CONFIG_) in the Kconfig files of an arm64 kernel `tree`, as far as the top Kconfig file reaches
 * them. Read only when a configuration came out wrong, to say why.
 */
export async function findDefinitions(
  tree: string,
  symbols: Iterable<string>,
): Promise<ReadonlyMap<string, readonly Definition[]>> {
  const reader: KconfigSearch = { tree, wanted: new Set(symbols), found: new Map() };
  await readKconfig(reader, 'Kconfig', []);
  return reader.found;
}

async function readKconfig(reader: KconfigSearch, file: string, around: readonly Scope[]): Promise<void> {
  const scopes: Scope[] = [...around];
  let entry: { readonly depends: string[] } | undefined;
  for (const { text, line } of await logicalLines(join(reader.tree, file))) {
    const [word = '', rest = ''] = splitWord(text);
    switch (word) {
      case 'source':
        await readKconfig(reader, sourcedFile(rest), scopes);
        break;
      case 'config':
      case 'menuconfig':
        entry = define(reader, rest, { file, line, scopes });
        break;
      case 'if':
        scopes.push({ kind: 'if', depends: [rest] });
        entry = undefined;
        break;
      case 'menu':
      case 'choice':
        entry = { depends: [] };
        scopes.push({ kind: word, ...entry });
        break;
      case 'endif':
      case 'endmenu':
      case 'endchoice':
        scopes.pop();
        entry = undefined;
        break;
      case 'comment':
        entry = undefined;
        break;
      case 'depends':
        entry?.depends.push(rest.replace(/^on\s+/, ''));
        break;
      default:
    }
  }
}

function define(
  { wanted, found }: KconfigSearch,
  symbol: string,
  place: { file: string; line: number; scopes: readonly Scope[] },
): { readonly depends: string[] } {
  // Shared with the definition: lines that follow are added to it.
  const depends = place.scopes.flatMap((scope) => scope.depends);
  if (!wanted.has(symbol)) return { depends };
  const definition = { file: place.file, line: place.line, depends };
  found.set(symbol, [...(found.get(symbol) ?? []), definition]);
  return definition;
}

/** Lines with what a backslash continues, without comments; help texts are left out. */
async function logicalLines(path: string): Promise<readonly { text: string; line: number }[]> {
  const raw = await readText(path).catch((error) => {
    // A source line may be a pattern or a generated file: what is not there defines nothing here.
    if (isCode(error, 'ENOENT', 'ENOTDIR')) return '';
    throw error;
  });
  const lines: { text: string; line: number }[] = [];
  let help: number | undefined;
  let held = '';
  for (const [at, line] of raw.split('\n').entries()) {
    const depth = line.search(/\S/);
    if (help !== undefined && (depth === -1 || expand(line) > help)) continue;
    help = undefined;
    if (/^\s*(help|---help---)\s*$/.test(line)) {
      help = expand(line);
      continue;
    }
    held += line.replace(/\\$/, ' ');
    if (line.endsWith('\\')) continue;
    const text = held.replace(/(^|\s)#.*$/, '').trim();
    held = '';
    if (text !== '') lines.push({ text, line: at + 1 });
  }
  return lines;
}

/** Column of the first character, tabs being 8 wide; a help text is what is indented deeper than its `help`. */
function expand(line: string): number {
  const [indent = ''] = /^\s*/.exec(line) ?? [];
  return indent.replaceAll('\t', '        ').length;
}

function splitWord(text: string): readonly [string, string] {
  const [, word = '', rest = ''] = /^(\w+)\s*(.*)$/.exec(text) ?? [];
  return [word, rest];
}

function sourcedFile(rest: string): string {
  return rest.replaceAll('"', '').replaceAll('$(SRCARCH)', 'arm64').replaceAll('$SRCARCH', 'arm64');
}
