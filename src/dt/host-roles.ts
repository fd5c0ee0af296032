// SPDX-License-Identifier: Apache-2.0
import type { HostIndex } from './host-index.ts';
import { registersOf } from './registers.ts';
import { fixedPartOf, infrastructureOf, isDisplay, isNetwork, isSerial, isStorage } from './soc-parts.ts';
import { type DtNode, isEnabled, isSwitchedOn, stringOf, stringsOf } from './tree.ts';

/** A node and all below it, in the order of the tree. */
export function* withAllBelow(node: DtNode): Generator<DtNode> {
  yield node;
  for (const child of node.children) yield* withAllBelow(child);
}

/**
 * Whether a node below a device is a device by itself, with ids and streams of its own: it has registers, or it stands
 * on a bus of addresses (`ranges`) and is compatible with something, or has an address in its name. The host1x has such
 * children without `reg` (vi0, nvcsi), which the firmware has.
 */
export function isByItself(node: DtNode): boolean {
  if (registersOf(node).length > 0) return true;
  if (node.parent?.properties.has('ranges') !== true) return false;
  return node.name.includes('@') || stringsOf(node, 'compatible').length > 0;
}

/** A node and what below it is a part of it: a child that is a device by itself stays behind. */
export function* partsOf(node: DtNode, drop: readonly string[] = []): Generator<DtNode> {
  yield node;
  for (const child of node.children)
    if (!isByItself(child) && !drop.includes(child.name)) yield* partsOf(child);
}

/** The one of `given` that a node is, or is a part of; undefined for what stays behind, also below one of them. */
export function ownerOf(node: DtNode, given: readonly DtNode[]): DtNode | undefined {
  for (let at: DtNode | undefined = node; at !== undefined; at = at.parent) {
    if (given.includes(at)) return at;
    if (isByItself(at)) return undefined;
  }
  return undefined;
}

/** Whether it is `node` or lies below it. */
export function isWithin(inner: DtNode, node: DtNode): boolean {
  return inner === node || inner.path.startsWith(`${node.path}/`);
}

const NOBODY: readonly DtNode[] = [];

function dependantsOf(index: HostIndex, node: DtNode): readonly DtNode[] {
  // Most devices have nothing below them.
  if (node.children.length === 0) return index.dependants.get(node) ?? NOBODY;
  return [...withAllBelow(node)].flatMap((part) => index.dependants.get(part) ?? NOBODY);
}

/** Who on the host relies on `node` or on something below it, from outside of what is given away. */
function outsideUsers(index: HostIndex, node: DtNode, given: readonly DtNode[]): readonly DtNode[] {
  const found = dependantsOf(index, node);
  return found.length === 0
    ? NOBODY
    : [...new Set(found)].filter((user) => !given.some((each) => isWithin(user, each)));
}

/** A thermal zone that slows a device down: the zone works on without it, and the chip's own limits hold. */
function isCoolingMap(user: DtNode): boolean {
  return user.parent?.name === 'cooling-maps';
}

/** The thermal zones of the host that slow the device down, and no longer can once a VM has it. */
export function cooledBy(index: HostIndex, node: DtNode): readonly string[] {
  return outsideUsers(index, node, [node])
    .filter(isCoolingMap)
    .map((user) => user.path);
}

/**
 * NVIDIA's nvpps on Tegra234: it reads a MAC's timestamps, without which it only warns, but unless its node says
 * `ptp_tsc_sync_dis` it also has the TSC follow the MAC's PTP clock.
 */
function isSteered(user: DtNode): boolean {
  const names = stringsOf(user, 'compatible');
  return names.includes('nvidia,tegra234-nvpps') && !user.properties.has('ptp_tsc_sync_dis');
}

function list(paths: readonly string[]): string {
  const shown = paths.slice(0, 3).join(', ');
  return paths.length > 3 ? `${shown} and ${paths.length - 3} more` : shown;
}

/** A door of the host to a chip, for programs of its own: no driver of the host has what is behind it. */
function isSpidev(node: DtNode): boolean {
  return stringsOf(node, 'compatible').every((name) => name.includes('spidev'));
}

