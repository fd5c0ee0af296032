// SPDX-License-Identifier: Apache-2.0
import { type Device, deviceName, sysfsName } from '../dt/devices.ts';
import { hex } from '../dt/dts-text.ts';
import type { BpmpKind } from '../dt/host-index.ts';
import { registersOf } from '../dt/registers.ts';
import type { DtNode } from '../dt/tree.ts';
import type { HostFacts } from './derive.ts';
import { groupLimit } from './groups.ts';
import type { StreamSpace } from './id-names.ts';
import { type Loss, losses } from './losses.ts';
import { pinsOf } from './pins.ts';
import type { PolicyId } from './policy.ts';
import { registerLimits } from './register-findings.ts';
import { aloneWith, judgeDevice, type Verdict } from './verdict.ts';

/** One id of a device, for people and for JSON. */
export type ReportedId = Pick<PolicyId, 'id' | 'name' | 'class' | 'reason' | 'otherUsers' | 'moreOthers'>;

/** What `bpmp-virt devices` says of a device. Numbers that are addresses are hexadecimal strings. */
export type DeviceReport = {
  readonly name: string;
  readonly path: string;
  readonly label?: string;
  /** Its name below /sys/bus/platform/devices. */
  readonly sysfs: string;
  readonly description?: string;
  readonly compatible: readonly string[];
  /** Whether the host uses it. */
  readonly enabled: boolean;
  readonly registers: readonly { readonly address: string; readonly size: string }[];
  readonly interrupts: readonly {
    readonly controller: string;
    readonly spi?: number;
    readonly trigger: number;
  }[];
  readonly clocks: readonly ReportedId[];
  readonly resets: readonly ReportedId[];
  readonly powerDomains: readonly ReportedId[];
  readonly streams: readonly { readonly smmu: string; readonly stream: string; readonly name?: string }[];
  readonly verdict: Verdict;
  /** What its node names and a guest does not have. */
  readonly misses: readonly Loss[];
  /** Where its signals are, and who connects them to the pins. */
  readonly pins: readonly string[];
  /** What is known not to work with it in a guest. */
  readonly limits: readonly string[];
};

function spaceOf(smmu: DtNode, label: string | undefined): StreamSpace | undefined {
  const name = label?.replace(/^smmu_/, '');
  if (name === 'iso' || name === 'niso0' || name === 'niso1') return name;
  const nodes = { 'iommu@10000000': 'iso', 'iommu@12000000': 'niso0', 'iommu@8000000': 'niso1' } as const;
  return Object.entries(nodes).find(([node]) => node === smmu.name)?.[1];
}

/** All that is known of one device of the host. */
export function reportDevice(device: Device, facts: HostFacts): DeviceReport {
  const policy = aloneWith(device, facts);
  const ids = (kind: BpmpKind): readonly ReportedId[] =>
    policy.ids.filter((id) => id.kind === kind).map(({ kind: _kind, devices: _devices, ...rest }) => rest);
  const { labels } = facts.index;
  return {
    name: deviceName(device),
    path: device.node.path,
    ...(device.label === undefined ? {} : { label: device.label }),
    sysfs: sysfsName(device),
    ...(device.notes === undefined ? {} : { description: device.notes.description }),
    compatible: device.compatible,
    enabled: device.enabled,
    registers: registersOf(device.node).map(({ address, size }) => ({
      address: hex(address),
      size: hex(size),
    })),
    interrupts: device.interrupts.map(({ controller, spi, trigger }) => ({
      controller: controller.path,
      ...(spi === undefined ? {} : { spi }),
      trigger,
    })),
    clocks: ids('clock'),
    resets: ids('reset'),
    powerDomains: ids('power-domain'),
    streams: device.streams.map(({ smmu, stream }) => {
      const space = spaceOf(smmu, labels.get(smmu.path));
      const name = space === undefined ? undefined : facts.namer.streamNameOf(space, stream);
      return {
        smmu: labels.get(smmu.path) ?? smmu.path,
        stream: hex(stream),
        ...(name === undefined ? {} : { name }),
      };
    }),
    verdict: judgeDevice(device, facts, policy),
    misses: losses(device, facts.index, [device.node]),
    pins: pinsOf(device, facts.index),
    limits: [
      ...(device.notes?.limits ?? []),
      ...[groupLimit(device, facts.index)].filter((limit) => limit !== undefined),
      ...registerLimits(device, facts.index),
    ],
  };
}

/** The reports of devices, each made when it is asked for. */
export function* reportDevices(devices: Iterable<Device>, facts: HostFacts): Generator<DeviceReport> {
  for (const device of devices) yield reportDevice(device, facts);
}
