// SPDX-License-Identifier: Apache-2.0

/** A node as this reader has it: bytes by name, and the path. */
export type OwnNode = {
  readonly path: string;
  readonly properties: Map<string, Buffer>;
  readonly above?: OwnNode;
};

const textAt = (blob: Buffer, at: number) => blob.toString('latin1', at, blob.indexOf(0, at));

/** Put a node below the last open one; the place behind its name. */
function openNode(blob: Buffer, at: number, nodes: OwnNode[], open: OwnNode[]): number {
  const name = textAt(blob, at);
  const above = open.at(-1);
  const path = above === undefined ? '' : `${above.path}/${name}`;
  const node = { path, properties: new Map(), ...(above === undefined ? {} : { above }) };
  nodes.push(node);
  open.push(node);
  return at + ((name.length + 4) & ~3);
}

/** A blob's nodes. Written for tests alone, and from the specification: what it shares with src/dt are the bytes. */
export function readOwn(blob: Buffer): OwnNode[] {
  const [structure, strings] = [blob.readUInt32BE(8), blob.readUInt32BE(12)];
  const nodes: OwnNode[] = [];
  const open: OwnNode[] = [];
  let at = structure;
  for (let tag = blob.readUInt32BE(at); tag !== 9; tag = blob.readUInt32BE(at)) {
    at += 4;
    if (tag === 1) at = openNode(blob, at, nodes, open);
    if (tag === 2) open.pop();
    if (tag !== 3) continue;
    const size = blob.readUInt32BE(at);
    const name = textAt(blob, strings + blob.readUInt32BE(at + 4));
    open.at(-1)?.properties.set(name, blob.subarray(at + 8, at + 8 + size));
    at += 8 + ((size + 3) & ~3);
  }
  return nodes;
}

export const cells = (bytes: Buffer | undefined): number[] =>
  Array.from({ length: (bytes?.length ?? 0) >> 2 }, (_, at) => bytes?.readUInt32BE(4 * at) ?? 0);
const cell = (node: OwnNode | undefined, name: string, or: number) =>
  cells(node?.properties.get(name))[0] ?? or;
const wide = (parts: readonly number[]) => parts.reduce((sum, part) => sum * 2 ** 32 + part, 0);

/** A bus's address as its own bus has it. */
function upwards(bus: OwnNode, address: number, size: number): number {
  const ranges = cells(bus.properties.get('ranges'));
  if (ranges.length === 0) return address;
  const [own, above, sizes] = [
    cell(bus, '#address-cells', 2),
    cell(bus.above, '#address-cells', 2),
    cell(bus, '#size-cells', 1),
  ];
  for (let at = 0; at < ranges.length; at += own + above + sizes) {
    const child = wide(ranges.slice(at, at + own));
    const parent = wide(ranges.slice(at + own, at + own + above));
    const length = wide(ranges.slice(at + own + above, at + own + above + sizes));
    if (address >= child && address + size <= child + length) return parent + address - child;
  }
  throw new Error(`no range of ${bus.path} has 0x${address.toString(16)}`);
}

/** Registers as the CPU addresses them: `0x3100000+0x10000`. */
export function ownRegisters(node: OwnNode): string[] {
  const reg = cells(node.properties.get('reg'));
  const [wideness, sizes] = [cell(node.above, '#address-cells', 2), cell(node.above, '#size-cells', 1)];
  const found: string[] = [];
  for (let at = 0; at < reg.length; at += wideness + sizes) {
    const size = wide(reg.slice(at + wideness, at + wideness + sizes));
    let address = wide(reg.slice(at, at + wideness));
    for (let bus = node.above; bus?.above !== undefined; bus = bus.above)
      address = upwards(bus, address, size);
    found.push(`0x${address.toString(16)}+0x${size.toString(16)}`);
  }
  return found;
}

const isOnBus = ({ properties, above }: OwnNode) =>
  properties.has('compatible') && above?.properties.has('ranges') === true;

/** Whether a node below a device is, or lies in, a device by itself: on a bus of addresses, or with registers. */
function isOfAnother(node: OwnNode, of: string): boolean {
  for (let at: OwnNode | undefined = node; at !== undefined && at.path !== of; at = at.above) {
    if (isOnBus(at)) return true;
    if (!at.properties.has('reg') || cell(at.above, '#size-cells', 1) === 0) continue;
    let bus = at.above;
    while (bus?.above !== undefined && bus.properties.has('ranges')) bus = bus.above;
    if (bus?.above === undefined) return true;
  }
  return false;
}

/** Ids that a node and the parts below it name of the BPMP by a property, ascending. */
export function ownIds(nodes: readonly OwnNode[], of: string, property: string): number[] {
  const phandles = new Map(nodes.map((node) => [cell(node, 'phandle', 0), node]));
  const bpmp = nodes.find((node) => node.path === '/bpmp');
  const counts = {
    clocks: '#clock-cells',
    resets: '#reset-cells',
    'power-domains': '#power-domain-cells',
  } as Record<string, string>;
  const found = new Set<number>();
  const below = nodes.filter((each) => each.path === of || each.path.startsWith(`${of}/`));
  for (const node of below.filter((each) => !isOfAnother(each, of))) {
    const list = cells(node.properties.get(property));
    for (let at = 0; at < list.length; ) {
      const provider = phandles.get(list[at] ?? 0);
      if (provider === bpmp && bpmp !== undefined) found.add(list[at + 1] ?? -1);
      at += 1 + cell(provider, counts[property.replace('assigned-', '')] ?? '', 0);
    }
  }
  return [...found].sort((a, b) => a - b);
}

/** Shared peripheral interrupts of a node whose controller is the GIC; undefined where it is another one. */
export function ownSpis(nodes: readonly OwnNode[], node: OwnNode): number[] | undefined {
  const list = cells(node.properties.get('interrupts'));
  let at: OwnNode | undefined = node;
  while (at !== undefined && !at.properties.has('interrupt-parent')) at = at.above;
  const wanted = cell(at, 'interrupt-parent', 0);
  const gic = nodes.find((each) => cell(each, 'phandle', 0) === wanted);
  if (gic?.properties.get('compatible')?.toString('latin1').startsWith('arm,gic') !== true) return undefined;
  return list.filter((_, index) => index % 3 === 1);
}
