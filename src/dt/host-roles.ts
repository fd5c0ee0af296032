// SPDX-License-Identifier: Apache-2.0
import type { HostIndex } from './host-index.ts';
import { registersOf } from './registers.ts';
import { type DtNode, isEnabled, stringOf, stringsOf } from './tree.ts';

/** The node of an alias or a path, as `stdout-path` gives it: `serial0:115200n8`, `/bus@0/serial@31d0000`. */
function nodeOfOption(index: HostIndex, option: string): DtNode | undefined {
  const word = option.replace(/:.*$/, '');
  const aliases = index.tree.nodes.get('/aliases');
  const path = word.startsWith('/') ? word : aliases === undefined ? undefined : stringOf(aliases, word);
  return path === undefined ? undefined : index.tree.nodes.get(path);
}

/** The device that the host's console is on, by /chosen; a `linux,` spelling is the older one. */
function consoleOf(index: HostIndex): DtNode | undefined {
  const chosen = index.tree.nodes.get('/chosen');
  if (chosen === undefined) return undefined;
  const option = stringOf(chosen, 'stdout-path') ?? stringOf(chosen, 'linux,stdout-path');
  return option === undefined ? undefined : nodeOfOption(index, option);
}

/** `root=/dev/mmcblk0p1` of the command line that the firmware put into the tree → the node of alias mmc0. */
function rootDiskOf(index: HostIndex): DtNode | undefined {
  const chosen = index.tree.nodes.get('/chosen');
  const line = chosen === undefined ? undefined : stringOf(chosen, 'bootargs');
  const disk = /\broot=\/dev\/mmcblk(\d+)/.exec(line ?? '')?.[1];
  return disk === undefined ? undefined : nodeOfOption(index, `mmc${disk}`);
}

function isDisk(node: DtNode): boolean {
  return /^mmc@/.test(node.name) && node.properties.has('non-removable') && isEnabled(node);
}

/** A node and all below it, in the order of the tree. */
export function* withAllBelow(node: DtNode): Generator<DtNode> {
  yield node;
  for (const child of node.children) yield* withAllBelow(child);
}

/** Whether it is `node` or lies below it. */
export function isWithin(inner: DtNode, node: DtNode): boolean {
  return inner === node || inner.path.startsWith(`${node.path}/`);
}

/** Who on the host relies on `node` or on something below it, from outside of it. */
function reliersOn(index: HostIndex, node: DtNode): readonly string[] {
  const found = [...withAllBelow(node)].flatMap((part) => index.dependants.get(part) ?? []);
  const outside = found.filter((user) => !isWithin(user, node) && user.path !== '/__symbols__');
  return [...new Set(outside.map((user) => user.path))];
}

function list(paths: readonly string[]): string {
  const shown = paths.slice(0, 3).join(', ');
  return paths.length > 3 ? `${shown} and ${paths.length - 3} more` : shown;
}

/**
 * Why the host cannot do without a node: it is the console, holds the root file system, serves other devices or
 * has devices behind it. Empty where nothing in the tree says so.
 */
export function rolesOf(index: HostIndex, node: DtNode): readonly string[] {
  const roles: string[] = [];
  if (consoleOf(index) === node) roles.push("it is the host's console (/chosen/stdout-path)");
  if (rootDiskOf(index) === node) roles.push("it holds the host's root file system (/chosen/bootargs)");
  else if (isDisk(node)) roles.push('it is a soldered disk (non-removable), which may hold the host');
  if (stringOf(node, 'device_type') === 'pci')
    roles.push('it is a PCI host bridge: give its devices to a VM with vfio-pci');
  const behind = node.children.filter((child) => registersOf(child).length > 0 && isEnabled(child));
  if (behind.length > 0) roles.push(`devices are behind it: ${list(behind.map((child) => child.name))}`);
  const reliers = isEnabled(node) ? reliersOn(index, node) : [];
  if (reliers.length > 0) roles.push(`the host's other devices rely on it: ${list(reliers)}`);
  return roles;
}

/** Whether a node describes a device: it says what it is compatible with and has registers of its own. */
export function isDevice(node: DtNode): boolean {
  return stringsOf(node, 'compatible').length > 0 && registersOf(node).length > 0;
}
