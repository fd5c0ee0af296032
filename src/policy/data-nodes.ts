// SPDX-License-Identifier: Apache-2.0
import type { HostIndex } from '../dt/host-index.ts';
import { withAllBelow } from '../dt/host-roles.ts';
import { isPlain, referenceForm } from '../dt/reference-properties.ts';
import { phandlesAmong } from '../dt/specifiers.ts';
import { cellsOf, type DtNode } from '../dt/tree.ts';

/** More nodes than a table of settings has. */
const MOST_PARTS = 64;
const STRUCTURE = new Set(['phandle', 'linux,phandle', 'name']);

function isDataAlone(node: DtNode, index: HostIndex): boolean {
  if (node.properties.has('compatible') || node.properties.has('device_type')) return false;
  return [...node.properties.keys()].every((property) => {
    if (STRUCTURE.has(property)) return true;
    if (referenceForm(property) !== undefined || property === 'reg') return false;
    return isPlain(property) || phandlesAmong(cellsOf(node, property) ?? [], index.phandles).length === 0;
  });
}

/** The parents of which settings are children: neither a bus nor a device. */
const TOP = new Set(['/']);

/**
 * The node, where it and all below it are settings and nothing else (`mgbe-vm-irq-config`): no device, no registers,
 * no reference. Such a node can be copied into a guest. It stands at the top of the tree, as all of NVIDIA's do.
 */
export function dataRoot(node: DtNode, index: HostIndex): DtNode | undefined {
  if (node.parent === undefined || !TOP.has(node.parent.path)) return undefined;
  let parts = 0;
  for (const part of withAllBelow(node)) {
    parts += 1;
    if (parts > MOST_PARTS || !isDataAlone(part, index)) return undefined;
  }
  return node;
}
