// SPDX-License-Identifier: Apache-2.0
import type { Device } from '../dt/devices.ts';
import { bytesText, cellsText, hex, propertyLine, stringsText } from '../dt/dts-text.ts';
import type { BpmpKind, HostIndex } from '../dt/host-index.ts';
import { isByItself } from '../dt/host-roles.ts';
import { interruptParentOf } from '../dt/interrupts.ts';
import { referenceForm } from '../dt/reference-properties.ts';
import {
  isHogLine,
  type ReferenceForm,
  readSpecifiers,
  type Specifier,
  type Specifiers,
} from '../dt/specifiers.ts';
import type { DtNode } from '../dt/tree.ts';
import { dataRoot } from '../policy/data-nodes.ts';
import type { HostFacts } from '../policy/derive.ts';
import { mayRefer } from '../policy/losses.ts';
import type { VmPolicy } from '../policy/policy.ts';
import { type BpmpReference, windowReference } from './bpmp-references.ts';
import type { BusPlace } from './platform-bus.ts';

/** A device in its VM: where QEMU puts it. */
export type GuestDevice = { readonly device: Device; readonly place: BusPlace };

/** A node of the guest as source, and what of the host's node it does not have. */
export type GuestNode = {
  readonly label: string;
  /** With its address. */
  readonly name: string;
  readonly lines: readonly string[];
  readonly left: readonly string[];
  /** Nodes of settings that it and those inside of it refer to, for the guest's root. */
  readonly data: readonly DataNode[];
};

/** Settings beside the devices, as source for the guest's root: several devices may refer to the same. */
type DataNode = { readonly label: string; readonly lines: readonly string[] };

/** Said anew for the guest, or of no meaning there. */
const REPLACED = new Set([
  'compatible',
  'reg',
  'interrupts',
  'interrupts-extended',
  'interrupt-parent',
  'phandle',
  'linux,phandle',
  'status',
]);
/** Addresses of the host, which the guest has other ones for. */
const HOST_ADDRESSES = ['ranges', 'dma-ranges'];
const OF_CHILDREN = ['#address-cells', '#size-cells'];
/** Properties that give names or rates to the entries of another one, and fall with it. */
const COMPANIONS: ReadonlyMap<string, readonly string[]> = new Map([
  ['clocks', ['clock-names']],
  ['resets', ['reset-names']],
  ['power-domains', ['power-domain-names']],
  ['assigned-clocks', ['assigned-clock-parents', 'assigned-clock-rates']],
  ['assigned-clock-parents', ['assigned-clocks', 'assigned-clock-rates']],
  ['dmas', ['dma-names']],
  ['interconnects', ['interconnect-names']],
  ['pinctrl-0', ['pinctrl-names']],
  ['phys', ['phy-names']],
  ['mboxes', ['mbox-names']],
  ['pwms', ['pwm-names']],
  ['iommus', ['iommu-map', 'iommu-map-mask']],
  ['iommu-map', ['iommu-map-mask']],
]);
const KINDS: ReadonlyMap<string, BpmpKind> = new Map([
  ['clocks', 'clock'],
  ['assigned-clocks', 'clock'],
  ['assigned-clock-parents', 'clock'],
  ['resets', 'reset'],
  ['power-domains', 'power-domain'],
]);

/** Classes that an id must be of for a property to keep it. */
const USABLE: { readonly default: readonly unknown[]; readonly [property: string]: readonly unknown[] } = {
  default: ['own', 'shared'],
  'assigned-clocks': ['own'],
};

/** A label that dtc takes: letters, digits and underscores. */
function asLabel(name: string): string {
  return name.replaceAll(/\W/g, '_').replace(/^(?=\d)/, '_');
}

/** The label that a device has in the trees we make. */
export function guestLabel(device: Device): string {
  return asLabel(device.notes?.name ?? device.label ?? device.node.name);
}

/** The label of a node that is a device, or a part of it. */
function labelInside(node: DtNode, device: Device): string {
  return asLabel(`${guestLabel(device)}${node.path.slice(device.node.path.length)}`);
}

/** Whether a device's notes keep a child of it out of the guest. */
function isDropped(child: DtNode, device: Device): boolean {
  return child.parent === device.node && device.notes?.guest.drop.includes(child.name) === true;
}

