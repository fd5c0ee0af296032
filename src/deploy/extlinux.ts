// SPDX-License-Identifier: Apache-2.0
import { EnvironmentError } from '../errors.ts';
import { findOurs, formatMarker, type Marker, OUR_BOOT, OUR_LABEL } from './our-marker.ts';
import { MAX_ENTRIES, type Menu, type MenuEntry, pathsOf, readMenu, startedEntry } from './uefi-menu.ts';

/** Our entry: paths as UEFI sees them, absolute, on the partition that holds extlinux.conf. */
export type OurEntry = {
  /** Names the deployment: in the menu and in the marker. */
  readonly id: string;
  readonly linux: string;
  readonly fdt: string;
  /** Device tree overlays; UEFI applies them only to an entry that has FDT. */
  readonly overlays: readonly string[];
  /** Added to the command line of the entry that is copied. */
  readonly args: readonly string[];
  /** Where the root file system is, for an entry that does not say it. */
  readonly root: string | undefined;
  /** boot_id of the boot in which a trial is armed. */
  readonly bootId?: string;
};

/** The state of our entry in a file. */
export type Boot = 'no' | 'trial' | 'default';

/** Our entry in a file: its id, whether it is what the board boots, and in which boot a trial was armed. */
export type EntryState = { readonly id: string; readonly boot: Boot; readonly armedIn?: string };

/**
 * The file without our entry: byte for byte what it was before where nobody else edited it. However it was edited, every
 * line that is not ours stays, and DEFAULT names an entry that is there.
 *
 * @param kept here and below: the markers that the board keeps, see `findOurs`
 */
export function withoutOurs(text: string, kept = ''): string {
  const menu = readMenu(text);
  const { lines, marker, lineEnd } = findOurs(menu, kept);
  const left = menu.lines.map(({ raw }, at) => (lines.has(at) ? '' : raw));
  const isLast = [...lines].every((at) => left.slice(at).every((raw) => raw === ''));
  const rest = left.join('');
  const cut =
    marker?.isJoined === true && isLast && rest.endsWith(lineEnd) ? rest.slice(0, -lineEnd.length) : rest;
  return putDefaultBack(cut, marker);
}

/** Where DEFAULT says our label and no entry has it, it gets what it was, or an entry that is there and has a kernel. */
function putDefaultBack(text: string, marker: Marker | undefined): string {
  const { entries, lines } = readMenu(text);
  if (entries.some(({ keys }) => keys.get('LABEL') === OUR_LABEL) || !lines.some(isDefault)) return text;
  const bootable = entries.filter(hasKernel);
  const labels = (bootable.length === 0 ? entries : bootable).map(({ keys }) => keys.get('LABEL') ?? '');
  const { was, isDangling, hasCr } = marker ?? {};
  const label =
    was !== undefined && (isDangling === true || labels.includes(plain(was)))
      ? was
      : (labels.find((each) => each === 'primary') ?? labels[0]);
  if (label === undefined) return text;
  return lines
    .map((line) => (isDefault(line) ? withValue(line.raw, label, hasCr === true ? '\r' : '') : line.raw))
    .join('');
}

/** UEFI starts nothing of an entry without LINUX: U-Boot's KERNEL is unknown to it. */
const hasKernel = ({ keys }: MenuEntry) => (keys.get('LINUX') ?? '') !== '';
const isDefault = ({ key, value }: Menu['lines'][number]) => key === 'DEFAULT' && value === OUR_LABEL;
const plain = (label: string) => label.replaceAll('\r', '');

/** Our entry in a file; undefined where there is none. */
export function readOurs(text: string, kept = ''): EntryState | undefined {
  const menu = readMenu(text);
  const { entry, marker } = findOurs(menu, kept);
  if (entry === undefined) return undefined;
  const path = pathsOf(entry).find((each) => each.startsWith(OUR_BOOT)) ?? OUR_BOOT;
  const id = marker?.id || path.slice(OUR_BOOT.length).replace(/\/.*/, '');
  const isStarted = startedEntry(menu)?.at === entry.at;
  const started = marker?.isTrial === true ? 'trial' : 'default';
  const armedIn = isStarted && marker?.isTrial === true ? marker.armedIn : undefined;
  return { id, boot: isStarted ? started : 'no', ...(armedIn === undefined ? {} : { armedIn }) };
}

