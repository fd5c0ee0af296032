// SPDX-License-Identifier: Apache-2.0
import { findBpmp } from './chip.ts';
import { commandLineOf, consolesOf, networkRootOf } from './consoles.ts';
import { referenceForm } from './reference-properties.ts';
import { type Phandles, readSpecifiers, type Specifiers } from './specifiers.ts';
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
type NodeReferences = {
  readonly uses: readonly BpmpUse[];
  /** Whether a clock, reset or domain that it names is another node's than the BPMP's. */
  readonly foreign: boolean;
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
  readonly streams: readonly StreamUse[];
  /** Switched-on nodes by the kind and id that they name, each once: `usersOf` looks it up. */
  readonly users: ReadonlyMap<string, ReadonlySet<DtNode>>;
  /** Switched-on nodes by SMMU and stream: `sendersOf` looks it up. */
  readonly senders: ReadonlyMap<DtNode, ReadonlyMap<number, ReadonlySet<DtNode>>>;
  /** The same by node, for nodes that name anything of it. */
  readonly facts: ReadonlyMap<DtNode, NodeReferences>;
  /** Nodes that the switched-on nodes of the host refer to → who refers to them. */
  readonly dependants: ReadonlyMap<DtNode, readonly DtNode[]>;
  /** Devices with a console of the host → which it is. */
  readonly consoles: ReadonlyMap<DtNode, string>;
  /** The word of the command line by which the host's root is on a network; absent where none says so. */
  readonly networkRoot?: string;
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

const named = (name: string | undefined): Pick<BpmpUse, 'name'> => (name === undefined ? {} : { name });

/** The node's uses by one property, added to `into`; whether it names somebody else's there too. */
function addUses(
  node: DtNode,
  [property, kind, namesProperty]: (typeof BPMP_PROPERTIES)[number],
  { entries }: Specifiers,
  bpmp: DtNode,
  into: BpmpUse[],
): boolean {
  const enabled = isEnabled(node);
  const names = namesProperty === undefined ? [] : stringsOf(node, namesProperty);
  for (const [at, entry] of entries.entries()) {
    const id = entry?.provider === bpmp ? entry.args[0] : undefined;
    if (id !== undefined) into.push({ kind, id, node, property, enabled, ...named(names[at]) });
  }
  return entries.some((entry) => entry !== undefined && entry.provider !== bpmp);
}

function usesOf(
  node: DtNode,
  bpmp: DtNode,
  phandles: Phandles,
  problems: string[],
): Pick<NodeReferences, 'uses' | 'foreign'> {
  const uses: BpmpUse[] = [];
  let foreign = false;
  for (const row of BPMP_PROPERTIES) {
    const [property, kind] = row;
    if (!node.properties.has(property)) continue;
    const found = readSpecifiers(node, property, CELLS[kind], phandles);
    if (found.problem !== undefined) problems.push(found.problem);
    if (addUses(node, row, found, bpmp, uses)) foreign = true;
  }
  return { uses, foreign };
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

/** Nodes whose properties are names of others: labels and aliases, not what those names would mean elsewhere. */
function isDirectory(node: DtNode): boolean {
  return /^\/(__\w+|aliases)(\/|$)/.test(node.path);
}

/** The other nodes that a node refers to, each once. */
function referencesOf(node: DtNode, phandles: Phandles): ReadonlySet<DtNode> {
  const found = new Set<DtNode>();
  for (const property of node.properties.keys()) {
    const form = referenceForm(property);
    const entries = form === undefined ? [] : readSpecifiers(node, property, form, phandles).entries;
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

const NOBODY: ReadonlySet<DtNode> = new Set();

/** The switched-on nodes that name an id, each once, in the order of the tree. */
export function usersOf(index: HostIndex, kind: BpmpKind, id: number): ReadonlySet<DtNode> {
  return index.users.get(userKey(kind, id)) ?? NOBODY;
}

/** The switched-on nodes that send with a stream of an SMMU. */
export function sendersOf(index: HostIndex, { smmu, stream }: Omit<StreamUse, 'node'>): ReadonlySet<DtNode> {
  return index.senders.get(smmu)?.get(stream) ?? NOBODY;
}

function addTo<Key>(into: Map<Key, Set<DtNode>>, key: Key, node: DtNode): void {
  const known = into.get(key);
  if (known === undefined) into.set(key, new Set([node]));
  else known.add(node);
}

function usersIn(uses: readonly BpmpUse[]): HostIndex['users'] {
  const users = new Map<string, Set<DtNode>>();
  for (const use of uses) if (use.enabled) addTo(users, userKey(use.kind, use.id), use.node);
  return users;
}

function sendersIn(streams: readonly StreamUse[]): HostIndex['senders'] {
  const senders = new Map<DtNode, Map<number, Set<DtNode>>>();
  for (const { smmu, stream, node } of streams) {
    if (!isEnabled(node)) continue;
    const known = senders.get(smmu) ?? new Map<number, Set<DtNode>>();
    addTo(known, stream, node);
    senders.set(smmu, known);
  }
  return senders;
}

/**
 * Look through a host's device tree once: who uses which clock, reset and power domain of the BPMP, which stream
 * of an SMMU, and which nodes others rely on.
 *
 * @param commandLines of the running kernel, where it is this host's, besides that in /chosen
 * @throws {UsageError} it is not a Tegra234's tree
 */
export function indexHost(tree: DeviceTree, commandLines: readonly string[] = []): HostIndex {
  const phandles = phandlesOf(tree);
  const bpmp = findBpmp(tree);
  const facts = new Map<DtNode, NodeReferences>();
  const dependants = new Map<DtNode, DtNode[]>();
  for (const node of tree.nodes.values()) {
    const problems: string[] = [];
    const { uses, foreign } = usesOf(node, bpmp, phandles, problems);
    const streams = streamsOf(node, phandles, problems);
    if (foreign || uses.length + streams.length + problems.length > 0)
      facts.set(node, { uses, foreign, streams, problems });
    if (isEnabled(node) && !isDirectory(node)) noteReferences(node, phandles, dependants);
  }
  const all = [...facts.values()];
  const streams = all.flatMap((each) => each.streams);
  const [users, senders] = [usersIn(all.flatMap((each) => each.uses)), sendersIn(streams)];
  const labels = labelsOf(tree);
  const consoles = consolesOf(tree, commandLines);
  const networkRoot = networkRootOf(commandLineOf(tree, commandLines));
  const found = { tree, phandles, labels, bpmp, streams, users, senders, facts, dependants, consoles };
  return networkRoot === undefined ? found : { ...found, networkRoot };
}
