// SPDX-License-Identifier: Apache-2.0
import type { Device } from '../dt/devices.ts';
import { hex, propertyLine, stringsText } from '../dt/dts-text.ts';
import type { BpmpKind, HostIndex } from '../dt/host-index.ts';
import type { TegraIds } from '../dt/tegra-ids.ts';
import { fillTemplate } from '../dt/template.ts';
import { UsageError } from '../errors.ts';
import { type IdClass, idsOf, type VmPolicy } from './policy.ts';
import { type GivenStream, giveStreams } from './streams.ts';

/** Templates of dts-templates, as text. */
export type HostTemplates = { readonly overlay: string; readonly policyNode: string };

const LISTS: readonly (readonly [property: string, kind: BpmpKind, of: IdClass])[] = [
  ['allowed-clocks', 'clock', 'own'],
  ['shared-clocks', 'clock', 'shared'],
  ['allowed-resets', 'reset', 'own'],
  ['allowed-power-domains', 'power-domain', 'own'],
];

/** The lists of ids of a policy node, each with the reason for its ids behind it. */
function listLines(policy: VmPolicy): readonly string[] {
  return LISTS.flatMap(([property, kind, of]) => {
    const ids = idsOf(policy, kind, of);
    if (ids.length === 0) return [];
    const rows = ids.map((id, at) => {
      const end = at === ids.length - 1 ? '>;' : '>,';
      return `\t<${id.name ?? id.id}${end} /* ${id.name === undefined ? '' : `${id.id}: `}${id.reason} */`;
    });
    return [`${property} =`, ...rows];
  });
}

/**
 * One policy node as source (docs/abi.md §2). A board's only VM has no label, so that its device is
 * /dev/bpmp-host.
 *
 * @param bpmp label of the BPMP's node; without one the proxy takes the only BPMP there is
 */
function policyNode(
  policy: VmPolicy,
  alone: boolean,
  bpmp: string | undefined,
  template: string,
): readonly string[] {
  const text = fillTemplate(template, {
    node: alone ? 'bpmp_host_proxy' : `bpmp_host_proxy-${policy.vm}`,
    bpmp: bpmp === undefined ? '' : `&${bpmp}`,
    label: alone ? [] : [propertyLine('label', stringsText([policy.vm]))],
    lists: listLines(policy),
  });
  // The licence line is the template's; the overlay that it goes into has one.
  const lines = text.trimEnd().split('\n').slice(1);
  return bpmp === undefined ? lines.filter((line) => !line.includes('nvidia,bpmp =')) : lines;
}

function labelOf(index: HostIndex, path: string): string {
  const label = index.labels.get(path);
  if (label !== undefined) return label;
  throw new UsageError(
    `the host's device tree has no symbol for ${path}, so no overlay can refer to it`,
    'Compile it with `dtc -@` (the kernel does so for the Jetson boards), or take the -nv.dtb of the BSP.',
  );
}

/** What the overlay changes of a device: it is switched on, and has a stream. Its `compatible` stays. */
function deviceFragment(device: Device, given: GivenStream | undefined, index: HostIndex): readonly string[] {
  // A label without a phandle (no `dtc -@`) is none that fdtoverlay could follow.
  const label = device.node.properties.has('phandle') ? index.labels.get(device.node.path) : undefined;
  const stream =
    given === undefined
      ? []
      : [`iommus = <&${labelOf(index, given.smmu.path)} ${given.name ?? hex(given.stream)}>;`];
  const lines = [...stream, ...(device.enabled ? [] : ['status = "okay";'])];
  if (lines.length === 0) return [];
  return [
    label === undefined ? `&{${device.node.path}} {` : `&${label} {`,
    ...lines.map((line) => `\t${line}`),
    '};',
    '',
  ];
}

/**
 * The source of the host's overlay: a policy node for each VM, and for each device what it lacks to be handed to
 * one. Who takes a device from the host's driver is driver_override, at run time.
 *
 * @param what names the host's device tree
 * @throws {UsageError} the tree has no symbols for what the overlay refers to, or no free stream
 */
export function hostOverlay(
  policies: readonly VmPolicy[],
  index: HostIndex,
  ids: TegraIds,
  templates: HostTemplates,
  what: string,
): string {
  if (index.labels.size === 0) labelOf(index, index.bpmp.path);
  const streams = giveStreams(policies, index, ids);
  const alone = policies.length === 1;
  const bpmp = index.labels.get(index.bpmp.path);
  const devices = policies.flatMap((policy) => policy.devices);
  return fillTemplate(templates.overlay, {
    vms: policies.map((policy) => policy.vm).join(', '),
    tree: what,
    policies: policies.flatMap((policy) => policyNode(policy, alone, bpmp, templates.policyNode)),
    devices: devices.flatMap((device) => deviceFragment(device, streams.get(device.node.path), index)),
  });
}
