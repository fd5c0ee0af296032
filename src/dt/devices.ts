// SPDX-License-Identifier: Apache-2.0
import { UsageError } from '../errors.ts';
import { didYouMean } from '../near-names.ts';
import type { DeviceNotes } from './device-notes.ts';
import type { BpmpUse, HostIndex, StreamUse } from './host-index.ts';
import { isDevice, partsOf } from './host-roles.ts';
import { type Interrupt, interruptsOf, isGic } from './interrupts.ts';
import { type Region, registersOf } from './registers.ts';
import { infrastructureOf } from './soc-parts.ts';
import { cellOf, type DtNode, isEnabled, isSwitchedOn, nodesAbove, stringOf, stringsOf } from './tree.ts';

/** A region that the host overlay makes longer, and its number in `reg`; sizes in bytes. */
type Widened = {
  readonly region: number;
  readonly address: bigint;
  readonly from: bigint;
  readonly to: bigint;
};

/** A device of the host. */
export type Device = {
  readonly node: DtNode;
  /** Label in the tree (`uarta`); absent where the tree has none for it. */
  readonly label?: string;
  readonly notes?: DeviceNotes;
  readonly compatible: readonly string[];
  readonly enabled: boolean;
  /** As host and guest have them once the overlay is applied: `widened` is in them. */
  readonly registers: readonly Region[];
  /** Regions that the tree has too small, by the notes. */
  readonly widened: readonly Widened[];
  readonly interrupts: readonly Interrupt[];
  /** What it names of the BPMP, without `assigned-…`. */
  readonly uses: readonly BpmpUse[];
  readonly streams: readonly StreamUse[];
  readonly problems: readonly string[];
};

/** The name to show for a device: its notes', its label, or its node's. */
export function deviceName(device: Device): string {
  return device.notes?.name ?? device.label ?? device.node.name;
}

/**
 * The name of the host's platform device in sysfs, which `vfio-platform,host=` takes: `3100000.serial`. The
 * kernel makes it of the first register (drivers/of/platform.c, of_device_make_bus_id).
 */
export function sysfsName(device: Device): string {
  const address = device.registers[0]?.address ?? 0n;
  return `${address.toString(16)}.${device.node.name.replace(/@.*$/, '')}`;
}

/** What the notes widen of these registers: only a region that is as long as they say. */
function widen(registers: readonly Region[], notes: DeviceNotes | undefined): readonly Widened[] {
  return (notes?.registers ?? []).flatMap(({ region, from, to }) => {
    const found = registers[region];
    if (found?.size !== BigInt(from)) return [];
    return [{ region, address: found.address, from: BigInt(from), to: BigInt(to) }];
  });
}

/** What the state of a node says against giving it away; the overlay switches on the device itself, and nothing else. */
export function stateProblems(node: DtNode): readonly string[] {
  const status = stringOf(node, 'status') ?? 'okay';
  const off = [...nodesAbove(node)].find((each) => !isSwitchedOn(each));
  return [
    ...(status === 'reserved' ? ['its status is "reserved": other software of the board has it'] : []),
    ...(/^fail(-|$)/.test(status) ? [`its status is "${status.slice(0, 40)}": it does not work`] : []),
    ...(off === undefined ? [] : [`${off.path} above it is switched off, so the host makes no device of it`]),
  ];
}

/** A reference to a phandle that two nodes carry goes to the first of them, for the kernel and for an overlay. */
function phandleProblems(node: DtNode, index: HostIndex): readonly string[] {
  const phandle = cellOf(node, 'phandle');
  const owner = phandle === undefined ? undefined : index.phandles.get(phandle);
  return owner === undefined || owner === node ? [] : [`its phandle is that of ${owner.path} too`];
}

/** The GIC has interrupts of one CPU each (PPI), which no VM can get. */
function interruptProblems(interrupts: readonly Interrupt[]): readonly string[] {
  const other = interrupts.find(({ controller, spi }) => spi === undefined && isGic(controller));
  return other === undefined ? [] : ['it has an interrupt of each CPU (PPI), which no VM can get'];
}

