// SPDX-License-Identifier: Apache-2.0
import { makeFdt, type NodeSpec } from './make-fdt.ts';
import { NVIDIA_TREE } from './nvidia-tree.ts';

/** A tree with `count` UARTs in a row; what they name of the BPMP and of the SMMU, `of` says. */
export function rowOfUarts(count: number, of: (at: number) => NodeSpec): Buffer {
  const bus = NVIDIA_TREE['bus@0'] as NodeSpec;
  const devices = Array.from({ length: count }, (_, at) => {
    const address = 0x2000_0000 + at * 0x1_0000;
    const node = {
      compatible: 'nvidia,tegra194-hsuart',
      reg: [0, address, 0, 0x1_0000],
      interrupts: [0, 112, 4],
    };
    return [`serial@${address.toString(16)}`, { ...node, ...of(at) }] as const;
  });
  return makeFdt({ ...NVIDIA_TREE, 'bus@0': { ...bus, ...Object.fromEntries(devices) } });
}
