// SPDX-License-Identifier: Apache-2.0
import type { Device } from '../dt/devices.ts';
import type { HostIndex } from '../dt/host-index.ts';
import { isDevice, ownerOf, partsOf } from '../dt/host-roles.ts';
import { isPlain, referenceForm } from '../dt/reference-properties.ts';
import { isAudioHub, isHost1x } from '../dt/soc-parts.ts';
import { phandlesAmong, type ReferenceForm, readSpecifiers } from '../dt/specifiers.ts';
import { cellsOf, type DtNode, isEnabled, nodesAbove, stringsOf } from '../dt/tree.ts';
import { dataRoot } from './data-nodes.ts';

/**
 * What a device names and a guest will not have. `essential`: it does not work without; `felt`: it may not; `light`:
 * the host does it for the guest, or a driver can do without.
 */
export type Loss = {
  /** The property of the host's node, or `parent`. */
  readonly what: string;
  readonly of: readonly string[];
  readonly weight: 'light' | 'felt' | 'essential';
};

/** Said anew in the guest from the policy and from QEMU's places, or of the VM as a whole. */
const HANDLED =
  /^(clocks|resets|power-domains|assigned-.*|interrupt-parent|interrupts-extended|iommus|iommu-map|msi-parent|msi-map|interrupt-map)$/;
/** Named of the BPMP, which the guest has: what another node provides is lost, and with it the whole property. */
const BPMP_LISTS = /^(clocks|resets|power-domains)$/;
/** The host muxes the pins when vfio-platform binds, keeps supplies on, and drivers fall back from DMA to PIO. */
const LIGHT =
  /^(pinctrl-\d+|.*-supply|dmas|interconnects|operating-points-v2|thermal-sensors|wakeup-parent)$/;
/**
 * Ends of a cable that only the host's own drivers hold: without them the other end stays dead. `nvidia,bpmp` is how
 * a PCIe controller has the BPMP switch its lanes on (MRQ_UPHY), which no policy allows.
 */
const WIRES = /^(phys|nvidia,xusb-padctl|nvidia,bpmp)$/;
/** What its driver does not start without. */
const NEEDS_WIRES = /xusb|xudc|xhci|-pcie/;

function weightOf(node: DtNode, property: string): Loss['weight'] {
  if (LIGHT.test(property)) return 'light';
  const wired = stringsOf(node, 'compatible').some((name) => NEEDS_WIRES.test(name));
  return WIRES.test(property) && wired ? 'essential' : 'felt';
}

function lossesOf(
  node: DtNode,
  index: HostIndex,
  given: readonly DtNode[],
  drop: readonly string[],
): readonly Loss[] {
  const found: Loss[] = [];
  const foreign = index.facts.get(node)?.foreign === true;
  for (const what of node.properties.keys()) {
    const form = referenceForm(what);
    if (form === undefined || drop.includes(what)) continue;
    if (HANDLED.test(what) && !(foreign && BPMP_LISTS.test(what))) continue;
    const lost = lossOf(node, what, form, index, given);
    if (lost !== undefined) found.push(lost);
  }
  return found;
}

/** What of one property is lost. */
function lossOf(
  node: DtNode,
  what: string,
  form: ReferenceForm,
  index: HostIndex,
  given: readonly DtNode[],
): Loss | undefined {
  const isList = BPMP_LISTS.test(what);
  const { entries, problem } = readSpecifiers(node, what, form, index.phandles);
  // Of clocks, resets and domains, the device itself has the problem, and is refused for it.
  if (problem !== undefined && !isList) return { what, of: ['a node that is not there'], weight: 'felt' };
  const away: DtNode[] = [];
  for (const entry of entries) {
    if (entry === undefined || (isList && entry.provider === index.bpmp)) continue;
    const lost = ownerOf(entry.provider, given) === undefined;
    if (lost && dataRoot(entry.provider, index) === undefined) away.push(entry.provider);
  }
  if (away.length === 0) return undefined;
  return { what, of: paths(away), weight: away.some(isHost1x) ? 'essential' : weightOf(node, what) };
}

function paths(nodes: readonly DtNode[]): readonly string[] {
  return [...new Set(nodes.map((node) => node.path))];
}

/** The device that a device lies in, where that stays with the host. */
function parentLoss({ node }: Device, given: readonly DtNode[]): readonly Loss[] {
  const above = [...nodesAbove(node)].filter((each) => isDevice(each) && !given.includes(each));
  // A part of a part works through the hub too.
  const hub = above.find((each) => isHost1x(each) || isAudioHub(each));
  if (hub !== undefined) return [{ what: 'parent', of: [hub.path], weight: 'essential' }];
  return above[0] === undefined || above[0] !== node.parent
    ? []
    : [{ what: 'parent', of: [above[0].path], weight: 'felt' }];
}

/** All that a device loses in a guest whose VM gets `given`, of its node and those below it. */
export function losses(device: Device, index: HostIndex, given: readonly DtNode[]): readonly Loss[] {
  const guest = device.notes?.guest;
  const anew = [...(guest?.clocks ? ['clocks'] : []), ...(guest?.resets ? ['resets'] : [])];
  const drop = [...(guest?.drop ?? []), ...anew];
  const found = [...parentLoss(device, given), ...lossesOf(device.node, index, given, drop)];
  for (const part of partsOf(device.node, drop))
    if (part !== device.node && isEnabled(part)) found.push(...lossesOf(part, index, given, drop));
  return merged(found);
}

/** One loss for all parts that lose the same: a hub may have a hundred ends of cables. */
function merged(all: readonly Loss[]): readonly Loss[] {
  if (all.length < 2) return all;
  const found = new Map<string, { readonly loss: Loss; readonly of: Set<string> }>();
  for (const loss of all) {
    const key = `${loss.weight} ${loss.what}`;
    const known = found.get(key);
    if (known === undefined) found.set(key, { loss, of: new Set(loss.of) });
    else for (const path of loss.of) known.of.add(path);
  }
  return [...found.values()].map(({ loss, of }) => ({ ...loss, of: [...of] }));
}

/** A property that nobody knows, and nodes that its numbers may mean. */
export type Unknown = { readonly property: string; readonly node: DtNode; readonly like: readonly DtNode[] };

/**
 * Whether a property may hold phandles and nobody knows: it is no known reference, is not known to be plain, and one
 * of its cells is some node's phandle.
 */
export function mayRefer(node: DtNode, property: string, index: HostIndex): readonly DtNode[] {
  if (referenceForm(property) !== undefined || isPlain(property)) return [];
  const entries = phandlesAmong(cellsOf(node, property) ?? [], index.phandles);
  return entries.map((entry) => entry.provider);
}

/** Every such property of a device and of the nodes below it, those that its notes drop left out. */
export function unknowns(device: Device, index: HostIndex): readonly Unknown[] {
  const drop = new Set([
    ...(device.notes?.guest.drop ?? []),
    ...Object.keys(device.notes?.guest.properties ?? {}),
  ]);
  const found: Unknown[] = [];
  for (const node of partsOf(device.node, device.notes?.guest.drop))
    for (const property of node.properties.keys()) {
      if (drop.has(property)) continue;
      const like = mayRefer(node, property, index);
      if (like.length > 0) found.push({ property, node, like });
    }
  return found;
}
