// SPDX-License-Identifier: Apache-2.0
import { TEGRA234_IDS } from '../dt/data/tegra234-ids.ts';
import { MAX_PARENTS } from './abi.ts';
import {
  DEFAULT_PLL_RATE,
  FIXED_RATIOS,
  HELD_BY_FIRMWARE,
  LEFT_ON,
  PARENT_RULES,
  SOURCE_RATES,
} from './clock-rules.ts';
import { CLOCK_KINDS } from './data/clock-kinds.ts';

/** One clock as the hardware has it; what changes at run time is in ClockBank. */
export type ClockNode = {
  readonly id: number;
  readonly name: string;
  /** Ids of every possible parent, the one after power-on first. Empty: a root. */
  readonly parents: readonly number[];
  readonly settable: boolean;
  /** Hz of a source (root or PLL); undefined where the rate is a parent's, divided. */
  readonly sourceRate: number | undefined;
  /** Divider after power-on in half steps (4 = divided by 2). */
  readonly halves: number;
  readonly leftOn: boolean;
  readonly heldByFirmware: boolean;
};

/** Half steps of a divider that software may set, after power-on: divided by 4. */
const DEFAULT_HALVES = 8;

/** Build the tree from the facts and the rules. Ids ascend; ids between them do not exist. */
export function buildClockTree(): readonly ClockNode[] {
  const kinds = new Map(
    Object.entries(CLOCK_KINDS).flatMap(([kind, names]) =>
      names
        .trim()
        .split(/\s/)
        .map((name) => [name, kind]),
    ),
  );
  const ids = idsByName(TEGRA234_IDS.clocks, 'TEGRA234_CLK_');
  return [...ids]
    .sort(([, a], [, b]) => a - b)
    .map(([name, id]) => node(id, name, kinds.get(name) ?? 'gate', ids));
}

/** Names as the firmware gives them: lower case, without the binding's prefix. */
export function idsByName(
  ids: Readonly<Record<string, number>>,
  prefix: string,
): ReadonlyMap<string, number> {
  return new Map(Object.entries(ids).map(([name, id]) => [name.slice(prefix.length).toLowerCase(), id]));
}

function node(id: number, name: string, kind: string, ids: ReadonlyMap<string, number>): ClockNode {
  const parents = parentsOf(name, ids);
  const source = kind === 'pll' || parents.length === 0 ? sourceOf(name) : undefined;
  const ratio = firstMatch(FIXED_RATIOS, name)?.[1];
  const divides = source === undefined && ratio === undefined && (kind === 'mux' || kind === 'divider');
  return {
    id,
    name,
    // Only hardware with a mux can choose; a gate or a PLL hangs on the first.
    parents: kind === 'mux' ? parents : parents.slice(0, 1),
    settable: divides || source?.fixed === false,
    sourceRate: source?.rate,
    halves: divides ? DEFAULT_HALVES : 2 * (ratio ?? 1),
    leftOn: LEFT_ON.test(name),
    heldByFirmware: HELD_BY_FIRMWARE.test(name),
  };
}

function parentsOf(name: string, ids: ReadonlyMap<string, number>): number[] {
  const [pattern, parents] = firstMatch(PARENT_RULES, name) ?? [/^/, ''];
  return name
    .replace(pattern, parents)
    .split(' ')
    .flatMap((parent) => ids.get(parent) ?? [])
    .slice(0, MAX_PARENTS);
}

function sourceOf(name: string): { rate: number; fixed: boolean } {
  const [, rate, fixed] = firstMatch(SOURCE_RATES, name) ?? [/^/, DEFAULT_PLL_RATE, false];
  return { rate, fixed };
}

function firstMatch<Rule extends readonly [RegExp, ...unknown[]]>(rules: readonly Rule[], name: string) {
  return rules.find(([pattern]) => pattern.test(name));
}
