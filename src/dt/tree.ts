// SPDX-License-Identifier: Apache-2.0

/** One node of a device tree; properties hold the bytes as they are in the blob. */
export type DtNode = {
  /** `serial@3100000`; empty for the root. */
  readonly name: string;
  /** `/bus@0/serial@3100000`; `/` for the root. */
  readonly path: string;
  readonly parent: DtNode | undefined;
  readonly properties: ReadonlyMap<string, Uint8Array>;
  readonly children: readonly DtNode[];
};

/** A range of memory that the tree reserves for the firmware. */
export type MemoryReservation = { readonly address: bigint; readonly size: bigint };

/** A whole device tree. */
export type DeviceTree = {
  readonly root: DtNode;
  /** Every node by its path, parents before children. */
  readonly nodes: ReadonlyMap<string, DtNode>;
  readonly reservations: readonly MemoryReservation[];
  readonly bootCpu: number;
};

/** Bytes as text, one character each; what a TextDecoder needs for a short name is many times that. */
export function latin1(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let at = start; at < end; at += 1) text += String.fromCharCode(bytes[at] ?? 0);
  return text;
}

/** Every verdict asks again and again what its node is compatible with; nodes alike have one list. */
const COMPATIBLE = new WeakMap<DtNode, readonly string[]>();
const LISTS = new Map<string, readonly string[]>();
/** More kinds of devices than a sound tree has. */
const MOST_LISTS = 4096;
const NONE: readonly string[] = [];

/** The strings of a property that is a list of them (`compatible`); empty where it is absent or not that. */
export function stringsOf(node: DtNode, name: string): readonly string[] {
  if (name !== 'compatible') return readStrings(node, name);
  const known = COMPATIBLE.get(node);
  if (known !== undefined) return known;
  const list = sameList(readStrings(node, name));
  COMPATIBLE.set(node, list);
  return list;
}

function sameList(list: readonly string[]): readonly string[] {
  if (list.length === 0) return NONE;
  const key = list.join('\0');
  const known = LISTS.get(key);
  if (known !== undefined) return known;
  if (LISTS.size >= MOST_LISTS) LISTS.clear();
  LISTS.set(key, list);
  return list;
}

function readStrings(node: DtNode, name: string): readonly string[] {
  const bytes = node.properties.get(name);
  if (bytes === undefined || bytes.length === 0 || bytes.at(-1) !== 0) return [];
  return latin1(bytes, 0, bytes.length - 1).split('\0');
}

/** The one string of a property; undefined where it is absent or no string. */
export function stringOf(node: DtNode, name: string): string | undefined {
  return stringsOf(node, name)[0];
}

/** The big-endian cell at a byte; a DataView for each of a tree's many cells costs more than all else. */
function cellAt(bytes: Uint8Array, at: number): number {
  const [a = 0, b = 0, c = 0, d = 0] = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
}

/** The 32-bit cells of a property; empty where it is absent, undefined where its length is not a multiple of 4. */
export function cellsOf(node: DtNode, name: string): readonly number[] | undefined {
  const bytes = node.properties.get(name);
  if (bytes === undefined) return [];
  if (bytes.length % 4 !== 0) return undefined;
  const cells: number[] = [];
  for (let at = 0; at < bytes.length; at += 4) cells.push(cellAt(bytes, at));
  return cells;
}

/** The one cell of a property; undefined where it is absent or of another length. */
export function cellOf(node: DtNode, name: string): number | undefined {
  const bytes = node.properties.get(name);
  return bytes?.length === 4 ? cellAt(bytes, 0) : undefined;
}

/** Whether a node itself is switched on: `status` absent, `okay` or `ok`. */
export function isSwitchedOn(node: DtNode): boolean {
  const status = stringOf(node, 'status') ?? 'okay';
  return status === 'okay' || status === 'ok';
}

/** The nodes above a node, its parent first. */
export function* nodesAbove(node: DtNode): Generator<DtNode> {
  for (let at = node.parent; at !== undefined; at = at.parent) yield at;
}

/** Whether a node and all nodes above it are switched on. */
export function isEnabled(node: DtNode): boolean {
  for (let at: DtNode | undefined = node; at !== undefined; at = at.parent)
    if (!isSwitchedOn(at)) return false;
  return true;
}

/** The node of every phandle in the tree; of a phandle that two nodes carry, the first, as in the kernel. */
export function phandlesOf(tree: DeviceTree): ReadonlyMap<number, DtNode> {
  const found = new Map<number, DtNode>();
  for (const node of tree.nodes.values()) {
    const phandle = cellOf(node, 'phandle') ?? cellOf(node, 'linux,phandle');
    if (phandle !== undefined && !found.has(phandle)) found.set(phandle, node);
  }
  return found;
}

/** What dtc takes for a label in a source; `__symbols__` is input, and may hold other names. */
const LABEL = /^[A-Za-z_]\w*$/;

/**
 * Labels (`__symbols__`, made by `dtc -@`) by path; of several labels of a node, the first. Names that no source could
 * refer to are left out.
 */
export function labelsOf(tree: DeviceTree): ReadonlyMap<string, string> {
  const labels = new Map<string, string>();
  const symbols = tree.nodes.get('/__symbols__');
  for (const label of symbols?.properties.keys() ?? []) {
    const path = symbols === undefined ? undefined : stringOf(symbols, label);
    if (path !== undefined && LABEL.test(label) && !labels.has(path)) labels.set(path, label);
  }
  return labels;
}
