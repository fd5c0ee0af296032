// SPDX-License-Identifier: Apache-2.0
import type { BpmpKind } from '../dt/host-index.ts';
import type { IdNames, TegraIds } from '../dt/tegra-ids.ts';
import { UsageError } from '../errors.ts';

function space(ids: TegraIds, kind: BpmpKind): IdNames {
  if (kind === 'clock') return ids.clocks;
  return kind === 'reset' ? ids.resets : ids.powerDomains;
}

/** Which of the SMMUs: their number spaces of streams differ. */
export type StreamSpace = Exclude<keyof TegraIds['streams'], 'shared'>;

/** Names by number; of two names for a number, the first in the kernel's header. */
function invert(names: IdNames): ReadonlyMap<number, string> {
  return new Map(
    Object.entries(names)
      .reverse()
      .map(([name, id]) => [id, name] as const),
  );
}

/** Names by number, for all three kinds and for streams. */
export class IdNamer {
  readonly #ids: TegraIds;
  readonly #names: Readonly<Record<BpmpKind, ReadonlyMap<number, string>>>;
  readonly #streams: Readonly<Record<keyof TegraIds['streams'], ReadonlyMap<number, string>>>;

  constructor(ids: TegraIds) {
    this.#ids = ids;
    const { clocks, resets, powerDomains } = ids;
    this.#names = { clock: invert(clocks), reset: invert(resets), 'power-domain': invert(powerDomains) };
    const { iso, niso0, niso1, shared } = ids.streams;
    this.#streams = { iso: invert(iso), niso0: invert(niso0), niso1: invert(niso1), shared: invert(shared) };
  }

  /** The name of a stream of an SMMU; streams that all of them have come first. */
  streamNameOf(smmu: StreamSpace, stream: number): string | undefined {
    return this.#streams.shared.get(stream) ?? this.#streams[smmu].get(stream);
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
      'Correct the device notes in recipes/devices, or take a kernel that knows the name.',
    );
  }
}
