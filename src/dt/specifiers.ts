// SPDX-License-Identifier: Apache-2.0
import { cellOf, cellsOf, type DtNode } from './tree.ts';

/** One entry of a property like `clocks`: whom it names and with which arguments. */
type Specifier = { readonly provider: DtNode; readonly args: readonly number[] };

/** The entries of a property, in order; `undefined` where the property leaves one out (phandle 0). */
export type Specifiers = {
  readonly entries: readonly (Specifier | undefined)[];
  /** What is wrong with it; `entries` then holds what came before. */
  readonly problem?: string;
};

export type Phandles = ReadonlyMap<number, DtNode>;

/** More arguments than any binding has (the kernel stops at 16: MAX_PHANDLE_ARGS). */
const MAX_ARGS = 16;
/** More entries than any node of a sound tree has. */
const MAX_ENTRIES = 4096;

/**
 * Walk a list of phandles with arguments. How many arguments follow each phandle is what the node it names says
 * in `cellsName` (`#clock-cells`); null: none ever follow.
 */
export function readSpecifiers(
  node: DtNode,
  property: string,
  cellsName: string | null,
  phandles: Phandles,
): Specifiers {
  const cells = cellsOf(node, property);
  if (cells === undefined) return { entries: [], problem: `${node.path}: ${property} is no list of cells` };
  const entries: (Specifier | undefined)[] = [];
  for (let at = 0; at < cells.length; ) {
    if (entries.length === MAX_ENTRIES)
      return { entries, problem: `${node.path}: ${property} has more than ${MAX_ENTRIES} entries` };
    const phandle = cells[at] ?? 0;
    at += 1;
    if (phandle === 0) {
      entries.push(undefined);
      continue;
    }
    const provider = phandles.get(phandle);
    const count = argumentCount(provider, cellsName);
    if (provider === undefined || count === undefined || at + count > cells.length)
      return { entries, problem: explain(node, property, cellsName, phandle, provider, count) };
    entries.push({ provider, args: cells.slice(at, at + count) });
    at += count;
  }
  return { entries };
}

function argumentCount(provider: DtNode | undefined, cellsName: string | null): number | undefined {
  if (cellsName === null) return 0;
  const count = provider === undefined ? undefined : cellOf(provider, cellsName);
  return count !== undefined && count <= MAX_ARGS ? count : undefined;
}

function explain(
  node: DtNode,
  property: string,
  cellsName: string | null,
  phandle: number,
  provider: DtNode | undefined,
  count: number | undefined,
): string {
  const where = `${node.path}: ${property}`;
  if (provider === undefined) return `${where} names phandle 0x${phandle.toString(16)}, which no node has`;
  if (count === undefined) return `${where} names ${provider.path}, which has no sound ${cellsName}`;
  return `${where} ends inside an entry for ${provider.path}`;
}

/**
 * Properties that name other nodes, and where the number of arguments is said; null: phandles only. What a name
 * matches by its end (`-gpios`, `-supply`) stands in `referenceCells`.
 */
const REFERENCES: ReadonlyMap<string, string | null> = new Map([
  ['clocks', '#clock-cells'],
  ['assigned-clocks', '#clock-cells'],
  ['assigned-clock-parents', '#clock-cells'],
  ['resets', '#reset-cells'],
  ['power-domains', '#power-domain-cells'],
  ['iommus', '#iommu-cells'],
  ['interrupts-extended', '#interrupt-cells'],
  ['dmas', '#dma-cells'],
  ['mboxes', '#mbox-cells'],
  ['interconnects', '#interconnect-cells'],
  ['phys', '#phy-cells'],
  ['pwms', '#pwm-cells'],
  ['io-channels', '#io-channel-cells'],
  ['thermal-sensors', '#thermal-sensor-cells'],
  ['hwlocks', '#hwlock-cells'],
  ['mux-controls', '#mux-control-cells'],
  ['msi-parent', '#msi-cells'],
  ['interrupt-parent', null],
  ['memory-region', null],
  ['phy-handle', null],
  ['pcs-handle', null],
  ['nvmem', null],
  ['shmem', null],
  ['sram', null],
  ['nvidia,bpmp', null],
  ['nvidia,memory-controller', null],
  ['nvidia,pmc', null],
  ['nvidia,xusb-padctl', null],
  ['snps,axi-config', null],
  ['snps,mtl-rx-config', null],
  ['snps,mtl-tx-config', null],
  ['usb-role-switch', null],
  ['remote-endpoint', null],
  ['vmmc-supply', null],
]);

/**
 * How a property refers to other nodes: the name of the `#…-cells` of its providers, null for bare phandles,
 * undefined where it refers to none that we know of.
 */
export function referenceCells(property: string): string | null | undefined {
  const known = REFERENCES.get(property);
  if (known !== undefined) return known;
  if (/(^|-)gpios?$/.test(property)) return '#gpio-cells';
  if (property.endsWith('-supply') || /^pinctrl-\d+$/.test(property)) return null;
  return undefined;
}
