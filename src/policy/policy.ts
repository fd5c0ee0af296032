// SPDX-License-Identifier: Apache-2.0
import type { Device } from '../dt/devices.ts';
import type { BpmpKind } from '../dt/host-index.ts';

/**
 * How a VM may use an id. `own`: all that the device needs. `shared`: enable and read, never change. `withheld`:
 * the device names it, but the VM does not get it.
 */
export type IdClass = 'own' | 'shared' | 'withheld';

/** One id of a policy, and why it is there. */
export type PolicyId = {
  readonly kind: BpmpKind;
  readonly id: number;
  /** `TEGRA234_CLK_UARTA`; absent where the dt-bindings have no name for it. */
  readonly name?: string;
  readonly class: IdClass;
  readonly reason: string;
  /** Paths of the VM's devices that name it. */
  readonly devices: readonly string[];
  /** Paths of nodes that the host keeps (the first `MOST_OTHERS`), and `VM: path` of other VMs' devices. */
  readonly otherUsers: readonly string[];
  /** How many nodes of the host use it besides those in `otherUsers`; absent: none. */
  readonly moreOthers?: number;
};

/**
 * How many nodes of the host are listed for an id. A tree may give one id thousands of users, and each of them the
 * list of all otherUsers: the report would grow with their square.
 */
export const MOST_OTHERS = 16;

/** What a recipe can accept of a VM's devices, by name. */
export type Acceptable = 'unconfined-dma';

/** What one VM may use of the BPMP. */
export type VmPolicy = {
  readonly vm: string;
  readonly devices: readonly Device[];
  /** Whether the host's own drivers never get them. */
  readonly keepOff: boolean;
  /** Paths of those that were asked for with `!`: what speaks against them is a warning then. */
  readonly forced: readonly string[];
  /** What of its devices is known and accepted: `unconfined-dma`. */
  readonly accept: readonly Acceptable[];
  readonly ids: readonly PolicyId[];
};

/** The ids of one kind and class, ascending. */
export function idsOf(policy: VmPolicy, kind: BpmpKind, of: IdClass): readonly PolicyId[] {
  return policy.ids.filter((each) => each.kind === kind && each.class === of);
}

/** `clock TEGRA234_CLK_UARTA (155)`, for people. */
export function formatId(id: Pick<PolicyId, 'kind' | 'id' | 'name'>): string {
  const kind = id.kind.replace('-', ' ');
  return id.name === undefined ? `${kind} ${id.id}` : `${kind} ${id.name} (${id.id})`;
}
