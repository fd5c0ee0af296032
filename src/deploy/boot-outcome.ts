// SPDX-License-Identifier: Apache-2.0
import { runningEntry } from './board-rules.ts';
import { type EntryState, readOurs } from './extlinux.ts';
import type { BoardFacts } from './facts.ts';
import { pathsOf, readMenu, startedEntry } from './uefi-menu.ts';

/**
 * What became of our entry: none is there; the board runs it; it is armed and the board has not restarted since; the
 * board restarted and runs something else; or none of these.
 */
export type BootOutcome = 'none' | 'running' | 'armed' | 'not-started' | 'idle';

/** What was armed, compared with what the board booted. */
export function outcomeOf(facts: BoardFacts): BootOutcome {
  const ours = oursOf(facts);
  if (ours === undefined) return 'none';
  if (runningEntry(facts) === ours.id) return 'running';
  if (ours.boot === 'no') return 'idle';
  // A confirmed entry was confirmed while it ran: any boot that is not ours is not what the menu says.
  if (ours.boot === 'default') return 'not-started';
  return ours.armedIn === undefined || ours.armedIn === facts.bootId ? 'armed' : 'not-started';
}

function oursOf(facts: BoardFacts): EntryState | undefined {
  return facts.extlinux === undefined ? undefined : readOurs(facts.extlinux.text, facts.markers);
}

/** Why UEFI may not have started the entry that the menu names, the likeliest first. */
export function whyNotStarted(facts: BoardFacts): readonly string[] {
  const { text = '' } = facts.extlinux ?? {};
  const menu = readMenu(text);
  const started = startedEntry(menu);
  const gone = (started === undefined ? [] : pathsOf(started)).filter(
    (path) => facts.absent.has(path) || facts.deployed.get(path) === 'missing',
  );
  return [
    ...gone.map((path) => `${path} is not there: UEFI then starts the flashed kernel (partition A_kernel)`),
    ...(facts.secureBoot ? ['secure boot is on: an entry without signatures is not started'] : []),
    ...(facts.bootMode !== undefined && facts.bootMode > 1
      ? [`boot mode ${facts.bootMode} does not read extlinux.conf`]
      : []),
    'UEFI read no extlinux.conf, or another one: the partition APP of another disk or slot, or a file system that it cannot read',
    'UEFI could not load a file of the entry, and started the flashed kernel (partition A_kernel) in its place',
    'the kernel hung before its root file system, and the board was switched off and another entry chosen',
  ];
}

/** The sentence that `--status`, `--confirm` and `--boot-next` have for it. */
export function notStarted(facts: BoardFacts): string {
  const id = oursOf(facts)?.id ?? '';
  return `UEFI did not start the entry ${id}: it was the next to boot, the board has restarted since, and runs kernel ${facts.kernel}`;
}