/** An Ethernet controller's own PHY goes with it; a switch on its bus is a device of the board. */
function isPhy(node: DtNode): boolean {
  return stringsOf(node, 'compatible').some((name) => /^ethernet-phy/.test(name));
}

/** Whether what is below a node is on once the node is: the host overlay switches on what it gives away. */
function isOnWith(part: DtNode, node: DtNode): boolean {
  for (let at: DtNode | undefined = part; at !== undefined && at !== node; at = at.parent)
    if (!isSwitchedOn(at)) return false;
  return true;
}

/**
 * Switched-on devices below a node that are not part of it: with registers of their own, or chips at the other end of
 * its wires (flash, EEPROM, TPM, PMIC, fan, sensors, expanders, switches), however deep behind multiplexers.
 */
function behind(node: DtNode): readonly DtNode[] {
  if (node.children.length === 0) return NOBODY;
  const below = [...withAllBelow(node)].slice(1).filter((part) => isOnWith(part, node));
  return below.filter((part) => {
    if (isByItself(part)) return true;
    if (stringsOf(part, 'compatible').length === 0) return false;
    // A chip at the end of a UART has no address there.
    if (part.parent === node && isSerial(node)) return true;
    if (part.properties.get('reg') === undefined) return false;
    return !isSpidev(part) && !isPhy(part);
  });
}

function named(node: DtNode): string {
  const [first] = stringsOf(node, 'compatible');
  return first === undefined ? node.name : `${node.name} (${first})`;
}

/**
 * Why the host cannot do without a node: a part of the chip that all else stands on, a console, a disk, the way to
 * other devices, or what others rely on. Empty where nothing in the tree says so.
 *
 * @param given all nodes that go to the same VM: what only they need is not a reason
 */
export function rolesOf(
  index: HostIndex,
  node: DtNode,
  given: readonly DtNode[] = [node],
): readonly string[] {
  const roles: string[] = [];
  const part = infrastructureOf(node);
  if (part !== undefined) roles.push(`it is ${part}: the host runs on it`);
  if (isDisplay(node)) roles.push("it is the display, which works through a processor of the host's (DCE)");
  const console = index.consoles.get(node);
  if (console !== undefined) roles.push(console);
  if (isStorage(node) && isEnabled(node))
    roles.push('disks are at it, and nothing in a device tree shows that root, boot and swap lie elsewhere');
  if (index.networkRoot !== undefined && isNetwork(node) && isEnabled(node))
    roles.push(
      `the host's root is on a network (${index.networkRoot.slice(0, 80)}), and nothing shows by which card it is reached`,
    );
  const otherDevices = behind(node).filter(
    (below) => !given.some((each) => each !== node && isWithin(below, each)),
  );
  if (otherDevices.length > 0) roles.push(`devices are behind it: ${list(otherDevices.map(named))}`);
  const fixed = fixedPartOf(node);
  if (fixed !== undefined) roles.push(`it is ${fixed}: the host runs on it`);
  const users = isEnabled(node) ? outsideUsers(index, node, given) : [];
  const steered = users.filter(isSteered).map((user) => user.path);
  if (steered.length > 0)
    roles.push(
      `${list(steered)} locks the host's system counter (TSC) to its PTP clock, which a guest would set: switch that node off first`,
    );
  const reliers = users.filter((user) => !isCoolingMap(user) && !isSteered(user)).map((user) => user.path);
  if (reliers.length > 0) roles.push(`the host's other devices rely on it: ${list(reliers)}`);
  return roles;
}

/** Whether a node is a PCI host bridge: its devices go to a VM with vfio-pci, each by itself. */
export function isPciHost(node: DtNode): boolean {
  return stringOf(node, 'device_type') === 'pci';
}

/** Whether a node describes a device: it says what it is compatible with and has registers of its own. */
export function isDevice(node: DtNode): boolean {
  return stringsOf(node, 'compatible').length > 0 && registersOf(node).length > 0;
}
