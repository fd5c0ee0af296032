// SPDX-License-Identifier: Apache-2.0
import type { Device } from '../dt/devices.ts';
import { hex } from '../dt/dts-text.ts';
import type { HostIndex } from '../dt/host-index.ts';
import { overlapsOf } from '../dt/overlaps.ts';
import type { DtNode } from '../dt/tree.ts';

/** Page of the kernels that Jetson Linux and this project build; VFIO maps whole ones alone. */
const PAGE = 4096n;

/** Regions that a guest cannot have mapped: each access to them goes through QEMU. */
export function partialPages({ registers }: Device): readonly string[] {
  const odd = registers.filter(({ address, size }) => address % PAGE !== 0n || size % PAGE !== 0n);
  if (odd.length === 0) return [];
  const list = odd.slice(0, 4).map(({ address, size }) => `${hex(address)}+${hex(size)}`);
  const more = odd.length > 4 ? ` and ${odd.length - 4} more` : '';
  return [`no whole pages, so each access of the guest traps into QEMU: ${list.join(', ')}${more}`];
}

/** Why a guest with a device's registers would have another's too; empty where it would not. */
export function heldRegisters(device: Device, index: HostIndex, given: readonly DtNode[]): readonly string[] {
  const { held, more } = overlapsOf(index.tree, device.registers, given);
  const paths = held.slice(0, 3).map((node) => node.path);
  const others = held.length > 3 ? ' and more' : '';
  return [
    ...(held.length === 0
      ? []
      : [`its registers overlap with those of ${paths.join(', ')}${others}, which a guest would reach too`]),
    ...(more ? ['the registers of more nodes reach over it than are looked at'] : []),
  ];
}

/** Which devices of the host have a device's registers among theirs; the host is trusted with them. */
function holdingRegisters(device: Device, index: HostIndex): readonly string[] {
  const { holding } = overlapsOf(index.tree, device.registers, [device.node]);
  const paths = holding.slice(0, 3).map((node) => node.path);
  return paths.length === 0 ? [] : [`${paths.join(', ')} of the host has its registers among its own`];
}

/** What the host overlay and the guest's node change of a device's registers, by its notes. */
function widenedRegisters({ widened }: Device): readonly string[] {
  return widened.map(
    ({ address, from, to }) =>
      `the tree gives ${hex(from)} bytes of registers at ${hex(address)}, host overlay and guest ${hex(to)}`,
  );
}

/** What is to know of a device's registers, besides where they are. */
export function registerLimits(device: Device, index: HostIndex): readonly string[] {
  return [...widenedRegisters(device), ...partialPages(device), ...holdingRegisters(device, index)];
}
