// SPDX-License-Identifier: Apache-2.0
import { UsageError } from '../errors.ts';
import { type DeviceTree, type DtNode, latin1, type MemoryReservation } from './tree.ts';

/** Numbers of the format: Devicetree Specification 0.4, chapter 5. */
const MAGIC = 0xd00dfeed;
const HEADER_BYTES = 40;
const VERSION = 17;
const OLDEST = 16;
const Tag = { beginNode: 1, endNode: 2, property: 3, nop: 4, end: 9 } as const;

/**
 * Bounds against trees made to hurt. Jetson's largest are 0.5 MB, 12 levels, 4000 nodes; the kernel stops at 64
 * levels (drivers/of/fdt.c, FDT_MAX_DEPTH).
 */
export const FDT_LIMITS = {
  bytes: 16 << 20,
  depth: 64,
  nodes: 65_536,
  name: 255,
  path: 1024,
  reservations: 1024,
} as const;

/**
 * The specification's characters (2.2.1, 2.2.4), and dtc's `*` (checks.c). Names are printed as they are into sources:
 * one with a `;`, a `{` or the end of a comment would write into them.
 */
const NODE_NAME = /^[\w,.+@-]*$/;
const PROPERTY_NAME = /^[\w,.+*#?-]*$/;

type Building = {
  readonly node: DtNode;
  readonly children: DtNode[];
  readonly properties: Map<string, Uint8Array>;
};

class FdtReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #what: string;
  readonly #propertyNames = new Map<number, string>();
  /** First byte after the part that is read. */
  #end: number;
  at: number;

  constructor(bytes: Uint8Array, what: string) {
    // A Buffer's views are slow to make, and there are as many as properties.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#what = what;
    this.#end = bytes.length;
    this.at = 0;
  }

  fail(problem: string): never {
    throw new UsageError(
      `${this.#what} is not a sound device tree blob: ${problem} (at byte ${this.at} of ${this.#bytes.length})`,
      'Take a .dtb that dtc or the kernel’s `make dtbs` made, or /sys/firmware/fdt of the board, and copy it as binary.',
    );
  }

  /** Look at the part from `start`, `size` bytes long; what lies outside of it is not read. */
  block(start: number, size: number, name: string): void {
    this.at = start;
    if (start + size > this.#bytes.length) this.fail(`the ${name} block does not fit`);
    this.#end = start + size;
  }

  u32(): number {
    if (this.at + 4 > this.#end) this.fail('it is cut off');
    const value = this.#view.getUint32(this.at);
    this.at += 4;
    return value;
  }

  u64(): bigint {
    return (BigInt(this.u32()) << 32n) | BigInt(this.u32());
  }

  data(length: number): Uint8Array {
    if (length > this.#end - this.at) this.fail('a property is longer than the tree');
    const data = this.#bytes.subarray(this.at, this.at + length);
    this.at += length;
    return data;
  }

  align(): void {
    this.at = (this.at + 3) & ~3;
  }

  /** A name of characters of `set` that ends in a zero byte before `limit`. */
  name(start: number, limit: number, set: RegExp): string {
    const last = Math.min(limit, start + FDT_LIMITS.name + 1);
    const end = this.#bytes.indexOf(0, start);
    if (start >= limit || end === -1 || end >= last) this.fail('a name has no end or is too long');
    const name = latin1(this.#bytes, start, end);
    if (!set.test(name)) this.fail(`a name holds characters that no name may hold: ${JSON.stringify(name)}`);
    return name;
  }

  /** The name of a property; few names serve the many properties of a tree. */
  propertyName(offset: number, [start, size]: Header['strings']): string {
    const known = this.#propertyNames.get(offset);
    if (known !== undefined) return known;
    const name = this.name(start + offset, start + size, PROPERTY_NAME);
    this.#propertyNames.set(offset, name);
    return name;
  }

  /** The name of a node, at the place that is read, with the padding after it. */
  nodeName(): string {
    const name = this.name(this.at, this.#end, NODE_NAME);
    this.at += name.length + 1;
    this.align();
    return name;
  }
}

type Header = {
  readonly structure: readonly [start: number, size: number];
  readonly strings: readonly [start: number, size: number];
  readonly reservations: number;
  readonly bootCpu: number;
  readonly totalSize: number;
};

function readHeader(reader: FdtReader, length: number): Header {
  if (length > FDT_LIMITS.bytes) reader.fail(`it is larger than ${FDT_LIMITS.bytes >> 20} MiB`);
  if (length < HEADER_BYTES) reader.fail('it is shorter than a header');
  if (reader.u32() !== MAGIC) reader.fail('it does not begin with d00dfeed');
  const field = () => reader.u32();
  const totalSize = field();
  const [structure, strings, reservations, version, oldest, bootCpu, stringsSize, structureSize] = [
    field(),
    field(),
    field(),
    field(),
    field(),
    field(),
    field(),
    field(),
  ] as const;
  if (totalSize > length || totalSize < HEADER_BYTES) reader.fail(`its header says ${totalSize} bytes`);
  if (version < OLDEST || oldest > VERSION) reader.fail(`it is of version ${version}`);
  if (structure % 4 !== 0 || reservations % 8 !== 0) reader.fail('a block is not aligned');
  const size = version < VERSION ? totalSize - structure : structureSize;
  if (structure + size > totalSize || strings + stringsSize > totalSize) reader.fail('a block does not fit');
  return { structure: [structure, size], strings: [strings, stringsSize], reservations, bootCpu, totalSize };
}

function readReservations(reader: FdtReader, header: Header): MemoryReservation[] {
  reader.block(header.reservations, Math.max(0, header.totalSize - header.reservations), 'reservations');
  const found: MemoryReservation[] = [];
  for (;;) {
    const [address, size] = [reader.u64(), reader.u64()];
    if (address === 0n && size === 0n) return found;
    if (found.push({ address, size }) > FDT_LIMITS.reservations) reader.fail('it reserves too many ranges');
  }
}

function begin(reader: FdtReader, name: string, above: Building | undefined): Building {
  if (above === undefined && name !== '') reader.fail(`its root is named '${name}'`);
  if (above !== undefined && name === '') reader.fail('a node has no name');
  const parent = above?.node;
  const path = parent === undefined ? '/' : `${parent.path === '/' ? '' : parent.path}/${name}`;
  if (path.length > FDT_LIMITS.path) reader.fail('a path is too long');
  const [properties, children] = [new Map<string, Uint8Array>(), [] as DtNode[]];
  const node: DtNode = { name, path, parent, properties, children };
  above?.children.push(node);
  return { node, children, properties };
}

function readProperty(reader: FdtReader, header: Header, into: Building | undefined): void {
  if (into === undefined) reader.fail('a property stands outside of all nodes');
  if (into.children.length > 0) reader.fail('a property follows a child');
  const [length, offset] = [reader.u32(), reader.u32()];
  const name = reader.propertyName(offset, header.strings);
  if (name === '' || into.properties.has(name))
    reader.fail(`a property is there twice or has no name: '${name}'`);
  into.properties.set(name, reader.data(length));
  reader.align();
}

/** Start a node below `open`'s last; bounds on depth, number and length of paths hold here. */
function beginNode(reader: FdtReader, open: Building[], nodes: Map<string, DtNode>): void {
  const above = open.at(-1);
  if (above === undefined && nodes.size > 0) reader.fail('it has two roots');
  const next = begin(reader, reader.nodeName(), above);
  // Of two nodes of one name, a path would mean either.
  if (nodes.has(next.node.path)) reader.fail(`two nodes are ${next.node.path}`);
  nodes.set(next.node.path, next.node);
  if (open.push(next) > FDT_LIMITS.depth) reader.fail(`it is deeper than ${FDT_LIMITS.depth} levels`);
  if (nodes.size > FDT_LIMITS.nodes) reader.fail(`it has more than ${FDT_LIMITS.nodes} nodes`);
}

function readNodes(reader: FdtReader, header: Header): ReadonlyMap<string, DtNode> {
  const nodes = new Map<string, DtNode>();
  const open: Building[] = [];
  reader.block(...header.structure, 'structure');
  for (let tag = reader.u32(); tag !== Tag.end; tag = reader.u32()) {
    if (tag === Tag.beginNode) beginNode(reader, open, nodes);
    else if (tag === Tag.property) readProperty(reader, header, open.at(-1));
    else if (tag === Tag.endNode && open.length > 0) open.pop();
    else if (tag !== Tag.nop) reader.fail(`tag ${tag} has no place there`);
  }
  if (open.length > 0) reader.fail('it ends inside a node');
  return nodes;
}

/**
 * Read a flattened device tree. Nothing of it is trusted: sizes, offsets, names and depth are bounded, properties
 * are views into `bytes` and not copies.
 *
 * @param what names the blob in errors: its path
 * @throws {UsageError} it is truncated, malformed or beyond the bounds
 */
export function readFdt(bytes: Uint8Array, what: string): DeviceTree {
  const reader: FdtReader = new FdtReader(bytes, what);
  const header = readHeader(reader, bytes.length);
  const reservations = readReservations(reader, header);
  const nodes = readNodes(reader, header);
  const root = nodes.get('/');
  if (root === undefined) reader.fail('it has no root');
  return { root, nodes, reservations, bootCpu: header.bootCpu };
}
