// SPDX-License-Identifier: Apache-2.0
import type { Device } from '../dt/devices.ts';
import { bytesText, cellsText, hex, propertyLine, stringsText } from '../dt/dts-text.ts';
import type { BpmpKind, HostIndex } from '../dt/host-index.ts';
import { isWithin } from '../dt/host-roles.ts';
import { readSpecifiers, referenceCells, type Specifiers } from '../dt/specifiers.ts';
import type { DtNode } from '../dt/tree.ts';
import type { HostFacts } from '../policy/derive.ts';
import type { VmPolicy } from '../policy/policy.ts';
import type { BusPlace } from './platform-bus.ts';

/** A device in its VM: where QEMU puts it. */
export type GuestDevice = { readonly device: Device; readonly place: BusPlace };

/** A node of the guest as source, and what of the host's node it does not have. */
export type GuestNode = {
  readonly label: string;
  readonly lines: readonly string[];
  readonly left: readonly string[];
};

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

class NodePrinter {
  readonly #guest: GuestDevice;
  readonly #policy: VmPolicy;
  readonly #facts: HostFacts;
  readonly label: string;
  /** What is left with the host: paths below the device are shown from it on. */
  readonly left: string[] = [];

  constructor(guest: GuestDevice, policy: VmPolicy, facts: HostFacts) {
    this.#guest = guest;
    this.#policy = policy;
    this.#facts = facts;
    this.label = guestLabel(guest.device);
  }

  get #index(): HostIndex {
    return this.#facts.index;
  }

  /** The label of a node inside of the device. */
  #labelOf(node: DtNode): string {
    if (node === this.#guest.device.node) return this.label;
    return asLabel(`${this.label}${node.path.slice(this.#guest.device.node.path.length)}`);
  }

  /** `<&bpmp ID>` for entries that the VM may use so; undefined where it may not use one. */
  #bpmpEntries(kind: BpmpKind, property: string, { entries }: Specifiers): string | undefined {
    const words = entries.map((entry) => {
      const id = entry?.args[0];
      if (entry?.provider !== this.#index.bpmp || id === undefined) return undefined;
      const known = this.#policy.ids.find((each) => each.kind === kind && each.id === id);
      // A parent is an ancestor, and so visible to the VM, whether or not the policy names it.
      const may =
        property === 'assigned-clock-parents' || (USABLE[property] ?? USABLE.default).includes(known?.class);
      return may ? `<&bpmp ${known?.name ?? this.#facts.namer.nameOf(kind, id) ?? id}>` : undefined;
    });
    return words.includes(undefined) ? undefined : words.join(', ');
  }

  /** A property that refers to nodes, rewritten for the guest; undefined where they are not all there. */
  #reference(node: DtNode, property: string, cells: string | null): string | undefined {
    const found = readSpecifiers(node, property, cells, this.#index.phandles);
    if (found.problem !== undefined) return undefined;
    const kind = KINDS.get(property);
    if (kind !== undefined) return this.#bpmpEntries(kind, property, found);
    const words = found.entries.map((entry) => {
      if (entry === undefined || !isWithin(entry.provider, this.#guest.device.node)) return undefined;
      return cellsText([`&${this.#labelOf(entry.provider)}`, ...entry.args]);
    });
    return words.includes(undefined) ? undefined : words.join(', ');
  }

  #value(
    node: DtNode,
    property: string,
    bytes: Uint8Array,
  ): { readonly text: string | undefined } | undefined {
    const cells = referenceCells(property);
    if (cells === undefined) return property === 'iommu-map' ? undefined : { text: bytesText(bytes) };
    const text = this.#reference(node, property, cells);
    return text === undefined ? undefined : { text };
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

  /** A node below the device, copied with what it may keep. */
  child(node: DtNode): readonly string[] {
    const kept = this.properties(node, new Set(['phandle', 'linux,phandle']));
    return [
      '',
      `${this.#labelOf(node)}: ${node.name} {`,
      ...[...kept].map(([name, value]) => `\t${propertyLine(name, value)}`),
      ...node.children.flatMap((each) => this.child(each)).map((line) => (line === '' ? '' : `\t${line}`)),
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
function notedLines(device: Device): ReadonlyMap<string, string | undefined> {
  const lines = new Map<string, string | undefined>();
  const guest = device.notes?.guest;
  for (const [property, names, ids] of [
    ['clocks', 'clock-names', guest?.clocks],
    ['resets', 'reset-names', guest?.resets],
  ] as const) {
    if (ids === undefined) continue;
    lines.set(
      property,
      Object.values(ids)
        .map((id) => `<&bpmp ${id}>`)
        .join(', '),
    );
    lines.set(names, stringsText(Object.keys(ids)));
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

/**
 * The node of a device in its guest: at QEMU's addresses and interrupts, with the ids that the policy gives, and
 * without what only the host has (DMA engine, IOMMU, pins, supplies).
 *
 * @param more properties besides, as source: what the virtual Orin's host tree needs
 */
export function guestNode(
  guest: GuestDevice,
  policy: VmPolicy,
  facts: HostFacts,
  more: ReadonlyMap<string, string> = new Map(),
): GuestNode {
  const { device, place } = guest;
  const printer = new NodePrinter(guest, policy, facts);
  const drop = device.notes?.guest.drop ?? [];
  const properties = new Map<string, string | undefined>([
    ...placedLines(guest),
    ...printer.properties(device.node, new Set([...REPLACED, ...drop])),
    ...notedLines(device),
    ...more,
    ['status', '"okay"'],
  ]);
  const children = device.node.children.filter((child) => !drop.includes(child.name));
  const name = `${device.node.name.replace(/@.*$/, '')}@${hex(place.addresses[0] ?? 0n).slice(2)}`;
  const left = printer.left;
  return {
    label: printer.label,
    left,
    lines: [
      `${printer.label}: ${name} {`,
      ...(left.length === 0 ? [] : [`\t/* left with the host: ${left.join(', ')} */`]),
      ...[...properties].map(([property, value]) => `\t${propertyLine(property, value)}`),
      ...children.flatMap((child) => printer.child(child)).map((line) => (line === '' ? '' : `\t${line}`)),
      '};',
    ],
  };
}
