// SPDX-License-Identifier: Apache-2.0
import type { HostIndex } from '../dt/host-index.ts';
import type { TegraIds } from '../dt/tegra-ids.ts';
import type { DtNode } from '../dt/tree.ts';
import { UsageError } from '../errors.ts';
import type { VmPolicy } from '../policy/policy.ts';
import { needsStream } from '../policy/verdict.ts';

/** The stream that the host overlay gives to a device. */
export type GivenStream = {
  readonly smmu: DtNode;
  readonly stream: number;
  /** Its name in the dt-bindings; absent for a number that they leave free. */
  readonly name?: string;
};

/** Kept free by the hardware for tests. Of NISO0: NISO1's has another number, and 0x49 is MGBE1 on NISO0. */
const TEST_STREAM = 'TEGRA234_SID_SMMU_TEST';
/** Below 0x7f, which passes the SMMU untranslated (TEGRA234_SID_PASSTHROUGH). */
const HIGHEST_STREAM = 0x7e;

/** Address of smmu_niso0 in every tree of the chip, for trees without labels. */
const NISO0_NODE = 'iommu@12000000';

function findNiso0(index: HostIndex): DtNode | undefined {
  return [...index.tree.nodes.values()].find(
    (node) => index.labels.get(node.path) === 'smmu_niso0' || node.name === NISO0_NODE,
  );
}

/** Streams of NISO0 that nobody in the tree sends with: the test stream first, then numbers without a name. */
function unusedStreams(
  index: HostIndex,
  smmu: DtNode,
  ids: TegraIds,
): readonly (readonly [number, string?])[] {
  const used = new Set(index.streams.filter((use) => use.smmu === smmu).map((use) => use.stream));
  const { niso0, shared } = ids.streams;
  const named = new Set([...Object.values(niso0), ...Object.values(shared)]);
  const test = niso0[TEST_STREAM];
  const free = Array.from({ length: HIGHEST_STREAM }, (_, at) => HIGHEST_STREAM - at);
  const unnamed = free.filter((stream) => !named.has(stream) && !used.has(stream));
  return [
    ...(test === undefined || used.has(test) ? [] : [[test, TEST_STREAM] as const]),
    ...unnamed.map((stream) => [stream] as const),
  ];
}

/**
 * Streams for the devices that have none of their own, by the device's path. Devices of one VM share a stream, and
 * so an IOMMU group and the VM's address space; no two VMs share one.
 *
 * @throws {UsageError} the tree has no smmu_niso0, or no stream of it is free
 */
export function giveStreams(
  policies: readonly VmPolicy[],
  index: HostIndex,
  ids: TegraIds,
): ReadonlyMap<string, GivenStream> {
  const wanting = policies
    .map((policy) => policy.devices.filter((device) => needsStream(index, device)))
    .filter((devices) => devices.length > 0);
  if (wanting.length === 0) return new Map();
  const smmu =
    findNiso0(index) ?? refuse('the device tree has no smmu_niso0, whose unused streams are given');
  const free = unusedStreams(index, smmu, ids);
  const rows = wanting.flatMap((devices, at) => {
    const [stream, name] = free[at] ?? [];
    if (stream === undefined) refuse('smmu_niso0 has no unused stream left for so many VMs');
    const given = { smmu, stream, ...(name === undefined ? {} : { name }) };
    return devices.map((device) => [device.node.path, given] as const);
  });
  return new Map(rows);
}

function refuse(problem: string): never {
  throw new UsageError(
    problem,
    'Give the device tree of a Jetson Orin, and fewer VMs than it has free streams.',
  );
}
