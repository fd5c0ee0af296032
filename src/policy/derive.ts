// SPDX-License-Identifier: Apache-2.0

import type { DeviceNotes } from '../dt/device-notes.ts';
import { type Device, findDevice } from '../dt/devices.ts';
import { type BpmpKind, type HostIndex, usersOf } from '../dt/host-index.ts';
import { partsOf } from '../dt/host-roles.ts';
import type { DtNode } from '../dt/tree.ts';
import { classify } from './classify.ts';
import type { IdNamer } from './id-names.ts';
import { type Need, needsOf } from './needs.ts';
import { type Acceptable, MOST_OTHERS, type PolicyId, type VmPolicy } from './policy.ts';

/** What a VM is to get: devices, or names as `findDevice` takes them. A `!` at the end of a name forces it. */
export type VmRequest = {
  readonly name: string;
  readonly devices: readonly (string | Device)[];
  /** Whether the host's own drivers never get them; absent: yes. */
  readonly keepOff?: boolean;
  /** What is known of its devices and accepted; absent: nothing. */
  readonly accept?: readonly Acceptable[];
};

/** What all of the policy is derived from. */
export type HostFacts = {
  readonly index: HostIndex;
  readonly notes: readonly DeviceNotes[];
  readonly namer: IdNamer;
};

type Given = {
  readonly vm: string;
  readonly keepOff: boolean;
  readonly accept: readonly Acceptable[];
  readonly devices: readonly Device[];
  readonly forced: readonly string[];
  readonly needs: readonly Need[];
};

const KINDS: readonly BpmpKind[] = ['clock', 'reset', 'power-domain'];

function give(request: VmRequest, { index, notes, namer }: HostFacts): Given {
  const asked = request.devices.map((wanted) =>
    typeof wanted === 'string'
      ? { device: findDevice(index, wanted.replace(/!$/, ''), notes), force: wanted.endsWith('!') }
      : { device: wanted, force: false },
  );
  const devices = asked.map(({ device }) => device);
  return {
    vm: request.name,
    keepOff: request.keepOff ?? true,
    accept: request.accept ?? [],
    devices,
    forced: asked.filter(({ force }) => force).map(({ device }) => device.node.path),
    needs: devices.flatMap((device) => needsOf(device, index, namer)),
  };
}

/** An id as a key. */
const keyOf = (kind: BpmpKind, id: number) => `${kind} ${id}`;

/** All that is given away, looked up in constant time: the cost of a policy grows with its ids alone. */
class GivenAway {
  readonly #nodes: ReadonlySet<DtNode>;
  readonly #parts = new Map<string, Set<DtNode>>();
  readonly #vms = new Map<string, { readonly by: Given; readonly path: string }[]>();

  constructor(all: readonly Given[], index: HostIndex) {
    this.#nodes = new Set(all.flatMap((each) => each.devices.map((device) => device.node)));
    for (const node of this.#nodes) this.#notePartsOf(node, index);
    // Of a VM alone, nobody asks.
    if (all.length === 1) return;
    for (const by of all)
      for (const need of by.needs) this.#noteVm(keyOf(need.kind, need.id), by, need.device.node.path);
  }

  #notePartsOf(node: DtNode, index: HostIndex): void {
    for (const part of partsOf(node))
      for (const use of index.facts.get(part)?.uses ?? []) {
        if (!use.enabled) continue;
        const key = keyOf(use.kind, use.id);
        const known = this.#parts.get(key);
        if (known === undefined) this.#parts.set(key, new Set([part]));
        else known.add(part);
      }
  }

  #noteVm(key: string, by: Given, path: string): void {
    const known = this.#vms.get(key);
    if (known === undefined) this.#vms.set(key, [{ by, path }]);
    else known.push({ by, path });
  }

  /** Paths of nodes that use an id and stay with the host, the first of them, and how many more there are. */
  hostUsers(kind: BpmpKind, id: number, index: HostIndex): { paths: readonly string[]; more: number } {
    const users = usersOf(index, kind, id);
    const given = this.#parts.get(keyOf(kind, id)) ?? new Set();
    const paths: string[] = [];
    const left = users.size - given.size;
    for (const node of users) {
      if (paths.length === Math.min(left, MOST_OTHERS)) break;
      if (!given.has(node)) paths.push(node.path);
    }
    return { paths, more: left - paths.length };
  }

  /** `VM: path` of the devices of other VMs that need an id. */
  otherVms(kind: BpmpKind, id: number, own: Given): readonly string[] {
    const users = this.#vms.get(keyOf(kind, id)) ?? [];
    return [...new Set(users.filter(({ by }) => by !== own).map(({ by, path }) => `${by.vm}: ${path}`))];
  }
}

/** The devices that need each id, by the id. */
function needers(needs: readonly Need[], kind: BpmpKind): ReadonlyMap<number, ReadonlySet<string>> {
  const found = new Map<number, Set<string>>();
  for (const need of needs) {
    if (need.kind !== kind) continue;
    const known = found.get(need.id);
    if (known === undefined) found.set(need.id, new Set([need.device.node.path]));
    else known.add(need.device.node.path);
  }
  return new Map([...found].sort(([a], [b]) => a - b));
}

function idsFor(own: Given, away: GivenAway, { index, namer }: HostFacts): readonly PolicyId[] {
  return KINDS.flatMap((kind) =>
    [...needers(own.needs, kind)].map(([id, devices]): PolicyId => {
      const name = namer.nameOf(kind, id);
      const { paths, more } = away.hostUsers(kind, id, index);
      const otherUsers = [...paths, ...away.otherVms(kind, id, own)];
      const named = name === undefined ? {} : { name };
      const most = more === 0 ? {} : { moreOthers: more };
      const reason = classify(kind, name, otherUsers, more);
      return { kind, id, ...named, ...reason, devices: [...devices], otherUsers, ...most };
    }),
  );
}

/**
 * The policy of every VM of a board, from the devices that each is given: every id comes from a node of a device
 * or from its notes.
 *
 * @throws {UsageError} a device is not there, its name means several nodes, or notes name an unknown id
 */
export function derivePolicies(requests: readonly VmRequest[], facts: HostFacts): readonly VmPolicy[] {
  const all = requests.map((request) => give(request, facts));
  const away = new GivenAway(all, facts.index);
  return all.map((own) => {
    const { vm, devices, keepOff, accept, forced } = own;
    return { vm, devices, keepOff, accept, forced, ids: idsFor(own, away, facts) };
  });
}
