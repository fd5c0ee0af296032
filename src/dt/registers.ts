// SPDX-License-Identifier: Apache-2.0
import { cellOf, cellsOf, type DtNode } from './tree.ts';

/** A range of physical addresses; what a `reg` entry means to the CPU. */
export type Region = { readonly address: bigint; readonly size: bigint };

/** `#address-cells` and `#size-cells` of a bus; the defaults are the specification's. */
function busCells(bus: DtNode): readonly [address: number, size: number] {
  return [cellOf(bus, '#address-cells') ?? 2, cellOf(bus, '#size-cells') ?? 1];
}

function join(cells: readonly number[]): bigint {
  return cells.reduce((value, cell) => (value << 32n) | BigInt(cell), 0n);
}

/** A window of a bus: its own address, that of the bus above, and the size. */
type BusWindow = { readonly from: bigint; readonly to: bigint; readonly length: bigint };

/** More windows than any bus of a sound tree has; of one with more, nothing can be addressed. */
const MOST_WINDOWS = 256;
/** All children of a bus ask for its windows. */
const RANGES = new WeakMap<DtNode, readonly BusWindow[]>();

function rangesOf(bus: DtNode, cells: readonly number[], above: DtNode): readonly BusWindow[] {
  const [own, size] = busCells(bus);
  const [outer] = busCells(above);
  const width = own + outer + size;
  const found: BusWindow[] = [];
  for (let at = 0; width > 0 && at + width <= cells.length; at += width) {
    if (found.length === MOST_WINDOWS) return [];
    const from = join(cells.slice(at, at + own));
    const to = join(cells.slice(at + own, at + own + outer));
    found.push({ from, to, length: join(cells.slice(at + own + outer, at + width)) });
  }
  return found;
}

/** An address on `bus` as its parent sees it; undefined where no range of the bus covers the whole region. */
function throughRanges(bus: DtNode, region: Region): Region | undefined {
  const bytes = bus.properties.get('ranges');
  if (bytes === undefined || bus.parent === undefined) return undefined;
  if (bytes.length === 0) return region;
  let ranges = RANGES.get(bus);
  if (ranges === undefined) {
    ranges = rangesOf(bus, cellsOf(bus, 'ranges') ?? [], bus.parent);
    RANGES.set(bus, ranges);
  }
  for (const { from, to, length } of ranges)
    if (region.address >= from && region.address + region.size <= from + length)
      return { address: to + region.address - from, size: region.size };
  return undefined;
}

/** A region on `bus`, as the CPU sees it; undefined where a bus on the way has no window for it. */
function toCpu(bus: DtNode, region: Region): Region | undefined {
  let [at, here]: [DtNode, Region | undefined] = [bus, region];
  while (at.parent !== undefined && here !== undefined) {
    here = throughRanges(at, here);
    at = at.parent;
  }
  return here;
}

/**
 * The cells of a node's `reg` with other sizes, on the node's own bus; undefined where it is not sound.
 *
 * @param sizes of regions, by their number
 */
export function regWithSizes(
  node: DtNode,
  sizes: ReadonlyMap<number, bigint>,
): readonly number[] | undefined {
  const cells = cellsOf(node, 'reg');
  if (node.parent === undefined || cells === undefined) return undefined;
  const [address, size] = busCells(node.parent);
  const width = address + size;
  return cells.map((cell, at) => {
    const wanted = sizes.get(Math.floor(at / width));
    const place = (at % width) - address;
    if (wanted === undefined || place < 0) return cell;
    return Number((wanted >> (32n * BigInt(size - 1 - place))) & 0xffff_ffffn);
  });
}

/**
 * The registers of a node as the CPU addresses them, in the order of `reg`; empty where it has none or where they
 * are not memory at all (the address of a chip on an I2C bus).
 */
export function registersOf(node: DtNode): readonly Region[] {
  const known = KNOWN.get(node) ?? readRegisters(node);
  KNOWN.set(node, known);
  return known;
}

/** A tree's nodes never change, and every verdict asks for the registers of many. */
const KNOWN = new WeakMap<DtNode, readonly Region[]>();

function readRegisters(node: DtNode): readonly Region[] {
  const bus = node.parent;
  const cells = cellsOf(node, 'reg');
  if (bus === undefined || cells === undefined) return [];
  const [address, size] = busCells(bus);
  if (address < 1 || address > 2 || size < 1 || size > 2 || cells.length % (address + size) !== 0) return [];
  const regions: Region[] = [];
  for (let at = 0; at < cells.length; at += address + size) {
    const local = {
      address: join(cells.slice(at, at + address)),
      size: join(cells.slice(at + address, at + address + size)),
    };
    const region = local.size === 0n ? undefined : toCpu(bus, local);
    if (region === undefined) return [];
    regions.push(region);
  }
  return regions;
}
