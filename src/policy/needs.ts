// SPDX-License-Identifier: Apache-2.0
import type { Device } from '../dt/devices.ts';
import type { BpmpKind, HostIndex } from '../dt/host-index.ts';
import { partsOf } from '../dt/host-roles.ts';
import type { IdNamer } from './id-names.ts';

/** One id that a device needs. */
export type Need = { readonly kind: BpmpKind; readonly id: number; readonly device: Device };

/**
 * What a device needs of the BPMP: what its node and the parts below it name that the guest gets, and what its notes
 * give the guest's node besides. What the notes drop, and a child that is a device, are not in the guest.
 */
export function needsOf(device: Device, index: HostIndex, namer: IdNamer): readonly Need[] {
  const drop = device.notes?.guest.drop ?? [];
  const named = [...partsOf(device.node, drop)]
    .flatMap((part) => index.facts.get(part)?.uses ?? [])
    .filter((use) => use.property !== 'assigned-clock-parents')
    .filter((use) => use.node !== device.node || !drop.includes(use.property));
  const noted = [
    ...Object.values(device.notes?.guest.clocks ?? {}).map((name) => ['clock', name] as const),
    ...Object.values(device.notes?.guest.resets ?? {}).map((name) => ['reset', name] as const),
  ];
  return [
    ...named.map(({ kind, id }) => ({ kind, id, device })),
    ...noted.map(([kind, name]) => ({ kind, id: namer.idOf(kind, name), device })),
  ];
}
