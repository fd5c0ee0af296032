// SPDX-License-Identifier: Apache-2.0
import { EnvironmentError } from '../errors.ts';

/** What UEFI's reader of extlinux.conf keeps; an eleventh entry's lines overwrite the tenth's. */
const MAX_ENTRIES = 10;
/** The label of our entry. */
const OUR_LABEL = 'bpmp-virt';

/** Our entry: paths as UEFI sees them, absolute, on the partition that holds extlinux.conf. */
export type OurEntry = {
  /** Names the deployment: in the menu and in the marker. */
  readonly id: string;
  readonly linux: string;
  readonly fdt: string;
  /** Device tree overlays; UEFI applies them only to an entry that has FDT. */
  readonly overlays: readonly string[];
  /** Added to the primary entry's own command line. */
  readonly args: readonly string[];
  /** Where the root file system is, for a file whose primary entry has no APPEND. */
  readonly root: string | undefined;
};

/** The state of our entry in a file. */
export type Boot = 'no' | 'trial' | 'default';

type Line = { readonly key: string; readonly value: string };

const KEYS = [
  'TIMEOUT',
  'DEFAULT',
  'MENU TITLE',
  'LABEL',
  'MENU LABEL',
  'LINUX',
  'INITRD',
  'FDT',
  'APPEND',
  'OVERLAYS',
];
/** An opening marker whose end is gone opens nothing: what lies between it and the next one is somebody's. */
const BLOCK =
  /(?<before>\n?)# >>> bpmp-virt (?<id>\S+)(?<words>[^\n]*)\n(?:(?!# >>> bpmp-virt ).*\n)*?# <<< bpmp-virt\n/;
