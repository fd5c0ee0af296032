// SPDX-License-Identifier: Apache-2.0
import type { FirmwareState } from '../firmware/model.ts';
import type { TransferEntry } from '../firmware/transcript.ts';

/** What changed between two states, one line a thing; empty where nothing did. */
export function stateChanges(before: FirmwareState, after: FirmwareState): readonly string[] {
  const kinds = [
    ['clock', before.clocks, after.clocks],
    ['reset', before.resets, after.resets],
    ['power domain', before.domains, after.domains],
  ] as const;
  return kinds.flatMap(([kind, was, is]) =>
    Object.keys(is)
      .filter((name) => was[name] !== is[name])
      .map((name) => `${kind} ${name}: ${was[name]} -> ${is[name]}`),
  );
}

/** What changes something: the command and a verb for people. */
const CHANGES: Readonly<Record<string, string>> = {
  'CLK ENABLE': 'clock on',
  'CLK DISABLE': 'clock off',
  'CLK SET_RATE': 'clock rate',
  'CLK SET_PARENT': 'clock parent',
  'RESET ASSERT': 'reset asserted',
  'RESET DEASSERT': 'reset released',
  'RESET MODULE': 'reset pulsed',
  'PG SET_STATE': 'power domain',
};

/** What transfers switched, in order: `clock on: uarta`, each once with how often. */
export function switched(transfers: readonly TransferEntry[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { mrq, cmd, name, id, status, ret } of transfers) {
    const verb = CHANGES[`${mrq} ${cmd ?? ''}`];
    if (verb === undefined || status !== 0 || ret !== 0) continue;
    const what = `${verb}: ${name ?? id}`;
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  return [...counts].map(([what, count]) => (count === 1 ? what : `${what} (${count} times)`));
}

/** Numbers of /sys/kernel/debug/bpmp-host/NODE/stats, by node: `node NAME` lines, then `word count` lines. */
export function parseStats(text: string): ReadonlyMap<string, Readonly<Record<string, number>>> {
  const nodes = new Map<string, Record<string, number>>();
  let node: Record<string, number> = {};
  for (const line of text.split('\n')) {
    const [word = '', value = ''] = line.split(' ');
    if (word === 'node') {
      node = {};
      nodes.set(value, node);
    } else if (word !== '') {
      node[word] = Number(value);
    }
  }
  return nodes;
}
