// SPDX-License-Identifier: Apache-2.0

/**
 * One sender of requests: the CPUs of a machine. The firmware keeps what each of them asked for; a clock or a
 * domain is on while anybody wants it. One connection of the socket is one master.
 */
export type Master = {
  /** Ascending from 1, in the order of connecting. */
  readonly id: number;
  /** Ids of clocks and domains that this master asked to be on. */
  readonly clocks: Set<number>;
  readonly domains: Set<number>;
  /** Ids of reset lines that this master released. */
  readonly released: Set<number>;
  /** Whether it has been given what the boot chain left on. */
  inherited: boolean;
};

/** A master that has asked for nothing. */
export function newMaster(id: number): Master {
  return { id, clocks: new Set(), domains: new Set(), released: new Set(), inherited: false };
}
