// SPDX-License-Identifier: Apache-2.0

/** What UEFI's reader of extlinux.conf keeps; an eleventh entry's lines overwrite the tenth's. */
export const MAX_ENTRIES = 10;

/** Keys that belong to an entry, and those that belong to the whole menu. */
const ENTRY_KEYS = ['LABEL', 'MENU LABEL', 'LINUX', 'INITRD', 'FDT', 'APPEND', 'OVERLAYS'] as const;
const MENU_KEYS = ['TIMEOUT', 'DEFAULT', 'MENU TITLE'] as const;
const KEYS = [...MENU_KEYS, ...ENTRY_KEYS];
type Key = (typeof KEYS)[number];

/** A line of the file with its end, and what UEFI takes from it. */
export type MenuLine = {
  readonly raw: string;
  readonly key: Key | undefined;
  readonly value: string;
  /** Which entry it belongs to; undefined before the first LABEL, and for lines of the whole menu. */
  readonly entry: number | undefined;
};

/** An entry as UEFI has it: the last of a repeated key wins. */
export type MenuEntry = { readonly at: number; readonly keys: ReadonlyMap<Key, string> };

/** A boot menu as UEFI reads it. */
export type Menu = {
  readonly lines: readonly MenuLine[];
  readonly entries: readonly MenuEntry[];
  /** LABEL lines, those beyond the tenth as well. */
  readonly labels: number;
  /** What the last DEFAULT line says. */
  readonly default: string | undefined;
  /** How long the menu is shown, in tenths of a second; 0: not at all. */
  readonly timeout: number;
};

/**
 * extlinux.conf as L4TLauncher of edk2-nvidia reads it (ProcessExtLinuxConfig, CleanExtLinuxLine) through edk2's
 * FileHandleReadLine: carriage returns are dropped wherever they are, a zero byte ends a line, `#` starts a comment
 * anywhere, blanks and tabs are trimmed, keys are matched by prefix and in their case, the last DEFAULT counts.
 *
 * @param text a character a byte (latin1)
 */
export function readMenu(text: string): Menu {
  const entries: { at: number; keys: Map<Key, string> }[] = [];
  let labels = 0;
  const lines = splitLines(text).map((raw): MenuLine => {
    const { key, value } = readLine(raw);
    if (key === undefined || isMenuKey(key)) return { raw, key, value, entry: undefined };
    if (key === 'LABEL') {
      labels += 1;
      // The lines after it go to the tenth; the label itself is passed over.
      if (entries.length < MAX_ENTRIES) entries.push({ at: entries.length, keys: new Map() });
      else return { raw, key, value, entry: undefined };
    }
    const entry = entries.at(-1);
    entry?.keys.set(key, value);
    return { raw, key, value, entry: entry?.at };
  });
  const last = (key: Key) => lines.findLast((line) => line.key === key)?.value;
  return { lines, entries, labels, default: last('DEFAULT'), timeout: decimal(last('TIMEOUT') ?? '') };
}

/** The entry that UEFI starts by itself: the first that DEFAULT names exactly, else the first of all. */
export function startedEntry({ entries, default: label }: Menu): MenuEntry | undefined {
  return entries.find(({ keys }) => keys.get('LABEL') === label) ?? entries[0];
}

/** Files that an entry names, as absolute paths with slashes. */
export function pathsOf({ keys }: MenuEntry): readonly string[] {
  const one = (['LINUX', 'INITRD', 'FDT'] as const).map((key) => keys.get(key) ?? '');
  // UEFI parts overlays at commas alone; at blanks too, so that a path in a wrong list is seen as well.
  return [...one, ...(keys.get('OVERLAYS') ?? '').split(/[, \t]+/)]
    .filter((path) => path !== '')
    .map(cleanPath);
}

/** UEFI's own: either slash, doubled ones, `.` and `..`. */
function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split(/[/\\]+/)) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

/** Lines with their ends; the last may have none. */
function splitLines(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function readLine(raw: string): { readonly key: Key | undefined; readonly value: string } {
  const line = trim((raw.replace(/[\r\n]/g, '').split('\0')[0] ?? '').split('#')[0] ?? '');
  const key = KEYS.find((each) => line.startsWith(each));
  return { key, value: key === undefined ? '' : trim(line.slice(key.length)) };
}

function isMenuKey(key: Key): boolean {
  return MENU_KEYS.some((each) => each === key);
}

function trim(text: string): string {
  return text.replace(/^[ \t]+/, '').replace(/[ \t]+$/, '');
}

/** StrDecimalToUintn: digits at the start, 0 where there are none. */
function decimal(text: string): number {
  return Number(/^\d{1,9}/.exec(text)?.[0] ?? '0');
}
