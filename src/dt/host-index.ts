// SPDX-License-Identifier: Apache-2.0
import { UsageError } from '../errors.ts';
import { type Phandles, readSpecifiers, referenceCells } from './specifiers.ts';
import { type DeviceTree, type DtNode, isEnabled, labelsOf, phandlesOf, stringsOf } from './tree.ts';

/** The id spaces of the BPMP. */
export type BpmpKind = 'clock' | 'reset' | 'power-domain';

/** One place where a node names an id of the BPMP. */
export type BpmpUse = {
  readonly kind: BpmpKind;
  readonly id: number;
  readonly node: DtNode;
  readonly property: string;
  /** Its entry in `clock-names`, `reset-names` or `power-domain-names`. */
  readonly name?: string;
  /** Whether the node and all above it are switched on. */
  readonly enabled: boolean;
};

/** One stream of an SMMU, and who sends with it. */
export type StreamUse = { readonly smmu: DtNode; readonly stream: number; readonly node: DtNode };

/** What one node names. */
type NodeFacts = {
  readonly uses: readonly BpmpUse[];
  readonly streams: readonly StreamUse[];
  /** What it names that is not there; the part that is wrong is left out. */
  readonly problems: readonly string[];
};

/** A host's device tree with what has to be looked up in it. */
export type HostIndex = {
  readonly tree: DeviceTree;
  readonly phandles: Phandles;
  /** Label by path; empty where the tree was compiled without `-@`. */
  readonly labels: ReadonlyMap<string, string>;
  readonly bpmp: DtNode;
  readonly uses: readonly BpmpUse[];
  readonly streams: readonly StreamUse[];
  /** `uses` by kind and id: `usersOf` looks it up. */
  readonly users: ReadonlyMap<string, readonly BpmpUse[]>;
  /** The same by node, for nodes that name anything of it. */
  readonly facts: ReadonlyMap<DtNode, NodeFacts>;
  /** Nodes that the switched-on nodes of the host refer to → who refers to them. */
  readonly dependants: ReadonlyMap<DtNode, readonly DtNode[]>;
};

const BPMP_PROPERTIES = [
  ['clocks', 'clock', 'clock-names'],
  ['assigned-clocks', 'clock', undefined],
  ['assigned-clock-parents', 'clock', undefined],
  ['resets', 'reset', 'reset-names'],
  ['power-domains', 'power-domain', 'power-domain-names'],
] as const;
const CELLS = {
  clock: '#clock-cells',
  reset: '#reset-cells',
  'power-domain': '#power-domain-cells',
} as const;

const BPMP_COMPATIBLES = ['nvidia,tegra234-bpmp', 'nvidia,tegra186-bpmp'];

function findBpmp(tree: DeviceTree): DtNode {
  for (const node of tree.nodes.values()) {
    if (stringsOf(node, 'compatible').some((name) => BPMP_COMPATIBLES.includes(name))) return node;
  }
  throw new UsageError(
    'the device tree has no BPMP (nothing is compatible with nvidia,tegra186-bpmp)',
    'Give the device tree of a Jetson Orin: --dtb FILE, or /sys/firmware/fdt on the board.',
  );
}

function usesOf(node: DtNode, bpmp: DtNode, phandles: Phandles, problems: string[]): BpmpUse[] {
  const enabled = isEnabled(node);
  return BPMP_PROPERTIES.flatMap(([property, kind, namesProperty]) => {
    if (!node.properties.has(property)) return [];
    const { entries, problem } = readSpecifiers(node, property, CELLS[kind], phandles);
    if (problem !== undefined) problems.push(problem);
    const names = namesProperty === undefined ? [] : stringsOf(node, namesProperty);
    return entries.flatMap((entry, at): BpmpUse[] => {
      const id = entry?.args[0];
      if (entry?.provider !== bpmp || id === undefined) return [];
      const name = names[at];
      return [{ kind, id, node, property, enabled, ...(name === undefined ? {} : { name }) }];
    });
  });
}

/** `iommu-map` of a PCI bridge: rows of requester id, SMMU, first stream, count. */
function mappedStreams(node: DtNode, phandles: Phandles, problems: string[]): StreamUse[] {
  const bytes = node.properties.get('iommu-map');
  if (bytes === undefined) return [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const found: StreamUse[] = [];
  for (let at = 0; at + 16 <= bytes.length; at += 16) {
    const smmu = phandles.get(view.getUint32(at + 4));
    if (smmu === undefined) problems.push(`${node.path}: iommu-map names no SMMU`);
    else found.push({ smmu, stream: view.getUint32(at + 8), node });
  }
  return found;
}

function streamsOf(node: DtNode, phandles: Phandles, problems: string[]): StreamUse[] {
  const { entries, problem } = readSpecifiers(node, 'iommus', '#iommu-cells', phandles);
  if (problem !== undefined) problems.push(problem);
  const own = entries.flatMap((entry): StreamUse[] => {
    const stream = entry?.args[0];
    return entry === undefined || stream === undefined ? [] : [{ smmu: entry.provider, stream, node }];
  });
  return [...own, ...mappedStreams(node, phandles, problems)];
}

/** The other nodes that a node refers to, each once. */
function referencesOf(node: DtNode, phandles: Phandles): ReadonlySet<DtNode> {
  const found = new Set<DtNode>();
  for (const property of node.properties.keys()) {
    const cells = referenceCells(property);
    const entries = cells === undefined ? [] : readSpecifiers(node, property, cells, phandles).entries;
    for (const entry of entries) if (entry !== undefined) found.add(entry.provider);
  }
  found.delete(node);
  return found;
}

function noteReferences(node: DtNode, phandles: Phandles, into: Map<DtNode, DtNode[]>): void {
  for (const provider of referencesOf(node, phandles)) append(into, provider, node);
}

function append<Key, Value>(into: Map<Key, Value[]>, key: Key, value: Value): void {
  const known = into.get(key);
  if (known === undefined) into.set(key, [value]);
  else known.push(value);
}

const userKey = (kind: BpmpKind, id: number) => `${kind} ${id}`;

/** Every place where an id is named. */
export function usersOf(index: HostIndex, kind: BpmpKind, id: number): readonly BpmpUse[] {
  return index.users.get(userKey(kind, id)) ?? [];
}

/**
 * Look through a host's device tree once: who uses which clock, reset and power domain of the BPMP, which stream
 * of an SMMU, and which nodes others rely on.
 *
 * @throws {UsageError} it has no BPMP
 */
export function indexHost(tree: DeviceTree): HostIndex {
  const phandles = phandlesOf(tree);
  const bpmp = findBpmp(tree);
  const facts = new Map<DtNode, NodeFacts>();
  const dependants = new Map<DtNode, DtNode[]>();
  for (const node of tree.nodes.values()) {
    const problems: string[] = [];
    const uses = usesOf(node, bpmp, phandles, problems);
    const streams = streamsOf(node, phandles, problems);
    if (uses.length + streams.length + problems.length > 0) facts.set(node, { uses, streams, problems });
    if (isEnabled(node)) noteReferences(node, phandles, dependants);
  }
  const all = [...facts.values()];
  const [uses, streams] = [all.flatMap((each) => each.uses), all.flatMap((each) => each.streams)];
  const users = new Map<string, BpmpUse[]>();
  for (const use of uses) append(users, userKey(use.kind, use.id), use);
  const labels = labelsOf(tree);
  return { tree, phandles, labels, bpmp, uses, streams, users, facts, dependants };
}
