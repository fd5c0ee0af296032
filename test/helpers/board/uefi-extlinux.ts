// SPDX-License-Identifier: Apache-2.0

/** What UEFI would make of an extlinux.conf. */
export type UefiMenu = {
  timeout?: string;
  default?: string;
  title?: string;
  entries: Record<string, string>[];
};

/**
 * extlinux.conf as L4TLauncher of edk2-nvidia r36.3 reads it, written anew from what it is known to do: keys by
 * prefix and in their case, `#` cuts a line anywhere, spaces and tabs are trimmed, at most ten entries, and the lines
 * after an eleventh LABEL overwrite the tenth entry. edk2's FileHandleReadLine drops carriage returns; they are kept
 * here, so that what depends on them shows: `text.replaceAll('\\r', '')` is what UEFI has.
 */
export function readAsUefi(text: string): UefiMenu {
  const menu: UefiMenu = { entries: [] };
  for (const line of text.split('\n').map((raw) => trim(raw.split('#')[0] ?? ''))) {
    const key = KEYS.find((each) => line.startsWith(each));
    if (key !== undefined) take(menu, key, trim(line.slice(key.length)));
  }
  return menu;
}

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

function trim(line: string): string {
  return line.replace(/^[ \t]*/, '').replace(/[ \t]*$/, '');
}

function take(menu: UefiMenu, key: string, value: string): void {
  const entry = menu.entries.at(-1);
  if (key === 'TIMEOUT') menu.timeout = value;
  else if (key === 'DEFAULT') menu.default = value;
  else if (key === 'MENU TITLE') menu.title = value;
  else if (key === 'LABEL') {
    if (menu.entries.length < 10) menu.entries.push({ LABEL: value });
  } else if (entry !== undefined) entry[key] = value;
}

/** The entry that UEFI starts by itself: the one that DEFAULT names exactly, else the first. */
export function startedByUefi(menu: UefiMenu): Record<string, string> | undefined {
  return menu.entries.find((entry) => entry['LABEL'] === menu.default) ?? menu.entries[0];
}
