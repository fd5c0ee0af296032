// SPDX-License-Identifier: Apache-2.0
import { isDevice, isWithin } from './host-roles.ts';
import { type Interrupt, interruptsOf } from './interrupts.ts';
import type { Phandles } from './specifiers.ts';
import { type DeviceTree, type DtNode, isEnabled } from './tree.ts';

/** More devices than share one line of a sound tree. */
const MOST = 64;
const MAPS = new WeakMap<DeviceTree, ReadonlyMap<number, readonly DtNode[]>>();

/** The lines of a node, each once. */
function linesOf(node: DtNode, phandles: Phandles): ReadonlySet<number> {
  const all = interruptsOf(node, phandles).entries.map(({ spi }) => spi);
  return new Set(all.filter((spi) => spi !== undefined));
}

function makeMap(tree: DeviceTree, phandles: Phandles): ReadonlyMap<number, readonly DtNode[]> {
  const found = new Map<number, DtNode[]>();
  const raising = [...tree.nodes.values()].filter((node) => isDevice(node) && isEnabled(node));
  for (const node of raising)
    for (const spi of linesOf(node, phandles)) {
      const known = found.get(spi) ?? [];
      if (known.length < MOST) known.push(node);
      found.set(spi, known);
    }
  return found;
}

/** A line that a device has in common with a switched-on one, and that one. */
export type SharedInterrupt = { readonly spi: number; readonly node: DtNode };

/**
 * Interrupts of a device that another device raises too. VFIO takes a line for itself alone, and masks it until the
 * guest has served it: the other device would stand still.
 *
 * @param given all nodes that go to the same VM
 */
export function sharedInterrupts(
  tree: DeviceTree,
  phandles: Phandles,
  interrupts: readonly Interrupt[],
  given: readonly DtNode[],
): readonly SharedInterrupt[] {
  const lines = MAPS.get(tree) ?? makeMap(tree, phandles);
  MAPS.set(tree, lines);
  return interrupts.flatMap(({ spi }): readonly SharedInterrupt[] => {
    if (spi === undefined) return [];
    const node = lines.get(spi)?.find((each) => !given.some((own) => isWithin(each, own)));
    return node === undefined ? [] : [{ spi, node }];
  });
}
