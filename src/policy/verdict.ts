// SPDX-License-Identifier: Apache-2.0
import { type Device, deviceName } from '../dt/devices.ts';
import { type HostIndex, type StreamUse, sendersOf } from '../dt/host-index.ts';
import { isWithin, rolesOf } from '../dt/host-roles.ts';
import { isRootClock } from './classify.ts';
import { derivePolicies, type HostFacts } from './derive.ts';
import { formatId, type VmPolicy } from './policy.ts';

/** From harmless to not without force. */
const VERDICTS = ['ready', 'needs-iommus', 'shares-clock', 'refused'] as const;
export type VerdictKind = (typeof VERDICTS)[number];

/** Whether a device can be given to a VM, and why. */
export type Verdict = { readonly kind: VerdictKind; readonly reasons: readonly string[] };

/** The first switched-on node outside of the device that sends with a stream of it, and that stream. */
function streamMate(index: HostIndex, device: Device): StreamUse | undefined {
  for (const { smmu, stream } of device.streams)
    for (const node of sendersOf(index, { smmu, stream }))
      if (!isWithin(node, device.node)) return { smmu, stream, node };
  return undefined;
}

/** Whether it reads and writes memory by itself: its notes say so, or it has a stream and no DMA engine. */
function isMaster(device: Device): boolean {
  if (device.notes !== undefined) return device.notes.masters !== 'none';
  return device.streams.length > 0 && !device.node.properties.has('dmas');
}

/** Whether the host overlay gives the device a stream of its own: it has none, or one that is another's. */
export function needsStream(index: HostIndex, device: Device): boolean {
  return device.streams.length === 0 || streamMate(index, device) !== undefined;
}

/** A reason, and how much it weighs. */
export type Finding = readonly [VerdictKind, string];

/** What the streams of a device mean for giving it away. */
export function streamFindings(index: HostIndex, device: Device): readonly Finding[] {
  const mate = streamMate(index, device);
  if (mate !== undefined && isMaster(device))
    return [
      [
        'refused',
        `its memory requests carry stream 0x${mate.stream.toString(16)} of ${mate.node.path}, which the host keeps`,
      ],
    ];
  if (mate !== undefined)
    return [
      ['needs-iommus', `its stream is that of ${mate.node.path}: the host overlay gives it an unused one`],
    ];
  if (device.notes?.masters === 'beside-smmu')
    return [
      [
        'needs-iommus',
        'it has no stream, and its memory requests pass no context of the VM: a guest with it can reach all memory',
      ],
    ];
  if (device.streams.length === 0)
    return [['needs-iommus', 'it has no stream, so no IOMMU group: the host overlay gives it an unused one']];
  return [];
}

function idFindings(policy: VmPolicy): readonly Finding[] {
  return policy.ids.flatMap((id): readonly Finding[] => {
    if (id.class === 'withheld' && id.kind === 'reset') return [['refused', `${formatId(id)}: ${id.reason}`]];
    if (id.class === 'shared' && id.others.length > 0 && !isRootClock(id.name))
      return [
        ['shares-clock', `${formatId(id)} is ${id.others.slice(0, 3).join(', ')}'s too, which may change it`],
      ];
    return [];
  });
}

/** The policy of a VM that gets this device and nothing else. */
export function aloneWith(device: Device, facts: HostFacts): VmPolicy {
  const [policy] = derivePolicies([{ name: deviceName(device), devices: [device] }], facts);
  if (policy === undefined) throw new Error('one request gives one policy');
  return policy;
}

/**
 * What speaks for and against giving a device away, as if it were the only one that is given.
 *
 * @param alone its policy as `aloneWith` gives it, where the caller has that already
 */
export function judgeDevice(
  device: Device,
  facts: HostFacts,
  alone: VmPolicy = aloneWith(device, facts),
): Verdict {
  const findings: readonly Finding[] = [
    ...rolesOf(facts.index, device.node).map((role): Finding => ['refused', role]),
    ...device.problems.map((problem): Finding => ['refused', problem]),
    ...idFindings(alone),
    ...streamFindings(facts.index, device),
  ];
  const worst = Math.max(0, ...findings.map(([kind]) => VERDICTS.indexOf(kind)));
  return { kind: VERDICTS[worst] ?? 'refused', reasons: findings.map(([, reason]) => reason) };
}