/**
 * The file with our entry as its last: a copy of the entry that the board starts by itself, with another kernel and
 * device tree. Every other byte stays; a file that has this entry already comes back as it is.
 *
 * @param boot whether the board starts it by itself: `trial` = the next time only
 * @throws {EnvironmentError} the file has ten entries, none to copy, or no command line to start from
 */
export function withOurs(text: string, entry: OurEntry, boot: Boot, kept = ''): string {
  const before = withoutOurs(text, kept);
  const menu = readMenu(before);
  refuse(before, menu);
  const was = boot === 'no' ? undefined : defaultLine(menu);
  const isJoined = !before.endsWith('\n');
  const block = [
    formatMarker({
      id: entry.id,
      isTrial: boot === 'trial',
      isJoined,
      hasCr: was?.hasCr === true,
      isDangling: was !== undefined && startedEntry(menu)?.keys.get('LABEL') !== plain(was.label),
      ...(boot === 'trial' && entry.bootId !== undefined ? { armedIn: entry.bootId } : {}),
      ...(was === undefined ? {} : { was: was.label }),
    }),
    ...(boot !== 'no' && was === undefined ? [`DEFAULT ${OUR_LABEL}`] : []),
    ...entryLines(entry, startedEntry(menu)),
    '# <<< bpmp-virt',
    '',
  ].join('\n');
  const lines = menu.lines.map(({ key, raw }) =>
    was !== undefined && key === 'DEFAULT' ? withValue(raw, OUR_LABEL, '') : raw,
  );
  const result = `${lines.join('')}${isJoined ? '\n' : ''}${block}`;
  requireSame(menu, readMenu(result), boot);
  return result;
}

/** Read back as UEFI does: ours is the last entry, the others are what they were, and the right one is started. */
function requireSame(before: Menu, after: Menu, boot: Boot): void {
  const words = ({ entries }: Menu) => entries.map(({ keys }) => JSON.stringify([...keys]));
  const started = startedEntry(after)?.at;
  const wanted = boot === 'no' ? startedEntry(before)?.at : before.entries.length;
  if (words(after).slice(0, -1).join() === words(before).join() && started === wanted) return;
  throw new EnvironmentError(
    'UEFI would not read extlinux.conf with our entry as it is meant',
    'Bring the file into the form of a stock board’s: LABEL, LINUX, INITRD and APPEND of each entry, one per line.',
  );
}

/** How long UEFI shows its menu, in tenths of a second; 0: not at all. */
export function menuTimeout(text: string): number {
  return readMenu(text).timeout;
}

/** The initial RAM disk of our entry, which is that of the copied entry; undefined where there is none of either. */
export function initrdOf(text: string): string | undefined {
  return findOurs(readMenu(text)).entry?.keys.get('INITRD');
}

/** The command line of our entry, as it stands there; empty where there is none. */
export function appendOf(text: string): string {
  return findOurs(readMenu(text)).entry?.keys.get('APPEND') ?? '';
}

/** The entry that a board starts without us: what ours is a copy of. */
export function templateOf(text: string, kept = ''): MenuEntry | undefined {
  return startedEntry(readMenu(withoutOurs(text, kept)));
}

/** What the one DEFAULT line says, as it stands there; undefined where there is none. */
function defaultLine({ lines }: Menu): { readonly label: string; readonly hasCr: boolean } | undefined {
  const [line, more] = lines.filter(({ key }) => key === 'DEFAULT');
  if (more !== undefined)
    throw new EnvironmentError(
      'extlinux.conf has several DEFAULT lines: UEFI follows the last, and other readers the first',
      'Leave one of them.',
    );
  if (line === undefined) return undefined;
  const { value = '', end = '' } = parts(line.raw);
  return { label: value, hasCr: end.startsWith('\r') };
}