class NodePrinter {
  readonly #guest: GuestDevice;
  readonly #policy: VmPolicy;
  readonly #facts: HostFacts;
  readonly #refer: BpmpReference;
  readonly label: string;
  /** What is left with the host: paths below the device are shown from it on. */
  readonly left: string[] = [];
  /** Nodes of settings outside of the device that it refers to. */
  readonly data = new Set<DtNode>();

  constructor(guest: GuestDevice, policy: VmPolicy, facts: HostFacts, refer: BpmpReference) {
    this.#guest = guest;
    this.#policy = policy;
    this.#facts = facts;
    this.#refer = refer;
    this.label = guestLabel(guest.device);
  }

  get #index(): HostIndex {
    return this.#facts.index;
  }

  /** The label of a node inside of the device. */
  #labelOf(node: DtNode): string {
    return labelInside(node, this.#guest.device);
  }

  /** References for entries that the VM may use so; undefined where it may not use one. */
  #bpmpEntries(kind: BpmpKind, property: string, { entries }: Specifiers): string | undefined {
    const words = entries.map((entry) => {
      const id = entry?.args[0];
      // A clock that the device itself makes for its parts.
      if (entry !== undefined && entry.provider !== this.#index.bpmp) return this.#entry(entry);
      if (entry === undefined || id === undefined) return undefined;
      const known = this.#policy.ids.find((each) => each.kind === kind && each.id === id);
      // A parent is an ancestor, and so visible to the VM, whether or not the policy names it.
      const may =
        property === 'assigned-clock-parents' || (USABLE[property] ?? USABLE.default).includes(known?.class);
      return may ? this.#refer(kind, id, known?.name ?? this.#facts.namer.nameOf(kind, id)) : undefined;
    });
    return words.includes(undefined) ? undefined : words.join(', ');
  }

  /** The label that a node has in the guest: one of the VM's devices', or of settings that are copied; undefined: none. */
  #guestLabelOf(node: DtNode): string | undefined {
    const own = this.#copiedWith(node);
    if (own !== undefined) return labelInside(node, own);
    const root = dataRoot(node, this.#index);
    if (root === undefined) return undefined;
    this.data.add(root);
    return asLabel(`${this.label}_${root.name}`);
  }

  /** The device of the VM that a node goes to the guest with, as it or as a part of it; undefined: it stays behind. */
  #copiedWith(node: DtNode): Device | undefined {
    let below: DtNode | undefined;
    for (let at: DtNode | undefined = node; at !== undefined; below = at, at = at.parent) {
      const found = this.#policy.devices.find((each) => each.node === at);
      if (found !== undefined) return below !== undefined && isDropped(below, found) ? undefined : found;
      if (isByItself(at)) return undefined;
    }
    return undefined;
  }

  /** A property that refers to nodes, rewritten for the guest; undefined where they are not all there. */
  #reference(
    node: DtNode,
    property: string,
    form: ReferenceForm,
  ): { readonly text: string | undefined } | undefined {
    // Of a map, or of phandles among other numbers, nothing can be rewritten.
    if (typeof form !== 'number' && !form.startsWith('#')) return undefined;
    const found = readSpecifiers(node, property, form, this.#index.phandles);
    if (found.problem !== undefined) return undefined;
    if (found.entries.length === 0) return { text: undefined };
    const kind = KINDS.get(property);
    const text = kind === undefined ? this.#entries(found) : this.#bpmpEntries(kind, property, found);
    return text === undefined ? undefined : { text };
  }

  /** Entries for nodes that the guest has; undefined where it lacks one. */
  #entries({ entries }: Specifiers): string | undefined {
    const words = entries.map((entry) => (entry === undefined ? undefined : this.#entry(entry)));
    return words.includes(undefined) ? undefined : words.join(', ');
  }

  #entry({ provider, args }: Specifier): string | undefined {
    const label = this.#guestLabelOf(provider);
    return label === undefined ? undefined : cellsText([`&${label}`, ...args]);
  }

  #value(
    node: DtNode,
    property: string,
    bytes: Uint8Array,
  ): { readonly text: string | undefined } | undefined {
    const form = isHogLine(node, property) ? undefined : referenceForm(property);
    if (form !== undefined) return this.#reference(node, property, form);
    // A phandle of the host is any node's in the guest: what may be one is never copied as bytes.
    return !isHogLine(node, property) && mayRefer(node, property, this.#index).length > 0
      ? undefined
      : { text: bytesText(bytes) };
  }

  /** The properties that a node keeps, in the host's order. */
  properties(node: DtNode, without: ReadonlySet<string>): ReadonlyMap<string, string | undefined> {
    const rows = [...node.properties]
      .filter(([property]) => !without.has(property))
      .map(([property, bytes]) => ({ property, value: this.#value(node, property, bytes) }));
    const lost = rows.filter(({ value }) => value === undefined).map(({ property }) => property);
    const fallen = new Set(lost.flatMap((property) => [property, ...(COMPANIONS.get(property) ?? [])]));
    const where = node === this.#guest.device.node ? '' : `${node.name}/`;
    const gone = rows.filter(({ property }) => fallen.has(property));
    this.left.push(...gone.map(({ property }) => `${where}${property}`));
    const kept = rows.filter(({ property }) => !fallen.has(property));
    return new Map(kept.map(({ property, value }) => [property, value?.text]));
  }

  /** The children of a node as `child` copies them; those that have no place in the guest are left with the host. */
  children(node: DtNode): readonly string[] {
    const kept = this.#partsOf(node);
    const away = node.children.filter((child) => isByItself(child));
    const lost = away.filter((child) => this.#policy.devices.every((each) => each.node !== child));
    this.left.push(...lost.map((child) => `${child.name} (a device by itself)`));
    return kept.flatMap((child) => this.child(child)).map((line) => (line === '' ? '' : `\t${line}`));
  }

  #partsOf(node: DtNode): readonly DtNode[] {
    return node.children.filter((child) => !isByItself(child) && !isDropped(child, this.#guest.device));
  }

  /** What of a node says how its children are addressed and is left out: the host's ranges, and the cells of them. */
  addressing(node: DtNode): readonly string[] {
    const kept = this.#partsOf(node);
    const unused = node.properties.has('ranges') && kept.every((child) => !child.properties.has('reg'));
    return [...HOST_ADDRESSES, ...(unused ? OF_CHILDREN : [])];
  }

  /** A node below the device, copied with what it may keep. */
  child(node: DtNode): readonly string[] {
    const without = ['phandle', 'linux,phandle', ...this.addressing(node)];
    const kept = new Map(this.properties(node, new Set(without)));
    const controller = interruptParentOf(node, this.#index.phandles);
    if (kept.has('interrupts') && (controller === undefined || this.#copiedWith(controller) === undefined)) {
      // Numbers of a controller that stays with the host would be another one's in the guest.
      for (const name of ['interrupts', 'interrupt-names', 'interrupt-parent']) kept.delete(name);
      this.left.push(`${node.name}/interrupts`);
    }
    return [
      '',
      `${this.#labelOf(node)}: ${node.name} {`,
      ...[...kept].map(([name, value]) => `\t${propertyLine(name, value)}`),
      ...this.children(node),
      '};',
    ];
  }

  /** The settings that the device refers to, as nodes below the guest's root. */
  dataNodes(): readonly DataNode[] {
    return [...this.data].map((root) => ({
      label: asLabel(`${this.label}_${root.name}`),
      lines: this.#dataNode(root),
    }));
  }

  #dataNode(node: DtNode): readonly string[] {
    const kept = [...node.properties].filter(([name]) => name !== 'phandle' && name !== 'linux,phandle');
    return [
      `${node.name} {`,
      ...kept.map(([name, bytes]) => `\t${propertyLine(name, bytesText(bytes))}`),
      ...node.children.flatMap((child) => this.#dataNode(child)).map((line) => `\t${line}`),
      '};',
    ];
  }
}

/** What every guest node begins with: said by QEMU's places, not by the host. */
function placedLines({ device, place }: GuestDevice): ReadonlyMap<string, string> {
  const regions = device.registers.map(({ size }, at) => cellsText([place.addresses[at] ?? 0n, size]));
  // Cell 0: a shared peripheral interrupt, as dt-bindings/interrupt-controller/arm-gic.h has it.
  const interrupts = device.interrupts.map(({ trigger }, at) => cellsText([0, place.spis[at] ?? 0, trigger]));
  return new Map([
    ['compatible', stringsText(device.compatible)],
    ['reg', regions.join(', ')],
    ...(interrupts.length === 0 ? [] : [['interrupts', interrupts.join(', ')] as const]),
  ]);
}

/** What the device's notes say of the guest's node. */
function notedLines(
  device: Device,
  facts: HostFacts,
  refer: BpmpReference,
): ReadonlyMap<string, string | undefined> {
  const lines = new Map<string, string | undefined>();
  const guest = device.notes?.guest;
  for (const [property, names, kind, ids] of [
    ['clocks', 'clock-names', 'clock', guest?.clocks],
    ['resets', 'reset-names', 'reset', guest?.resets],
  ] as const) {
    if (ids === undefined) continue;
    const words = Object.entries(ids).flatMap(([called, name]) => {
      const reference = refer(kind, facts.namer.idOf(kind, name), name);
      return reference === undefined ? [] : [{ called, reference }];
    });
    lines.set(property, words.map(({ reference }) => reference).join(', '));
    lines.set(names, stringsText(words.map(({ called }) => called)));
  }
  for (const [name, value] of Object.entries(guest?.properties ?? {})) lines.set(name, notedValue(value));
  return lines;
}

function notedValue(value: true | string | readonly string[] | readonly number[]): string | undefined {
  if (value === true) return undefined;
  if (typeof value === 'string') return stringsText([value]);
  const cells = value.filter((each) => typeof each === 'number');
  return cells.length > 0 ? cellsText(cells) : stringsText(value.filter((each) => typeof each === 'string'));
}

/** The name of a device's node in its guest. */
export function guestNodeName({ device, place }: GuestDevice): string {
  return `${device.node.name.replace(/@.*$/, '')}@${hex(place.addresses[0] ?? 0n).slice(2)}`;
}

/** A device with others of the VM below it is a bus for them; their addresses are the machine's too. */
function busLines(inner: readonly GuestNode[]): readonly (readonly [string, string | undefined])[] {
  if (inner.length === 0) return [];
  return [...OF_CHILDREN.map((name) => [name, cellsText([1])] as const), ['ranges', undefined]];
}

/** How a guest's nodes are made. */
export type GuestNodeOptions = {
  /** Properties besides, as source: what the virtual Orin's host tree needs. */
  readonly more?: ReadonlyMap<string, string> | undefined;
  /** How they name what the BPMP has. */
  readonly refer?: BpmpReference | undefined;
  /** Devices of the VM whose nodes stand in this one. */
  readonly inner?: readonly GuestNode[];
};

/**
 * The node of a device in its guest: at QEMU's addresses and interrupts, with the ids that the policy gives, and
 * without what only the host has (DMA engine, IOMMU, pins, supplies).
 */
export function guestNode(
  guest: GuestDevice,
  policy: VmPolicy,
  facts: HostFacts,
  { more = new Map(), refer = windowReference, inner = [] }: GuestNodeOptions = {},
): GuestNode {
  const { device } = guest;
  const printer = new NodePrinter(guest, policy, facts, refer);
  const drop = device.notes?.guest.drop ?? [];
  const properties = new Map<string, string | undefined>([
    ...placedLines(guest),
    ...printer.properties(device.node, new Set([...REPLACED, ...drop, ...printer.addressing(device.node)])),
    ...busLines(inner),
    ...notedLines(device, facts, refer),
    ...more,
    ['status', '"okay"'],
  ]);
  const children = printer.children(device.node);
  const name = guestNodeName(guest);
  const left = printer.left;
  return {
    label: printer.label,
    name,
    left,
    data: [...printer.dataNodes(), ...inner.flatMap((each) => each.data)],
    lines: [
      `${printer.label}: ${name} {`,
      ...(left.length === 0 ? [] : [`\t/* left with the host: ${left.join(', ')} */`]),
      ...[...properties].map(([property, value]) => `\t${propertyLine(property, value)}`),
      ...children,
      ...inner.flatMap((each) => ['', ...each.lines.map((line) => (line === '' ? '' : `\t${line}`))]),
      '};',
    ],
  };
}
