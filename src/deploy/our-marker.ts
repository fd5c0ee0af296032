// SPDX-License-Identifier: Apache-2.0
import { type Menu, type MenuEntry, type MenuLine, pathsOf } from './uefi-menu.ts';

/** The label of our entry. */
export const OUR_LABEL = 'bpmp-virt';
/** Where our boot files are, as UEFI and the board see it: a folder for each id below it. */
export const OUR_BOOT = '/boot/bpmp-virt/';

/** Kernel argument of our entry, with its id: the kernel passes over one of a module that it does not have, and it is in /proc/cmdline. */
export const ENTRY_ARG = 'bpmp_virt.entry';

/** The comment before our entry: what has to be known to take it out again. */
export type Marker = {
  readonly id: string;
  /** DEFAULT names our entry for one boot only. */
  readonly isTrial: boolean;
  /** boot_id of the board while the trial was armed. */
  readonly armedIn?: string;
  /** The file ended without a newline. */
  readonly isJoined: boolean;
  /** The DEFAULT line ended in a carriage return. */
  readonly hasCr: boolean;
  /** What DEFAULT was; undefined where it is not changed, or there was none. */
  readonly was?: string;
  /** `was` named no entry. */
  readonly isDangling: boolean;
};

const OPEN = /^[ \t]*#[ \t]*>>> bpmp-virt(?:[ \t]+(?<id>[^\s=]+))?(?<words>.*)$/;
const CLOSE = /^[ \t]*#[ \t]*<<< bpmp-virt\b/;

/** The line that `parseMarker` reads. The old label is last: it may have blanks in it. */
export function formatMarker(marker: Marker): string {
  const { id, isTrial, armedIn, isJoined, hasCr, was, isDangling } = marker;
  return [
    `# >>> bpmp-virt ${id}`,
    ...(isTrial ? ['trial'] : []),
    ...(armedIn === undefined ? [] : [`boot=${armedIn}`]),
    ...(isJoined ? ['joined'] : []),
    ...(hasCr ? ['cr'] : []),
    ...(isDangling ? ['dangling'] : []),
    ...(was === undefined ? [] : [`was=${was}`]),
  ].join(' ');
}

/** The marker in a line; undefined where it is none. */
function parseMarker(raw: string): Marker | undefined {
  const groups = OPEN.exec(raw.replace(/[\r\n]+$/, ''))?.groups;
  if (groups === undefined) return undefined;
  const [flags = '', was] = (groups['words'] ?? '').split(/ was=(.*)/);
  const words = flags.split(/[ \t]+/);
  const armedIn = words.find((word) => word.startsWith('boot='))?.slice('boot='.length);
  return {
    id: groups['id'] ?? '',
    isTrial: words.includes('trial'),
    isJoined: words.includes('joined'),
    hasCr: words.includes('cr'),
    isDangling: words.includes('dangling'),
    ...(armedIn === undefined ? {} : { armedIn }),
    ...(was === undefined ? {} : { was: was.replace(/[ \t]+$/, '') }),
  };
}

/** What of a menu is ours, however somebody has edited it meanwhile. */
export type Found = {
  readonly entry: MenuEntry | undefined;
  readonly marker: Marker | undefined;
  /** Numbers of the lines that are ours: markers, the entry's keys, a DEFAULT that we added. */
  readonly lines: ReadonlySet<number>;
  /** The end of the line that has the marker. */
  readonly lineEnd: string;
};

/** What a line is to us; undefined: a comment or nothing. `default` names our entry, `other` is a key of anybody else's. */
type MarkerKind = 'open' | 'close' | 'default' | 'entry' | 'other' | undefined;

/**
 * Find our entry by its label and kernel, or by its label behind our marker; and the markers about it.
 *
 * @param kept lines of markers that are kept on the board as well: they count where the menu has lost its own
 */