const DEFAULT_LINE = /^(?<key>[ \t]*DEFAULT[ \t]*)(?<value>[^#\r\n]*?)(?<rest>[ \t]*(?:#[^\n]*|\r)?)$/gm;

/** A line as UEFI's L4TLauncher reads it: `#` starts a comment anywhere, keys are matched by prefix and in their case. */
function readLine(text: string): Line | undefined {
  const line = text
    .replace(/#.*$/, '')
    .replace(/\r$/, '')
    .replace(/^[ \t]+|[ \t]+$/g, '');
  const key = KEYS.find((each) => line.startsWith(each));
  return key === undefined ? undefined : { key, value: line.slice(key.length).replace(/^[ \t]+/, '') };
}

/** The entries of a file by label, in order; the last of a repeated key wins. */
function entriesOf(text: string): readonly ReadonlyMap<string, string>[] {
  const entries: Map<string, string>[] = [];
  for (const { key, value } of text.split('\n').flatMap((line) => readLine(line) ?? [])) {
    if (key === 'LABEL') entries.push(new Map());
    entries.at(-1)?.set(key, value);
  }
  return entries;
}

/** What the marker of our entry says, and the text of the entry. */
function findBlock(text: string) {
  const found = BLOCK.exec(text);
  if (found?.groups === undefined) return undefined;
  const { id = '', words = '', before = '' } = found.groups;
  // The old label is last: it may have spaces in it.
  const [flags = '', was] = words.split(/ was=(.*)/);
  const has = (flag: string) => flags.split(' ').includes(flag);
  return {
    block: found[0],
    id,
    before,
    was,
    isTrial: has('trial'),
    isJoined: has('joined'),
    hasCr: has('cr'),
  };
}

/** The file without our entry, byte for byte what it was before. */
export function withoutOurs(text: string): string {
  const found = findBlock(text);
  if (found === undefined) return text;
  const rest = text.replace(found.block, () => (found.isJoined ? '' : found.before));
  return found.was === undefined || !isOurDefault(text)
    ? rest
    : replaceDefault(rest, found.was, found.hasCr ? '\r' : '');
}

function isOurDefault(text: string): boolean {
  const lines = text.split('\n').flatMap((line) => readLine(line) ?? []);
  return lines.some(({ key, value }) => key === 'DEFAULT' && value === OUR_LABEL);
}

/** Our entry in a file: its id, and whether it is what the board boots. */
export function readOurs(text: string): { readonly id: string; readonly boot: Boot } | undefined {
  const found = findBlock(text);
  if (found === undefined) return undefined;
  const started = found.isTrial ? 'trial' : 'default';
  return { id: found.id, boot: isOurDefault(text) ? started : 'no' };
}

/**
 * The file with our entry as its last: a copy of the primary entry with another kernel and device tree. Every other
 * byte stays; a file that has this entry already comes back as it is.
 *
 * @param boot whether the board starts it by itself: `trial` = the next time only
 * @throws {EnvironmentError} the file has ten entries, none to copy, or no command line to start from
 */
export function withOurs(text: string, entry: OurEntry, boot: Boot): string {
  const before = withoutOurs(text);
  const entries = entriesOf(before);
  refuse(entries);
  const primary =
    entries.find((each) => each.get('LABEL') === 'primary') ?? entries[0] ?? new Map<string, string>();
  const was = boot === 'no' ? undefined : defaultOf(before);
  const isJoined = before !== '' && !before.endsWith('\n');
  const words = [
    ...(boot === 'trial' ? [' trial'] : []),
    ...(isJoined ? [' joined'] : []),
    ...(was?.hasCr ? [' cr'] : []),
    ...(was !== undefined ? [` was=${was.label}`] : []),
  ];
  const block = [
    `# >>> bpmp-virt ${entry.id}${words.join('')}`,
    ...(boot !== 'no' && was === undefined ? [`DEFAULT ${OUR_LABEL}`] : []),
    ...entryLines(entry, primary),
    '# <<< bpmp-virt',
    '',
  ].join('\n');
  const start = was !== undefined ? replaceDefault(before, OUR_LABEL, '') : before;
  return `${start}${isJoined ? '\n' : ''}${block}`;
}

/** How long UEFI shows its menu, in tenths of a second; 0: not at all. */
export function menuTimeout(text: string): number {
  const lines = text.split('\n').flatMap((line) => readLine(line) ?? []);
  const value = lines.findLast(({ key }) => key === 'TIMEOUT')?.value ?? '';
  return /^\d+$/.test(value) ? Number(value) : 0;
}

/** The initial RAM disk of our entry, which is the primary entry's; undefined where there is none of either. */
export function initrdOf(text: string): string | undefined {
  return entriesOf(text)
    .find((each) => each.get('LABEL') === OUR_LABEL)
    ?.get('INITRD');
}

/** What the one DEFAULT line says; undefined where there is none. */
function defaultOf(text: string): { readonly label: string; readonly hasCr: boolean } | undefined {
  const lines = [...text.matchAll(DEFAULT_LINE)];
  if (lines.length > 1)
    throw new EnvironmentError(
      'extlinux.conf has several DEFAULT lines, and which one UEFI follows is not known',
      'Leave one of them.',
    );
  const [, , label, rest] = lines[0] ?? [];
  return label === undefined ? undefined : { label, hasCr: rest === '\r' };
}

function refuse(entries: readonly ReadonlyMap<string, string>[]): void {
  if (entries.length === 0)
    throw new EnvironmentError(
      'extlinux.conf has no entry to copy',
      'Put the stock file back and deploy again.',
    );
  if (entries.some((each) => each.get('LABEL') === OUR_LABEL))
    throw new EnvironmentError(
      `extlinux.conf has an entry ${OUR_LABEL} that this tool did not make`,
      'Give that entry another LABEL.',
    );
  if (entries.length >= MAX_ENTRIES)
    throw new EnvironmentError(
      `extlinux.conf has ${entries.length} entries, and UEFI reads ${MAX_ENTRIES}: one more would overwrite the last`,
      'Remove an entry that you do not need.',
    );
}

function entryLines(entry: OurEntry, primary: ReadonlyMap<string, string>): readonly string[] {
  const initrd = primary.get('INITRD');
  return [
    `LABEL ${OUR_LABEL}`,
    `      MENU LABEL BPMP virtualisation ${entry.id}`,
    `      LINUX ${entry.linux}`,
    ...(initrd === undefined || initrd === '' ? [] : [`      INITRD ${initrd}`]),
    `      FDT ${entry.fdt}`,
    ...(entry.overlays.length === 0 ? [] : [`      OVERLAYS ${entry.overlays.join(',')}`]),
    `      APPEND ${commandLine(entry, primary.get('APPEND'))}`,
  ];
}

/** The primary's own words, then ours. An entry without APPEND crashes the UEFI of r36.3, so each gets one. */
function commandLine({ args, root }: OurEntry, append: string | undefined): string {
  const own = append === undefined || append === '' ? undefined : append;
  if (own === undefined && root === undefined)
    throw new EnvironmentError(
      'the primary entry of extlinux.conf has no APPEND, and the running kernel was told no root=',
      'Give the primary entry its APPEND line (`cat /proc/cmdline` on the board) and deploy again.',
    );
  const start = own ?? `\${cbootargs} root=${root} rw rootwait`;
  return [start, ...args.filter((arg) => !start.split(/[ \t]+/).includes(arg))].join(' ');
}

/** A carriage return in DEFAULT may count as part of the label, so it is taken off with the old one, and put back. */
function replaceDefault(text: string, label: string, end: '' | '\r'): string {
  return text.replace(DEFAULT_LINE, (_all, key: string, _value: string, rest: string) => {
    const separated = /[ \t]$/.test(key) ? key : `${key} `;
    return `${separated}${label}${rest.replace(/^\r$/, '')}${end}`;
  });
}
