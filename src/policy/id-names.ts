// SPDX-License-Identifier: Apache-2.0
import type { BpmpKind } from '../dt/host-index.ts';
import type { IdNames, TegraIds } from '../dt/tegra-ids.ts';
import { UsageError } from '../errors.ts';

function space(ids: TegraIds, kind: BpmpKind): IdNames {
  if (kind === 'clock') return ids.clocks;
  return kind === 'reset' ? ids.resets : ids.powerDomains;
}

/** Names by number, for all three kinds; of two names for a number, the first in the kernel's header. */
export class IdNamer {
  readonly #ids: TegraIds;
  readonly #names: Readonly<Record<BpmpKind, ReadonlyMap<number, string>>>;

  constructor(ids: TegraIds) {
    this.#ids = ids;
    const invert = (kind: BpmpKind) =>
      new Map(
        Object.entries(space(ids, kind))
          .reverse()
          .map(([name, id]) => [id, name] as const),
      );
    this.#names = { clock: invert('clock'), reset: invert('reset'), 'power-domain': invert('power-domain') };
  }

  nameOf(kind: BpmpKind, id: number): string | undefined {
    return this.#names[kind].get(id);
  }

  /**
   * The number of a name.
   *
   * @throws {UsageError} the dt-bindings do not have it
   */
  idOf(kind: BpmpKind, name: string): number {
    const id = space(this.#ids, kind)[name];
    if (id !== undefined) return id;
    throw new UsageError(
      `the kernel's dt-bindings have no ${kind} ${name}`,
      'Mend the device notes in recipes/devices, or take a kernel that knows the name.',
    );
  }
}