/** `DEFAULT`, blanks; the label; what follows it: blanks, a comment, the line's end. */
function parts(raw: string): { key?: string; value?: string; rest?: string; end?: string } {
  return (
    /^(?<key>[ \t]*DEFAULT[ \t]*)(?<value>[^#\n]*?)(?<rest>[ \t]*(?:#[^\n]*?)?)(?<end>\r?\n?)$/.exec(raw)
      ?.groups ?? {}
  );
}

/** A carriage return in DEFAULT may count as part of the label, so it is taken off with the old one, and put back. */
function withValue(raw: string, label: string, cr: '' | '\r'): string {
  const { key = 'DEFAULT ', rest = '', end = raw.endsWith('\n') ? '\n' : '' } = parts(raw);
  const separated = /[ \t]$/.test(key) ? key : `${key} `;
  // Behind a comment it is not part of the label, and stays.
  const stays = rest.includes('#') && end.startsWith('\r') ? '\r' : cr;
  return `${separated}${label}${rest}${stays}${end.replace('\r', '')}`;
}

function refuse(text: string, menu: Menu): void {
  const { entries, labels } = menu;
  const started = startedEntry(menu);
  const refusals: readonly (readonly [boolean, string, string])[] = [
    [
      text.startsWith('\xff\xfe'),
      'extlinux.conf is UTF-16, which UEFI reads and this tool does not write',
      'Save it as plain text.',
    ],
    [entries.length === 0, 'extlinux.conf has no entry to copy', 'Put the stock file back and deploy again.'],
    [
      started !== undefined && !hasKernel(started),
      `the entry ${started?.keys.get('LABEL')} of extlinux.conf, which the board boots, has no LINUX: UEFI cannot start it`,
      'Give that entry its LINUX line, or let DEFAULT name an entry that has one.',
    ],
    [
      entries.some(({ keys }) => keys.get('LABEL') === OUR_LABEL),
      `extlinux.conf has an entry ${OUR_LABEL} that this tool did not make`,
      'Give that entry another LABEL.',
    ],
    [
      labels >= MAX_ENTRIES,
      `extlinux.conf has ${labels} entries, and UEFI reads ${MAX_ENTRIES}: one more would overwrite the last`,
      'Remove an entry that you do not need.',
    ],
  ];
  const refusal = refusals.find(([applies]) => applies);
  if (refusal !== undefined) throw new EnvironmentError(refusal[1], refusal[2]);
}

function entryLines(entry: OurEntry, template: MenuEntry | undefined): readonly string[] {
  const initrd = template?.keys.get('INITRD');
  return [
    `LABEL ${OUR_LABEL}`,
    `      MENU LABEL BPMP virtualisation ${entry.id}`,
    `      LINUX ${entry.linux}`,
    ...(initrd === undefined || initrd === '' ? [] : [`      INITRD ${initrd}`]),
    `      FDT ${entry.fdt}`,
    ...(entry.overlays.length === 0 ? [] : [`      OVERLAYS ${entry.overlays.join(',')}`]),
    `      APPEND ${commandLine(entry, template?.keys.get('APPEND'))}`,
  ];
}

/** The copied entry's own words, then ours. An entry without APPEND crashes the UEFI of r36.3, so each gets one. */
function commandLine({ args, root }: OurEntry, append: string | undefined): string {
  const own = append === undefined || append === '' ? undefined : append;
  if (own === undefined && root === undefined)
    throw new EnvironmentError(
      'the entry of extlinux.conf that the board boots has no APPEND, and the running kernel was told no root=',
      'Give that entry its APPEND line (`cat /proc/cmdline` on the board) and deploy again.',
    );
  const words = (own ?? `\${cbootargs}`).split(/[ \t]+/);
  const where = root === undefined || words.some(isRoot) ? [] : [`root=${root}`, 'rw', 'rootwait'];
  const ours = [...where, ...args].filter((arg) => !words.includes(arg));
  // What is copied stays to the letter, but for what names another entry of ours.
  const start = (own ?? `\${cbootargs}`).replace(/[ \t]+bpmp_virt\.entry=\S*/g, '');
  return [start, ...ours].join(' ');
}

const isRoot = (word: string) => word.startsWith('root=');

/** The root= of a command line; the last counts, as for the kernel. */
export function rootOf(cmdline: string): string | undefined {
  return cmdline.split(/\s+/).findLast(isRoot)?.slice('root='.length);
}
