// SPDX-License-Identifier: Apache-2.0

import { Bug } from '../errors.ts';
import { buildClockTree, type ClockNode } from './clock-tree.ts';
import type { Master } from './master.ts';

type Clock = ClockNode & {
  parent: Clock | undefined;
  /** Hz; of sources only. */
  rate: number;
  /** Divider in half steps. */
  divider: number;
  /** Masters that want it, the firmware itself, and running children. */
  users: number;
};

/** Widest divider, in half steps: 16 bits, as the UARTs have. */
const MAX_HALVES = 65_537;
/** What a PLL can be set to, Hz. */
const PLL_RANGE = [1_000_000, 4_000_000_000] as const;

/** All clocks and their state. Ids that do not exist give undefined or false; the caller makes that an error. */
export class ClockBank {
  readonly maxId: number;
  readonly #clocks: readonly (Clock | undefined)[];

  constructor(tree: readonly ClockNode[] = buildClockTree()) {
    const clocks: Clock[] = [];
    for (const node of tree) {
      clocks[node.id] = {
        ...node,
        parent: undefined,
        rate: node.sourceRate ?? 0,
        divider: node.halves,
        users: 0,
      };
    }
    this.#clocks = clocks;
    this.maxId = clocks.length - 1;
    for (const { id, parents } of tree) this.#existing(id).parent = clocks[parents[0] ?? -1];
    for (const { id, heldByFirmware } of tree) if (heldByFirmware) start(this.#existing(id));
  }

  /** The clock as the hardware has it. */
  get(id: number): ClockNode | undefined {
    return this.#clocks[id];
  }

  parentOf(id: number): number {
    return this.#clocks[id]?.parent?.id ?? 0;
  }

  /** Hz. */
  rateOf(id: number): number {
    return rateOf(this.#existing(id));
  }

  /** The rate, in Hz, that setting `wanted` would give: the nearest one that is not above it. */
  round(id: number, wanted: number): number {
    const clock = this.#existing(id);
    if (!clock.settable) return rateOf(clock);
    if (clock.sourceRate !== undefined) return Math.min(Math.max(wanted, PLL_RANGE[0]), PLL_RANGE[1]);
    return divided(clock.parent, dividerFor(clock.parent, wanted));
  }

  /** Set the rate; gives what it is now, in Hz. */
  setRate(id: number, wanted: number): number {
    const clock = this.#existing(id);
    if (clock.settable && clock.sourceRate !== undefined) clock.rate = this.round(id, wanted);
    else if (clock.settable) clock.divider = dividerFor(clock.parent, wanted);
    return rateOf(clock);
  }

  /** Choose a parent; false where that is none of the possible ones. */
  setParent(id: number, parentId: number): boolean {
    const clock = this.#existing(id);
    const parent = this.#clocks[parentId];
    if (parent === undefined || !clock.parents.includes(parentId)) return false;
    if (clock.users > 0) start(parent);
    if (clock.users > 0 && clock.parent !== undefined) stop(clock.parent);
    clock.parent = parent;
    return true;
  }

  /** What `master` wants of the clock. Wanting twice is wanting once. */
  want(master: Master, id: number, on: boolean): void {
    const clock = this.#existing(id);
    if (master.clocks.has(id) === on) return;
    if (on) {
      master.clocks.add(id);
      start(clock);
    } else {
      master.clocks.delete(id);
      stop(clock);
    }
  }

  /** Let `master` have what the boot chain left on for it. */
  inherit(master: Master): void {
    for (const clock of this.#clocks) if (clock?.leftOn) this.want(master, clock.id, true);
  }

  /** Whether it runs, whoever wants it. */
  isRunning(id: number): boolean {
    return (this.#clocks[id]?.users ?? 0) > 0;
  }

  /** Every clock's state in words that can be compared. */
  snapshot(): Record<string, string> {
    const state: Record<string, string> = {};
    for (const clock of this.#clocks) {
      if (clock === undefined) continue;
      const from = clock.parent === undefined ? '' : ` from ${clock.parent.name}`;
      state[clock.name] = `${clock.users > 0 ? 'on' : 'off'} ${rateOf(clock)} Hz${from}`;
    }
    return state;
  }

  #existing(id: number): Clock {
    const clock = this.#clocks[id];
    if (clock === undefined) throw new Bug(`no clock ${id}`);
    return clock;
  }
}

/** A running clock needs its parent, that one its own, and so on. */
function start(clock: Clock): void {
  clock.users += 1;
  if (clock.users === 1 && clock.parent !== undefined) start(clock.parent);
}

function stop(clock: Clock): void {
  clock.users -= 1;
  if (clock.users === 0 && clock.parent !== undefined) stop(clock.parent);
}

function rateOf(clock: Clock): number {
  return clock.sourceRate === undefined ? divided(clock.parent, clock.divider) : clock.rate;
}

function divided(parent: Clock | undefined, halves: number): number {
  return parent === undefined ? 0 : Math.floor((rateOf(parent) * 2) / halves);
}

function dividerFor(parent: Clock | undefined, wanted: number): number {
  const source = parent === undefined ? 0 : rateOf(parent);
  return Math.min(Math.max(Math.ceil((source * 2) / Math.max(wanted, 1)), 2), MAX_HALVES);
}
