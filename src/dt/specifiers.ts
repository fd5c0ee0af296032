// SPDX-License-Identifier: Apache-2.0
import { cellOf, cellsOf, type DtNode } from './tree.ts';

/** One entry of a property like `clocks`: whom it names and with which arguments. */
export type Specifier = { readonly provider: DtNode; readonly args: readonly number[] };

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
 * How a property names other nodes. A name (`#clock-cells`): each phandle is followed by as many arguments as the
 * node it names says there; a number: by so many; `first`:
 * the first cell is the only phandle. `interrupt-map` and `id-map` are rows of a map; `opaque`: there
 * are phandles among other numbers, and each cell that is one counts.
 */
export type ReferenceForm = `#${string}` | number | 'first' | 'interrupt-map' | 'id-map' | 'opaque';

/**
 * Walk a property that names other nodes.
 *
 * @param form how it names them
 */
export function readSpecifiers(
  node: DtNode,
  property: string,
  form: ReferenceForm,
  phandles: Phandles,
): Specifiers {
  const cells = cellsOf(node, property);
  if (cells === undefined)
    return { entries: [], problem: `${node.path}: ${property} is not a list of cells` };
  if (isHogLine(node, property)) return { entries: [] };
  if (form === 'opaque') return { entries: phandlesAmong(cells, phandles) };
  if (form === 'first') return { entries: first(cells, phandles) };
  if (form === 'id-map') return { entries: idMap(cells, phandles) };
  if (form === 'interrupt-map') return { entries: interruptMap(node, cells, phandles) };
  return readList(node, property, cells, form, phandles);
}

/** Whether a property is a line of the GPIO controller that its node lies in (`gpio-hog`): numbers, and no phandle. */
export function isHogLine(node: DtNode, property: string): boolean {
  return property === 'gpios' && node.properties.has('gpio-hog');
}

/** The nodes of all cells that are somebody's phandle. */
export function phandlesAmong(cells: readonly number[], phandles: Phandles): readonly Specifier[] {
  return cells.flatMap((cell) => {
    const provider = phandles.get(cell);
    return provider === undefined ? [] : [{ provider, args: [] }];
  });
}

/** `nvidia,bpmp`: alone for one driver, with a number behind it for another. */
function first(cells: readonly number[], phandles: Phandles): readonly Specifier[] {
  const provider = phandles.get(cells[0] ?? 0);
  return provider === undefined ? [] : [{ provider, args: cells.slice(1) }];
}

/** `iommu-map`, `msi-map`: rows of requester id, phandle, first id, count. */
function idMap(cells: readonly number[], phandles: Phandles): readonly Specifier[] {
  return phandlesAmong(
    cells.filter((_, at) => at % 4 === 1),
    phandles,
  );
}

/** Rows of a child's address and interrupt, then the controller with an address and an interrupt of its own. */
function interruptMap(node: DtNode, cells: readonly number[], phandles: Phandles): readonly Specifier[] {
  const width = (cellOf(node, '#address-cells') ?? 2) + (cellOf(node, '#interrupt-cells') ?? 1);
  const entries: Specifier[] = [];
  for (let at = width; at < cells.length && entries.length < MAX_ENTRIES; ) {
    const provider = phandles.get(cells[at] ?? 0);
    if (provider === undefined) break;
    entries.push({ provider, args: [] });
    at += 1 + (cellOf(provider, '#address-cells') ?? 0) + (cellOf(provider, '#interrupt-cells') ?? 1) + width;
  }
  return entries;
}

function readList(
  node: DtNode,
  property: string,
  cells: readonly number[],
  form: `#${string}` | number,
  phandles: Phandles,
): Specifiers {
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
    const count = argumentCount(provider, form);
    if (provider === undefined || count === undefined || at + count > cells.length)
      return { entries, problem: explain(node, property, form, phandle, provider, count) };
    entries.push({ provider, args: cells.slice(at, at + count) });
    at += count;
  }
  return { entries };
}

/** Providers that need not say how many arguments they take: the kernel takes none then. */
const NONE_UNSAID: ReadonlySet<string> = new Set(['#nvmem-cell-cells', '#msi-cells']);

function argumentCount(provider: DtNode | undefined, form: string | number): number | undefined {
  if (typeof form === 'number') return form;
  const said = provider === undefined ? undefined : cellOf(provider, form);
  const count = provider !== undefined && said === undefined && NONE_UNSAID.has(form) ? 0 : said;
  return count !== undefined && count <= MAX_ARGS ? count : undefined;
}

function explain(
  node: DtNode,
  property: string,
  form: string | number,
  phandle: number,
  provider: DtNode | undefined,
  count: number | undefined,
): string {
  const where = `${node.path}: ${property}`;
  if (provider === undefined) return `${where} names phandle 0x${phandle.toString(16)}, which no node has`;
  if (count === undefined) return `${where} names ${provider.path}, which has no sound ${form}`;
  return `${where} ends inside an entry for ${provider.path}`;
}
