// SPDX-License-Identifier: Apache-2.0
import { isWithin } from './host-roles.ts';
import { type Region, registersOf } from './registers.ts';
import { type DeviceTree, type DtNode, isEnabled, stringOf, stringsOf } from './tree.ts';

type Owned = { readonly node: DtNode; readonly start: bigint; readonly end: bigint };

/** All registers of switched-on devices by their first address, and how far any up to each of them reaches. */
type RegisterMap = { readonly regions: readonly Owned[]; readonly reach: readonly bigint[] };

const MAPS = new WeakMap<DeviceTree, RegisterMap>();
/** More regions than any address of a sound tree is part of, or than lie in one device. */
const MOST_STEPS = 1000;

/** RAM, and what of it is reserved: nobody's registers. */
function isMemory(node: DtNode): boolean {
  return stringOf(node, 'device_type') === 'memory' || node.parent?.path === '/reserved-memory';
}

function makeMap(tree: DeviceTree): RegisterMap {
  const regions = [...tree.nodes.values()]
    .filter((node) => node.properties.has('reg'))
    .filter((node) => stringsOf(node, 'compatible').length > 0 || isMemory(node))
    .filter((node) => isEnabled(node))
    .flatMap((node) =>
      registersOf(node).map(({ address, size }) => ({ node, start: address, end: address + size })),
    )
    .sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
  let most = 0n;
  const reach = regions.map(({ end }) => {
    if (end > most) most = end;
    return most;
  });
  return { regions, reach };
}

function mapOf(tree: DeviceTree): RegisterMap {
  const known = MAPS.get(tree) ?? makeMap(tree);
  MAPS.set(tree, known);
  return known;
}

/** The first region that begins at `address` or behind it. */
function firstFrom(regions: readonly Owned[], address: bigint): number {
  let [low, high] = [0, regions.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((regions[middle] as Owned).start < address) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Regions that have an address in common with one; undefined where more reach over it than are looked at. */
function touching({ regions, reach }: RegisterMap, start: bigint, end: bigint): readonly Owned[] | undefined {
  const [from, behind] = [firstFrom(regions, start), firstFrom(regions, end)];
  let first = from;
  while (first > 0 && from - first <= MOST_STEPS && (reach[first - 1] as bigint) > start) first -= 1;
  if (behind - first > MOST_STEPS) return undefined;
  return regions.slice(first, behind).filter((region) => region.end > start);
}

/** Whether a region lies in another, larger one. */
function isAround({ start, end }: Owned, { address, size }: Region): boolean {
  const isSame = start === address && end === address + size;
  return !isSame && start <= address && end >= address + size;
}

/** Whose registers a device has an address in common with, each node once. */
export type Overlaps = {
  /** The device's registers hold theirs, or a part of them: a guest would reach them. */
  readonly held: readonly DtNode[];
  /** Theirs hold the device's: the host can reach the device through them. */
  readonly holding: readonly DtNode[];
  /** So many that not all were looked at. */
  readonly more: boolean;
};

/**
 * Switched-on devices whose registers overlap with those of a device, besides what goes to the same VM.
 *
 * @param registers of the device, as the CPU addresses them
 * @param given all nodes that go to the VM
 */
export function overlapsOf(
  tree: DeviceTree,
  registers: readonly Region[],
  given: readonly DtNode[],
): Overlaps {
  const [held, holding] = [new Set<DtNode>(), new Set<DtNode>()];
  let more = false;
  for (const region of registers) {
    const all = touching(mapOf(tree), region.address, region.address + region.size);
    if (all === undefined) more = true;
    const others = all?.filter(({ node }) => !given.some((each) => isWithin(node, each))) ?? [];
    for (const other of others)
      (isAround(other, region) && !isMemory(other.node) ? holding : held).add(other.node);
  }
  return { held: [...held], holding: [...holding], more };
}