export function findOurs(menu: Menu, kept = ''): Found {
  const entries = ourEntries(menu);
  const kinds = withLeftovers(
    menu.lines,
    menu.lines.map((line) => kindOf(line, entries)),
  );
  const opening = kinds.findIndex((kind, at) => kind === 'open' && isOurs(kinds, at));
  const raw = menu.lines[opening]?.raw ?? '';
  const marker = parseMarker(raw) ?? keptMarker(kept);
  const label = kinds.indexOf('entry', Math.max(opening, 0));
  const added = marker === undefined || marker.was !== undefined ? -1 : addedDefault(kinds, opening, label);
  const ours = kinds.map((_, at) => at).filter((at) => isOurs(kinds, at) || (at === added && at < label));
  return {
    entry: entries[0],
    marker,
    lines: new Set(ours),
    lineEnd: raw.endsWith('\r\n') ? '\r\n' : '\n',
  };
}

/**
 * Our keys between our markers count as ours also where our LABEL is gone: UEFI gives them to the entry before, which then has our
 * command line, and maybe our kernel.
 */
function withLeftovers(lines: Menu['lines'], kinds: readonly MarkerKind[]): readonly MarkerKind[] {
  const opening = kinds.indexOf('open');
  const closing = kinds.indexOf('close', opening);
  if (opening < 0 || closing < 0) return kinds;
  const between = lines.slice(opening + 1, closing);
  const isOurWord = ({ value }: MenuLine) => value.includes(OUR_BOOT) || value.includes(`${ENTRY_ARG}=`);
  if (between.some(({ key }) => key === 'LABEL') || !between.some(isOurWord)) return kinds;
  return kinds.map((kind, at) => (kind === 'other' && at > opening && at < closing ? 'entry' : kind));
}

/** Of several, one of a trial: the tool was cut off while it changed the menu. */
function keptMarker(kept: string): Marker | undefined {
  const markers = kept
    .split('\n')
    .map(parseMarker)
    .filter((marker) => marker !== undefined);
  return markers.findLast(({ isTrial }) => isTrial) ?? markers.at(-1);
}

/** The line of the DEFAULT that we added: behind our opening marker, or, where that is gone, directly before our label. */
function addedDefault(kinds: readonly MarkerKind[], opening: number, label: number): number {
  const at = kinds.lastIndexOf('default', label);
  if (opening >= 0) return at > opening ? at : -1;
  return kinds.slice(at + 1, label).every((kind) => kind === undefined) ? at : -1;
}

function ourEntries(menu: Menu): readonly MenuEntry[] {
  const kinds = menu.lines.map((line) => kindOf(line, []));
  return menu.entries.filter((entry) => {
    if (entry.keys.get('LABEL') !== OUR_LABEL) return false;
    const label = menu.lines.findIndex((line) => line.key === 'LABEL' && line.entry === entry.at);
    const isOurKernel = pathsOf(entry).some((path) => path.startsWith(OUR_BOOT));
    return isOurKernel || neighbour(kinds, label, -1) === 'open';
  });
}

function kindOf({ raw, key, value, entry }: MenuLine, entries: readonly MenuEntry[]): MarkerKind {
  if (parseMarker(raw) !== undefined) return 'open';
  if (CLOSE.test(raw)) return 'close';
  if (key === undefined) return undefined;
  // A DEFAULT of ours stands between the opening marker and the label.
  if (key === 'DEFAULT' && value === OUR_LABEL) return 'default';
  return entries.some(({ at }) => at === entry) ? 'entry' : 'other';
}

/** A marker is ours beside our entry, or around nothing: one whose entry is gone may stand before somebody's. */
function isOurs(kinds: readonly MarkerKind[], at: number): boolean {
  const kind = kinds[at];
  if (kind === 'open') return ['entry', 'close'].includes(neighbour(kinds, at, 1) ?? '');
  if (kind === 'close') return ['entry', 'open'].includes(neighbour(kinds, at, -1) ?? '');
  return kind === 'entry';
}

/** What stands next to a line, comments and a DEFAULT of ours passed over. */
function neighbour(kinds: readonly MarkerKind[], from: number, step: 1 | -1): MarkerKind {
  for (let at = from + step; at >= 0 && at < kinds.length; at += step)
    if (kinds[at] !== undefined && kinds[at] !== 'default') return kinds[at];
  return undefined;
}
