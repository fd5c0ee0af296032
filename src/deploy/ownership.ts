// SPDX-License-Identifier: Apache-2.0
import { EnvironmentError } from '../errors.ts';
import type { BoardFile } from './bundle-files.ts';
import type { BoardFacts } from './facts.ts';
import { pathsOf, readMenu } from './uefi-menu.ts';

/** How many paths an error names. */
const NAMED = 5;

/** Whether somebody has changed a file since we put it there. */
export function isEdited({ deployed, put }: BoardFacts, path: string): boolean {
  const now = deployed.get(path) ?? 'missing';
  const sums = put.get(path) ?? new Set();
  // `-`: a record from before sums were kept.
  return now !== 'missing' && !sums.has('-') && !sums.has(now);
}

/**
 * Nothing that is on the board and is not ours is written over.
 *
 * @returns paths where the very file is already, put there by somebody else: they are left alone, and stay that person's
 * @throws {EnvironmentError} another file is in the way
 */
export function requireOurPlaces(files: readonly BoardFile[], { here }: BoardFacts): readonly string[] {
  const foreignFiles = files.filter(({ to, sha256 }) => here.has(to) && here.get(to) !== sha256);
  if (foreignFiles.length > 0)
    throw new EnvironmentError(
      `on the board, and not from this tool: ${list(foreignFiles.map(({ to }) => to))}`,
      'Move it away or rename it, and deploy again; nothing was changed.',
    );
  return files.filter(({ to, sha256 }) => here.get(to) === sha256).map(({ to }) => to);
}

/**
 * No file goes that a live line of the boot menu names.
 *
 * @param text extlinux.conf as it will be
 * @throws {EnvironmentError} one would
 */
export function requireNotLive(text: string, remove: readonly string[]): void {
  const { entries } = readMenu(text);
  const going = new Set(remove);
  for (const entry of entries) {
    const path = pathsOf(entry).find((each) => going.has(each));
    if (path === undefined) continue;
    throw new EnvironmentError(
      `the entry ‘${entry.keys.get('LABEL')}’ of extlinux.conf names ${path}, which would go`,
      'Take that entry out, or give it files of its own, and run this again; nothing was changed.',
    );
  }
}

function list(paths: readonly string[]): string {
  const more = paths.length > NAMED ? ` and ${paths.length - NAMED} more` : '';
  return `${paths.slice(0, NAMED).join(', ')}${more}`;
}
