// SPDX-License-Identifier: Apache-2.0

import type { DeviceNotes } from '../dt/device-notes.ts';
import { type Device, findDevice } from '../dt/devices.ts';
import { type BpmpKind, type HostIndex, usersOf } from '../dt/host-index.ts';
import { isWithin } from '../dt/host-roles.ts';
import { classify } from './classify.ts';
import type { IdNamer } from './id-names.ts';
import { type Need, needsOf } from './needs.ts';
import type { PolicyId, VmPolicy } from './policy.ts';

/** What a VM is to get: names of devices, as `findDevice` takes them. A `!` at the end of one forces it. */
export type VmRequest = {
  readonly name: string;
  readonly devices: readonly string[];
  /** Whether the host's own drivers never get them; absent: yes. */
  readonly keepOff?: boolean;
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
  readonly devices: readonly Device[];
  readonly forced: readonly string[];
  readonly needs: readonly Need[];
};

const KINDS: readonly BpmpKind[] = ['clock', 'reset', 'power-domain'];

function give(request: VmRequest, { index, notes, namer }: HostFacts): Given {
  const asked = request.devices.map((name) => ({
    device: findDevice(index, name.replace(/!$/, ''), notes),
    force: name.endsWith('!'),
  }));
  const devices = asked.map(({ device }) => device);
  return {
    vm: request.name,
    keepOff: request.keepOff ?? true,
    devices,
    forced: asked.filter(({ force }) => force).map(({ device }) => device.node.path),
    needs: devices.flatMap((device) => needsOf(device, index, namer)),
  };
}

/** The paths of nodes that use an id and stay with the host. */
function hostUsers(kind: BpmpKind, id: number, all: readonly Given[], index: HostIndex): readonly string[] {
  const given = all.flatMap((each) => each.devices.map((device) => device.node));
  const users = usersOf(index, kind, id).filter(
    (use) => use.enabled && !given.some((node) => isWithin(use.node, node)),
  );
  return [...new Set(users.map((use) => use.node.path))];
}

function otherVms(kind: BpmpKind, id: number, all: readonly Given[], own: Given): readonly string[] {
  const users = all
    .filter((each) => each !== own)
    .flatMap(({ vm, needs }) =>
      needs
        .filter((need) => need.kind === kind && need.id === id)
        .map(({ device }) => `${vm}: ${device.node.path}`),
    );
  return [...new Set(users)];
}

function idsFor(own: Given, all: readonly Given[], { index, namer }: HostFacts): readonly PolicyId[] {
  return KINDS.flatMap((kind) => {
    const needs = own.needs.filter((need) => need.kind === kind);
    const ids = [...new Set(needs.map((need) => need.id))].sort((a, b) => a - b);
    return ids.map((id): PolicyId => {
      const name = namer.nameOf(kind, id);
      const others = [...hostUsers(kind, id, all, index), ...otherVms(kind, id, all, own)];
      const devices = needs.filter((need) => need.id === id).map((need) => need.device.node.path);
      const named = name === undefined ? {} : { name };
      return { kind, id, ...named, ...classify(kind, name, others), devices: [...new Set(devices)], others };
    });
  });
}

/**
 * The policy of every VM of a board, from the devices that each is given: every id comes from a node of a device
 * or from its notes.
 *
 * @throws {UsageError} a device is not there, its name means several nodes, or notes name an unknown id
 */
export function derivePolicies(requests: readonly VmRequest[], facts: HostFacts): readonly VmPolicy[] {
  const all = requests.map((request) => give(request, facts));
  return all.map((own) => {
    const { vm, devices, keepOff, forced } = own;
    return { vm, devices, keepOff, forced, ids: idsFor(own, all, facts) };
  });
}
