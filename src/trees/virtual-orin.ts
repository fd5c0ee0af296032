// SPDX-License-Identifier: Apache-2.0

import { cellsText } from '../dt/dts-text.ts';
import { type DeviceTree, stringsOf } from '../dt/tree.ts';
import { UsageError } from '../errors.ts';

/** First stream that a virtual Orin's devices get; the low ones are PCI's, by QEMU's own iommu-map. */
const FIRST_STREAM = 0x100;

/**
 * What the devices of a virtual Orin have besides: a stream each, so that each has an IOMMU group of its own and
 * vfio-platform takes it. They do no DMA; the stream is never seen.
 *
 * @param base QEMU's tree for the machine
 * @param at number of the device
 * @throws {UsageError} the machine has no SMMUv3
 */
export function virtualStreams(base: DeviceTree, at: number): ReadonlyMap<string, string> {
  const smmu = [...base.nodes.values()].find((each) => stringsOf(each, 'compatible').includes('arm,smmu-v3'));
  if (smmu === undefined)
    throw new UsageError(
      "QEMU's own device tree has no SMMUv3",
      'Take the tree of `-machine virt,iommu=smmuv3`.',
    );
  return new Map([['iommus', cellsText([`&{${smmu.path}}`, FIRST_STREAM + at])]]);
}
