// SPDX-License-Identifier: Apache-2.0
import type { Device } from '../dt/devices.ts';
import type { BpmpKind, HostIndex } from '../dt/host-index.ts';
import { partsOf } from '../dt/host-roles.ts';
import type { IdNamer } from './id-names.ts';

/** One id that a device needs. */
export type Need = { readonly kind: BpmpKind; readonly id: number; readonly device: Device };

/** A parent is the clock tree's, whoever gets the child. */
const NOT_NEEDED = 'assigned-clock-parents';

/** What a device's notes give the guest's node. */
function notedIds({ notes }: Device): readonly (readonly [kind: BpmpKind, name: string])[] {
  const clocks = Object.values(notes?.guest.clocks ?? {}).map((name) => ['clock', name] as const);
  const resets = Object.values(notes?.guest.resets ?? {}).map((name) => ['reset', name] as const);
  return [...clocks, ...resets];
}

/**
 * What a device needs of the BPMP: what its node and the parts below it name that the guest gets, and what its notes
 * give the guest's node besides. What the notes drop, and a child that is a device, are not in the guest.
 */
export function needsOf(device: Device, index: HostIndex, namer: IdNamer): readonly Need[] {
  const drop = device.notes?.guest.drop ?? [];
  const needs: Need[] = [];
  for (const part of partsOf(device.node, drop)) {
    const dropped = part === device.node ? [...drop, NOT_NEEDED] : [NOT_NEEDED];
    for (const { kind, id, property } of index.facts.get(part)?.uses ?? [])
      if (!dropped.includes(property)) needs.push({ kind, id, device });
  }
  for (const [kind, name] of notedIds(device)) needs.push({ kind, id: namer.idOf(kind, name), device });
  return needs;
}
