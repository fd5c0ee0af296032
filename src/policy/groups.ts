// SPDX-License-Identifier: Apache-2.0
import type { Device } from '../dt/devices.ts';
import type { HostIndex } from '../dt/host-index.ts';
import { isDevice } from '../dt/host-roles.ts';
import { isGpu, isHost1x } from '../dt/soc-parts.ts';
import { type DeviceTree, type DtNode, isEnabled, stringsOf } from '../dt/tree.ts';
import { MOST_OTHERS } from './policy.ts';

/** Clients of the host1x that a guest's programs use together with the GPU. */
const CLIENT = /-(vic|nvdec|nvjpg)$/;

function isMember(node: DtNode): boolean {
  if (!isDevice(node) || !isEnabled(node)) return false;
  return isGpu(node) || isHost1x(node) || stringsOf(node, 'compatible').some((name) => CLIENT.test(name));
}

const MEMBERS = new WeakMap<DeviceTree, readonly DtNode[]>();

/** All members of a tree, looked for once: a tree may have thousands. */
function membersOf(tree: DeviceTree): readonly DtNode[] {
  const known = MEMBERS.get(tree) ?? [...tree.nodes.values()].filter(isMember);
  MEMBERS.set(tree, known);
  return known;
}

/**
 * The devices that only work together with a device, and what such a VM lacks; undefined where it is alone. The GPU's
 * programs wait at the host1x's syncpoints, and its clients are children of it, in the guest too (trees/guest-nodes).
 */
export function groupLimit({ node }: Device, index: HostIndex): string | undefined {
  if (!isMember(node)) return undefined;
  const members = membersOf(index.tree);
  const others = members.slice(0, MOST_OTHERS + 1).filter((each) => each !== node);
  if (others.length === 0) return undefined;
  const names = others.slice(0, MOST_OTHERS).map(({ name }) => name);
  const more = members.length - 1 - names.length;
  const all = `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  return (
    `it works together with ${all}, in one VM: the guest has them below its host1x, as the host has. Their reserved ` +
    'memory would have to be at the same addresses in host and guest, which is not made here, and nobody has tried ' +
    'it on silicon'
  );
}
