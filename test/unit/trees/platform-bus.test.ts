// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../src/errors.ts';
import { placeOnBus, VIRT_PLATFORM_BUS } from '../../../src/trees/platform-bus.ts';

const device = (name: string, regions: readonly number[], interrupts: number) => ({
  name,
  regions: regions.map(BigInt),
  interrupts,
});

describe('places on the platform bus', () => {
  test('the documented UART is at the first place', () => {
    const [uarta] = placeOnBus([device('uarta', [0x10000], 1)], VIRT_PLATFORM_BUS);
    expect(uarta).toEqual({ name: 'uarta', addresses: [0x0c000000n], spis: [112] });
  });

  test('a region goes to the first gap that is aligned to its size, rounded up', () => {
    const places = placeOnBus(
      [device('a', [0x100, 0x30000], 2), device('b', [0x1000], 0), device('c', [0x10000], 1)],
      VIRT_PLATFORM_BUS,
    );
    expect(places.map((each) => each.addresses)).toEqual([
      [0x0c000000n, 0x0c040000n],
      [0x0c001000n],
      [0x0c010000n],
    ]);
    expect(places.map((each) => each.spis)).toEqual([[112, 113], [], [114]]);
  });

  test('the GPU does not fit: QEMU would stop with "Can not fit"', () => {
    const gpu = device('gpu', [0x1000000, 0x1000000, 0x1000], 4);
    expect(() => placeOnBus([gpu], VIRT_PLATFORM_BUS)).toThrow(/gpu does not fit.*no room for 0x1000 bytes/);
    expect(placeOnBus([gpu], { ...VIRT_PLATFORM_BUS, size: 0x4000000n })[0]?.addresses[2]).toBe(0x0e000000n);
  });

  test('the 65th interrupt does not fit', () => {
    expect(placeOnBus([device('a', [], 64)], VIRT_PLATFORM_BUS)[0]?.spis.at(-1)).toBe(175);
    expect(() => placeOnBus([device('a', [], 65)], VIRT_PLATFORM_BUS)).toThrow(
      expect.objectContaining({ constructor: UsageError, hint: 'Give this VM fewer devices.' }),
    );
  });

  test('no two regions overlap, each is inside and aligned, and no earlier place was free', () => {
    const sizes = fc.array(fc.integer({ min: 0x800, max: 0x40000 }), { minLength: 1, maxLength: 4 });
    const bus = { ...VIRT_PLATFORM_BUS, base: 0n, size: 0x1000000n };
    fc.assert(
      fc.property(fc.array(sizes, { minLength: 1, maxLength: 6 }), (all) => {
        const places = placeOnBus(
          all.map((regions, at) => device(`d${at}`, regions, 1)),
          bus,
        );
        const regions = places.flatMap((place, at) =>
          place.addresses.map((start, n) => ({ start, size: BigInt(all[at]?.[n] ?? 0) })),
        );
        for (const [at, { start, size }] of regions.entries()) {
          const step = 1n << BigInt((size - 1n).toString(2).length * Number(size > 1n));
          const free = (from: bigint) =>
            regions
              .slice(0, at)
              .every((other) => from + size <= other.start || other.start + other.size <= from);
          expect(start % step).toBe(0n);
          expect(free(start)).toBe(true);
          const earlier = Array.from({ length: Number(start / step) }, (_, n) => BigInt(n) * step);
          expect(earlier.filter(free)).toEqual([]);
        }
      }),
      { numRuns: 50 },
    );
  });
});