function describe(index: HostIndex, node: DtNode, notes: readonly DeviceNotes[]): Device {
  const label = index.labels.get(node.path);
  const own = notes.find((note) => note.node === node.name);
  const facts = index.facts.get(node);
  const { entries: interrupts, problem } = interruptsOf(node, index.phandles);
  const regions = registersOf(node);
  const widened = widen(regions, own);
  return {
    node,
    ...(label === undefined ? {} : { label }),
    ...(own === undefined ? {} : { notes: own }),
    compatible: stringsOf(node, 'compatible'),
    enabled: isEnabled(node),
    registers: regions.map((region, at) => {
      const wider = widened.find((each) => each.region === at);
      return wider === undefined ? region : { ...region, size: wider.to };
    }),
    widened,
    interrupts,
    uses: facts?.uses.filter((use) => !use.property.startsWith('assigned-')) ?? [],
    // Parts of it may send for it (the contexts of PVA).
    streams: [...partsOf(node)]
      .filter((part) => part === node || isEnabled(part))
      .flatMap((part) => index.facts.get(part)?.streams ?? []),
    problems: [
      ...phandleProblems(node, index),
      ...interruptProblems(interrupts),
      ...(problem === undefined ? [] : [problem]),
      ...(facts?.problems ?? []),
    ],
  };
}

/** Whether a device is worth a line: it needs the BPMP, or interrupts a CPU and is not a part that all else stands on. */
function isListed(index: HostIndex, node: DtNode): boolean {
  if (!isDevice(node)) return false;
  if ((index.facts.get(node)?.uses.length ?? 0) > 0) return true;
  const interrupts = node.properties.has('interrupts') || node.properties.has('interrupts-extended');
  return interrupts && infrastructureOf(node) === undefined;
}

/** Every device of the host, in the order of the tree, one at a time: also those that need nothing of the BPMP. */
export function* eachDevice(index: HostIndex, notes: readonly DeviceNotes[]): Generator<Device> {
  for (const node of index.tree.nodes.values()) if (isListed(index, node)) yield describe(index, node, notes);
}

/** The same as a list. */
export function listDevices(index: HostIndex, notes: readonly DeviceNotes[]): readonly Device[] {
  return [...eachDevice(index, notes)];
}

function candidates(index: HostIndex, name: string, notes: readonly DeviceNotes[]): readonly DtNode[] {
  const exact = index.tree.nodes.get(name);
  if (name.startsWith('/')) return exact === undefined ? [] : [exact];
  const noted = notes.find((note) => note.name === name)?.node;
  const [address, type] = name.split('.');
  const sysfs = type === undefined ? undefined : `${type}@${address}`;
  return [...index.tree.nodes.values()].filter(
    (node) =>
      index.labels.get(node.path) === name ||
      [name, noted, sysfs].includes(node.name) ||
      hasLabel(index, node, name),
  );
}

/** A node may carry several labels; the index keeps the first. */
function hasLabel(index: HostIndex, node: DtNode, label: string): boolean {
  const symbol = index.tree.nodes.get('/__symbols__')?.properties.get(label);
  return symbol !== undefined && new TextDecoder('latin1').decode(symbol) === `${node.path}\0`;
}

/** What devices may be called: labels, names in the notes, node names. */
function* deviceNames(index: HostIndex, notes: readonly DeviceNotes[]): Iterable<string> {
  const noted = new Map(notes.map((note) => [note.node, note.name]));
  for (const node of index.tree.nodes.values()) {
    if (!isDevice(node)) continue;
    yield index.labels.get(node.path) ?? noted.get(node.name) ?? node.name;
  }
}

/**
 * The device that a person means: a label (`uarta`), the name in its notes, a node name (`serial@3100000`), a
 * path, or the name in sysfs (`3100000.serial`).
 *
 * @throws {UsageError} no device is called so, or several are
 */
export function findDevice(index: HostIndex, name: string, notes: readonly DeviceNotes[]): Device {
  const found = candidates(index, name, notes);
  const [node] = found;
  if (node === undefined)
    throw new UsageError(
      `the host has no device ${name}`,
      `${didYouMean(name, deviceNames(index, notes))}Run \`bpmp-virt devices\` for what it has.`,
    );
  if (found.length > 1)
    throw new UsageError(
      `${name} means ${found.length} nodes: ${found.map((each) => each.path).join(', ')}`,
      'Give the path of the one you mean.',
    );
  if (!isDevice(node))
    throw new UsageError(
      `${node.path} is not a device that can be passed through: it has no registers, or no compatible`,
      'Run `bpmp-virt devices` for those that can.',
    );
  return describe(index, node, notes);
}
