// SPDX-License-Identifier: Apache-2.0
import { UsageError } from '../errors.ts';

/** The bus on which QEMU's virt machine places devices that a command line adds. */
export type PlatformBus = {
  readonly base: bigint;
  readonly size: bigint;
  /** First shared peripheral interrupt of it. */
  readonly firstSpi: number;
  readonly interrupts: number;
};

/** As hw/arm/virt.c of QEMU 7.2 to 10.1 lays it out (VIRT_PLATFORM_BUS, PLATFORM_BUS_NUM_IRQS). */
export const VIRT_PLATFORM_BUS: PlatformBus = {
  base: 0x0c00_0000n,
  size: 0x0200_0000n,
  firstSpi: 112,
  interrupts: 64,
};

/** What a device takes of the bus. */
export type BusDevice = {
  readonly name: string;
  /** Sizes of its regions in bytes, in the order of the host's `reg`. */
  readonly regions: readonly bigint[];
  readonly interrupts: number;
};

/** Where QEMU puts it: guest-physical addresses and SPI numbers, in the order of the regions and interrupts. */
export type BusPlace = {
  readonly name: string;
  readonly addresses: readonly bigint[];
  readonly spis: readonly number[];
};

type Taken = { readonly start: bigint; readonly end: bigint };

/** The next power of two: a region is aligned to its size, rounded up. */
function alignmentOf(size: bigint): bigint {
  let alignment = 1n;
  while (alignment < size) alignment <<= 1n;
  return alignment;
}

function firstFit(size: bigint, bus: PlatformBus, taken: readonly Taken[]): bigint | undefined {
  const step = alignmentOf(size);
  for (let at = 0n; at + size <= bus.size; at += step) {
    const hit = taken.find(({ start, end }) => at < end && start < at + size);
    if (hit === undefined) return at;
    // Straight to the first place behind what is in the way: the same result as trying each.
    if (hit.end > at + step) at = ((hit.end - 1n) / step) * step;
  }
  return undefined;
}

/** What helps where the registers do not fit; more interrupts than the bus has, no machine gives. */
const LARGER = '`platformBus: 64M`, 128M or 256M in the recipe (platform-bus-size of QEMU’s virt machine)';

function noRoom(device: BusDevice, bus: PlatformBus, what: string, remedy?: string): never {
  const need = device.regions.reduce((sum, size) => sum + size, 0n);
  throw new UsageError(
    `${device.name} does not fit QEMU's platform bus: ${what}. It needs 0x${need.toString(16)} bytes of registers ` +
      `and ${device.interrupts} interrupts; the bus has 0x${bus.size.toString(16)} bytes and ${bus.interrupts} interrupts in all.`,
    `Give this VM fewer devices${remedy === undefined ? '' : `, or a larger bus: ${remedy}`}.`,
  );
}

/**
 * Places of `devices` (in the order of `-device` on the command line), as platform_bus_link_device() of
 * hw/core/platform-bus.c finds them: each interrupt the first free one, then each region the first free place
 * that is a multiple of its alignment.
 *
 * @throws {UsageError} the bus is full; QEMU itself would stop with "Can not fit"
 */
export function placeOnBus(devices: readonly BusDevice[], bus: PlatformBus): readonly BusPlace[] {
  const taken: Taken[] = [];
  let nextSpi = 0;
  return devices.map((device) => {
    if (nextSpi + device.interrupts > bus.interrupts) noRoom(device, bus, 'no interrupt is left');
    const first = bus.firstSpi + nextSpi;
    nextSpi += device.interrupts;
    const addresses = device.regions.map((size) => {
      const at =
        firstFit(size, bus, taken) ?? noRoom(device, bus, `no room for 0x${size.toString(16)} bytes`, LARGER);
      taken.push({ start: at, end: at + size });
      return bus.base + at;
    });
    return {
      name: device.name,
      addresses,
      spis: Array.from({ length: device.interrupts }, (_, index) => first + index),
    };
  });
}

/**
 * Guest-physical address of the BPMP window (`virtual-pa`), in every QEMU version: docs/abi.md. From QEMU 10.1 on ACPI PCI hotplug
 * would be there, where a machine asks for it; our QEMU refuses both together.
 */
export const WINDOW_ADDRESS = 0x090c_0000n;
