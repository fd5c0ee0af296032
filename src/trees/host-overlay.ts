// SPDX-License-Identifier: Apache-2.0
import type { Device } from '../dt/devices.ts';
import { cellsText, hex, propertyLine, stringsText } from '../dt/dts-text.ts';
import type { BpmpKind, HostIndex } from '../dt/host-index.ts';
import { regWithSizes } from '../dt/registers.ts';
import type { TegraIds } from '../dt/tegra-ids.ts';
import { cellOf, type DtNode } from '../dt/tree.ts';
import { UsageError } from '../errors.ts';
import { type IdClass, idsOf, type VmPolicy } from '../policy/policy.ts';
import { type GivenStream, giveStreams } from './streams.ts';
import { fillTemplate } from './template.ts';

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

type PolicyNodeParts = {
  /** A board's only VM has no label, so that its device is /dev/bpmp-host. */
  readonly alone: boolean;
  /** The BPMP's node as a cell; without one the proxy takes the only BPMP there is. */
  readonly bpmp: string | undefined;
  /** The devices that the host's own drivers must not get. */
  readonly handles: readonly string[];
};

/** One policy node as source (docs/abi.md §2). */
function policyNode(
  policy: VmPolicy,
  { alone, bpmp, handles }: PolicyNodeParts,
  template: string,
): readonly string[] {
  const text = fillTemplate(template, {
    node: alone ? 'bpmp_host_proxy' : `bpmp_host_proxy-${policy.vm}`,
    bpmp: bpmp ?? '',
    label: alone ? [] : [propertyLine('label', stringsText([policy.vm]))],
    lists: [
      ...listLines(policy),
      ...(handles.length === 0 ? [] : [propertyLine('passthrough-devices', handles.join(', '))]),
    ],
  });
  // The licence line is the template's; the overlay that it goes into has one.
  const lines = text.trimEnd().split('\n').slice(1);
  return bpmp === undefined ? lines.filter((line) => !line.includes('nvidia,bpmp =')) : lines;
}

/** A node as a cell: by its label, or in a tree without symbols by its phandle, which an overlay keeps as it is. */
function cellFor(index: HostIndex, node: DtNode): string {
  const label = index.labels.get(node.path);
  const phandle = cellOf(node, 'phandle');
  if (label !== undefined && phandle !== undefined) return `&${label}`;
  if (phandle !== undefined) return hex(phandle);
  throw new UsageError(
    `the host's device tree gives ${node.path} neither a symbol nor a phandle, so no overlay can refer to it`,
    'Compile it with `dtc -@` (the kernel does so for the Jetson boards), or take the -nv.dtb of the BSP.',
  );
}

/** How an overlay reaches a device: by a label, by a phandle without one, or by its path alone. */
type NodeReference =
  | { readonly by: 'label'; readonly label: string }
  | { readonly by: 'phandle'; readonly phandle: number }
  | { readonly by: 'path'; readonly ownLabel: string };

function reachOf({ node }: Device, own: string, index: HostIndex): NodeReference {
  const label = index.labels.get(node.path);
  const phandle = cellOf(node, 'phandle');
  // A label without a phandle (no `dtc -@`) is none that fdtoverlay could follow.
  if (phandle === undefined) return { by: 'path', ownLabel: own };
  return label === undefined ? { by: 'phandle', phandle } : { by: 'label', label };
}

/** A device as a cell of another node. */
function handle(reach: NodeReference): string {
  if (reach.by === 'phandle') return hex(reach.phandle);
  return `&${reach.by === 'label' ? reach.label : reach.ownLabel}`;
}

/** `lines` as a fragment that changes the device. */
function fragment(reach: NodeReference, path: string, lines: readonly string[]): readonly string[] {
  const inner = lines.map((line) => `\t${line}`);
  if (reach.by === 'label') return [`&${reach.label} {`, ...inner, '};', ''];
  if (reach.by === 'phandle') return [`&{${path}} {`, ...inner, '};', ''];
  // Written out, because dtc takes no label before a path; the label gives the device a phandle when it is applied.
  const target = [`target-path = "${path}";`, `${reach.ownLabel}: __overlay__ {`, ...inner, '};'];
  const whole = [`fragment-${reach.ownLabel} {`, ...target.map((line) => `\t${line}`), '};'];
  return ['/ {', ...whole.map((line) => `\t${line}`), '};', ''];
}

/** What the overlay changes of a device: it is switched on, has a stream, and all of its registers. */
function deviceChanges(device: Device, given: GivenStream | undefined, index: HostIndex): readonly string[] {
  const stream =
    given === undefined
      ? []
      : [`iommus = <${cellFor(index, given.smmu)} ${given.name ?? hex(given.stream)}>;`];
  const sizes = new Map(device.widened.map(({ region, to }) => [region, to]));
  const reg = sizes.size === 0 ? undefined : regWithSizes(device.node, sizes);
  const wider = reg === undefined ? [] : [propertyLine('reg', cellsText(reg))];
  return [...stream, ...wider, ...(device.enabled ? [] : ['status = "okay";'])];
}

/** Label of a device that the tree has none for. No tree has such names. */
function ownLabel(policy: VmPolicy, at: number): string {
  return `bpmp_virt_${policy.vm.replaceAll('-', '_')}_${at}`;
}

type Fragments = { readonly lines: readonly string[]; readonly handles: readonly string[] };

/** The fragments for a VM's devices, and how the policy node names them. */
function deviceFragments(
  policy: VmPolicy,
  streams: ReadonlyMap<string, GivenStream>,
  index: HostIndex,
): Fragments {
  const parts = policy.devices.map((device, at) => {
    const reach = reachOf(device, ownLabel(policy, at), index);
    const lines = deviceChanges(device, streams.get(device.node.path), index);
    const needed = lines.length > 0 || (policy.keepOff && reach.by === 'path');
    return { reach, lines: needed ? fragment(reach, device.node.path, lines) : [] };
  });
  return {
    lines: parts.flatMap(({ lines }) => lines),
    handles: policy.keepOff ? parts.map(({ reach }) => `<${handle(reach)}>`) : [],
  };
}

/**
 * The source of the host's overlay: a policy node for each VM, and for each device what it lacks to be handed to
 * one. The devices that a policy node names, the host proxy keeps off the host's own drivers.
 *
 * @param what names the host's device tree
 * @throws {UsageError} the tree has neither symbol nor phandle for what the overlay refers to, or no free stream
 */
export function hostOverlay(
  policies: readonly VmPolicy[],
  index: HostIndex,
  ids: TegraIds,
  templates: HostTemplates,
  what: string,
): string {
  const streams = giveStreams(policies, index, ids);
  const alone = policies.length === 1;
  // Without a phandle nobody could name it, and the proxy takes the only BPMP there is.
  const bpmp = cellOf(index.bpmp, 'phandle') === undefined ? undefined : cellFor(index, index.bpmp);
  const parts = policies.map((policy) => ({ policy, ...deviceFragments(policy, streams, index) }));
  return fillTemplate(templates.overlay, {
    vms: policies.map((policy) => policy.vm).join(', '),
    tree: what,
    policies: parts.flatMap(({ policy, handles }) =>
      policyNode(policy, { alone, bpmp, handles }, templates.policyNode),
    ),
    devices: parts.flatMap(({ lines }) => lines),
  });
}
