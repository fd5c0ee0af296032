// SPDX-License-Identifier: Apache-2.0
import { TEGRA234_IDS } from '../dt/data/tegra234-ids.ts';
import { Bug } from '../errors.ts';
import { POWERED_AT_BOOT, RELEASED_AT_BOOT } from './clock-rules.ts';
import { idsByName } from './clock-tree.ts';
import type { Master } from './master.ts';

type SwitchedLine = {
  readonly id: number;
  readonly name: string;
  readonly atBoot: boolean;
  on: boolean;
  users: number;
};

class Lines {
  readonly maxId: number;
  protected readonly lines: readonly (SwitchedLine | undefined)[];

  constructor(ids: ReadonlyMap<string, number>, atBoot: RegExp) {
    const lines: SwitchedLine[] = [];
    for (const [name, id] of ids) {
      const on = atBoot.test(name);
      lines[id] = { id, name, atBoot: on, on, users: on ? 1 : 0 };
    }
    this.lines = lines;
    this.maxId = lines.length - 1;
  }

  nameOf(id: number): string | undefined {
    return this.lines[id]?.name;
  }

  protected line(id: number): SwitchedLine {
    const line = this.lines[id];
    if (line === undefined) throw new Bug(`no line ${id}`);
    return line;
  }
}

/**
 * Reset lines. A line is one wire, whoever pulls it; the firmware remembers who released it, so that a line goes
 * back to reset when the last of those is gone.
 */
export class ResetBank extends Lines {
  constructor() {
    super(idsByName(TEGRA234_IDS.resets, 'TEGRA234_RESET_'), RELEASED_AT_BOOT);
  }

  assert(master: Master, id: number): void {
    this.line(id).on = false;
    this.#forget(master, id);
  }

  release(master: Master, id: number): void {
    const line = this.line(id);
    line.on = true;
    if (master.released.has(id)) return;
    master.released.add(id);
    line.users += 1;
  }

  /** `master` is gone: what it alone had released is reset. */
  leave(master: Master): void {
    for (const id of [...master.released]) {
      this.#forget(master, id);
      const line = this.line(id);
      if (line.users === 0) line.on = false;
    }
  }

  isAsserted(id: number): boolean {
    return !(this.lines[id]?.on ?? false);
  }

  snapshot(): Record<string, string> {
    return words(this.lines, 'released', 'asserted');
  }

  #forget(master: Master, id: number): void {
    if (master.released.delete(id)) this.line(id).users -= 1;
  }
}

/** Power domains: on while any master wants them. Those that are on at boot are held by the firmware as well. */
export class DomainBank extends Lines {
  constructor() {
    super(idsByName(TEGRA234_IDS.powerDomains, 'TEGRA234_POWER_DOMAIN_'), POWERED_AT_BOOT);
  }

  /** Let `master` have what the boot chain left on for it. */
  inherit(master: Master): void {
    for (const line of this.lines) if (line?.atBoot) this.want(master, line.id, true);
  }

  /** What `master` wants of the domain. Wanting twice is wanting once. */
  want(master: Master, id: number, on: boolean): void {
    const line = this.line(id);
    if (master.domains.has(id) === on) return;
    if (on) master.domains.add(id);
    else master.domains.delete(id);
    line.users += on ? 1 : -1;
    line.on = line.users > 0;
  }

  snapshot(): Record<string, string> {
    return words(this.lines, 'on', 'off');
  }
}

function words(
  lines: readonly (SwitchedLine | undefined)[],
  on: string,
  off: string,
): Record<string, string> {
  return Object.fromEntries(
    lines.flatMap((line) => (line === undefined ? [] : [[line.name, line.on ? on : off]])),
  );
}
