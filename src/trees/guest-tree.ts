// SPDX-License-Identifier: Apache-2.0
import { type Device, deviceName } from '../dt/devices.ts';
import { cellsText, hex, propertyLine } from '../dt/dts-text.ts';
import { cellsOf, type DeviceTree, type DtNode } from '../dt/tree.ts';
import { UsageError } from '../errors.ts';
import type { HostFacts } from '../policy/derive.ts';
import type { VmPolicy } from '../policy/policy.ts';
import { guestLabel } from './guest-node.ts';
import { dataLines, guestNodes } from './guest-nodes.ts';
import {
  type BusPlace,
  type PlatformBus,
  placeOnBus,
  VIRT_PLATFORM_BUS,
  WINDOW_ADDRESS,
} from './platform-bus.ts';
import { fillTemplate } from './template.ts';

/** What a guest's tree is made of, besides the policy and the host. */
export type GuestMachine = {
  /** The tree that QEMU itself makes for the machine (`-machine …,dumpdtb=FILE`). */
  readonly base: DeviceTree;
  /** Name of the file that the template includes: `printDts` of `base`. */
  readonly baseFile: string;
  /** For the comment: the guest, and the host's tree. */
  readonly what: string;
  readonly hostTree: string;
  /** Properties besides, as source, of the device with this number: the virtual Orin's host has `iommus`. */
  readonly more?: (base: DeviceTree, at: number) => ReadonlyMap<string, string>;
};

/** The alias of a device that numbers itself by one: by its notes, else by what its node is called. */
function aliasOf(device: Device): string | undefined {
  const type = device.node.name.replace(/@.*$/, '');
  return (
    device.notes?.alias ?? (['serial', 'i2c', 'spi', 'ethernet', 'mmc'].includes(type) ? type : undefined)
  );
}

/** The alias of each device with its number: `serial0`. */
export function aliasNames(devices: readonly Device[]): readonly (string | undefined)[] {
  const counts = new Map<string, number>();
  return devices.map((device) => {
    const alias = aliasOf(device);
    if (alias === undefined) return undefined;
    const number = counts.get(alias) ?? 0;
    counts.set(alias, number + 1);
    return `${alias}${number}`;
  });
}

function aliasLines(devices: readonly Device[]): readonly string[] {
  const aliases = aliasNames(devices);
  const lines = devices.flatMap((device, at) => {
    const alias = aliases[at];
    return alias === undefined ? [] : [`\t${propertyLine(alias, `&${guestLabel(device)}`)}`];
  });
  return lines.length === 0 ? [] : ['aliases {', ...lines, '};'];
}

/** The platform bus of QEMU's own tree: its place is what `ranges` says. */
function platformBus(base: DeviceTree): { readonly node: DtNode; readonly bus: PlatformBus } {
  const node = base.root.children.find((child) => child.name.startsWith('platform-bus@'));
  const [, high, low, size] = node === undefined ? [] : (cellsOf(node, 'ranges') ?? []);
  if (node === undefined || high === undefined || low === undefined || size === undefined)
    throw new UsageError(
      "QEMU's own device tree has no platform bus",
      'Take the tree that `-machine virt,dumpdtb=FILE` writes.',
    );
  const start = (BigInt(high) << 32n) | BigInt(low);
  return { node, bus: { ...VIRT_PLATFORM_BUS, base: start, size: BigInt(size) } };
}

/**
 * Where QEMU puts a VM's devices, in the order of their `-device` options.
 *
 * @throws {UsageError} they do not fit the bus
 */
export function placeDevices(devices: readonly Device[], bus: PlatformBus): readonly BusPlace[] {
  return placeOnBus(
    devices.map((device) => ({
      name: deviceName(device),
      regions: device.registers.map((region) => region.size),
      interrupts: device.interrupts.length,
    })),
    bus,
  );
}

/**
 * The source of a guest's tree: QEMU's own tree, the BPMP with its window, and the devices where QEMU puts them.
 *
 * @throws {UsageError} the devices do not fit QEMU's bus, or `base` is not a tree of the virt machine
 */
export function guestTree(
  policy: VmPolicy,
  facts: HostFacts,
  machine: GuestMachine,
  template: string,
): string {
  const { node, bus } = platformBus(machine.base);
  const places = placeDevices(policy.devices, bus);
  const more = (at: number) => machine.more?.(machine.base, at);
  const nodes = guestNodes(policy, facts, places, { more });
  return fillTemplate(template, {
    what: machine.what,
    tree: machine.hostTree,
    base: machine.baseFile,
    aliases: aliasLines(policy.devices),
    'virtual-pa': `${hex(WINDOW_ADDRESS >> 32n)} ${hex(WINDOW_ADDRESS & 0xffff_ffffn)}`,
    bus: node.name,
    ranges: cellsText([bus.base & 0xffff_ffffn, bus.base >> 32n, bus.base & 0xffff_ffffn, bus.size]).slice(
      1,
      -1,
    ),
    data: dataLines(nodes),
    devices: nodes.flatMap((each) => [...each.lines, '']).slice(0, -1),
  });
}

/** What of QEMU's tree must not be in a file: numbers that are to be random at every start. */
export function isSeed(_node: DtNode, property: string | undefined): boolean {
  return property === 'kaslr-seed' || property === 'rng-seed';
}
