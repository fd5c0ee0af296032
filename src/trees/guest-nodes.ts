// SPDX-License-Identifier: Apache-2.0
import type { Device } from '../dt/devices.ts';
import { nodesAbove } from '../dt/tree.ts';
import { Bug } from '../errors.ts';
import type { HostFacts } from '../policy/derive.ts';
import type { VmPolicy } from '../policy/policy.ts';
import type { BpmpReference } from './bpmp-references.ts';
import { type GuestDevice, type GuestNode, guestNode, guestNodeName } from './guest-node.ts';
import type { BusPlace } from './platform-bus.ts';

/** The nearest device above one that goes to the same VM: clients of the host1x are its children in the guest too. */
function holderOf(device: Device, devices: readonly Device[]): Device | undefined {
  for (const above of nodesAbove(device.node)) {
    const holder = devices.find((each) => each.node === above);
    if (holder !== undefined) return holder;
  }
  return undefined;
}

function placed(devices: readonly Device[], places: readonly BusPlace[]): readonly GuestDevice[] {
  return devices.map((device, at) => {
    const place = places[at];
    if (place === undefined) throw new Bug(`no place for ${device.node.path}`);
    return { device, place };
  });
}

/** Where each device's node is below the guest's bus: `serial@c000000`, `host1x@c000000/vic@c080000`. */
export function guestPaths(devices: readonly Device[], places: readonly BusPlace[]): readonly string[] {
  const all = placed(devices, places);
  const pathOf = (guest: GuestDevice): string => {
    const holder = holderOf(guest.device, devices);
    const above = all.find(({ device }) => device === holder);
    return above === undefined ? guestNodeName(guest) : `${pathOf(above)}/${guestNodeName(guest)}`;
  };
  return all.map(pathOf);
}

/**
 * The nodes of a VM's devices for the guest's bus: a device that lies in another one of the VM on the host has its node
 * in that one's.
 *
 * @param places in the order of the policy's devices
 * @param more properties besides, by the number of a device
 */
export function guestNodes(
  policy: VmPolicy,
  facts: HostFacts,
  places: readonly BusPlace[],
  { more, refer }: { more?: (at: number) => ReadonlyMap<string, string> | undefined; refer?: BpmpReference },
): readonly GuestNode[] {
  const all = placed(policy.devices, places);
  const below = (holder: Device | undefined): readonly GuestNode[] =>
    all.flatMap((guest, at) => {
      if (holderOf(guest.device, policy.devices) !== holder) return [];
      const inner = below(guest.device);
      return [guestNode(guest, policy, facts, { more: more?.(at), refer, inner })];
    });
  return below(undefined);
}

/** The settings that devices refer to, as nodes of the guest's root: one for all that refer to the same. */
export function dataLines(nodes: readonly GuestNode[]): readonly string[] {
  const found = new Map<string, { readonly labels: string[]; readonly lines: readonly string[] }>();
  for (const { label, lines } of nodes.flatMap((each) => each.data)) {
    const name = lines[0] ?? '';
    const known = found.get(name);
    if (known === undefined) found.set(name, { labels: [label], lines });
    else known.labels.push(label);
  }
  return [...found].flatMap(([name, { labels, lines }]) => [
    `${labels.map((label) => `${label}: `).join('')}${name}`,
    ...lines.slice(1),
  ]);
}
