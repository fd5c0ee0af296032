// SPDX-License-Identifier: Apache-2.0
import { type Device, deviceName, stateProblems } from '../dt/devices.ts';
import { type HostIndex, type StreamUse, sendersOf } from '../dt/host-index.ts';
import { cooledBy, isPciHost, ownerOf, rolesOf } from '../dt/host-roles.ts';
import { sharedInterrupts } from '../dt/shared-interrupts.ts';
import { infrastructureOf, isGpu, isWithoutDma } from '../dt/soc-parts.ts';
import { type DtNode, isEnabled } from '../dt/tree.ts';
import { Bug } from '../errors.ts';
import { isRootClock } from './classify.ts';
import { derivePolicies, type HostFacts } from './derive.ts';
import { losses, unknowns } from './losses.ts';
import { formatId, type VmPolicy } from './policy.ts';
import { heldRegisters } from './register-findings.ts';

/** From harmless to not without force. */
const VERDICTS = [
  'ready',
  'needs-iommus',
  'loses-parts',
  'shares-clock',
  'unconfined-dma',
  'vfio-pci',
  'refused',
] as const;
export type VerdictKind = (typeof VERDICTS)[number];

/** Whether a device can be given to a VM, and why. */
export type Verdict = { readonly kind: VerdictKind; readonly reasons: readonly string[] };

/** The first switched-on node outside of what is given that sends with a stream of it, and that stream. */
function streamMate(
  index: HostIndex,
  device: Device,
  given: readonly DtNode[] = [device.node],
): StreamUse | undefined {
  for (const { smmu, stream } of device.streams)
    for (const node of sendersOf(index, { smmu, stream }))
      if (ownerOf(node, given) === undefined) return { smmu, stream, node };
  return undefined;
}

/** The GPU, whose requests carry a stream of no node, by its notes or by what it is. */
function isBesideSmmu(device: Device): boolean {
  return device.notes?.masters === 'beside-smmu' || isGpu(device.node);
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
export type WeighedReason = readonly [VerdictKind, string];

/** TEGRA234_SID_PASSTHROUGH: what carries it passes every SMMU untranslated. */
const PASSTHROUGH = 0x7f;
/** What a node says that has a way to memory of its own. */
const MEMORY_WAYS = ['dma-coherent', 'interconnects', 'nvidia,memory-controller'];

/** Why no context of the VM confines the memory requests of a device; undefined where one does, or it makes none. */
function unconfined(device: Device): string | undefined {
  const { node, streams } = device;
  if (isBesideSmmu(device)) return 'its memory requests carry no stream of its node';
  const passed = streams.find(({ stream }) => stream === PASSTHROUGH);
  if (passed !== undefined) return `its stream 0x7f passes ${passed.smmu.path} untranslated`;
  const off = streams.find(({ smmu }) => !isEnabled(smmu));
  if (off !== undefined && isMaster(device))
    return `${off.smmu.path}, which it sends through, is switched off`;
  const way = MEMORY_WAYS.find((property) => node.properties.has(property));
  const confined = streams.length > 0 || node.properties.has('dmas') || device.notes?.masters === 'none';
  if (confined) return undefined;
  if (way !== undefined) return `it masters memory (${way}), and its node has no stream`;
  // What the chip stands on is refused for that, and nobody asks further.
  if (isWithoutDma(node) || infrastructureOf(node) !== undefined) return undefined;
  return 'its node has no stream, and nothing shows that it makes no memory requests';
}

function mateFinding(device: Device, mate: StreamUse): WeighedReason {
  const stream = `0x${mate.stream.toString(16)}`;
  return isMaster(device)
    ? ['refused', `its memory requests carry stream ${stream} of ${mate.node.path}, which the host keeps`]
    : ['needs-iommus', `its stream is that of ${mate.node.path}: the host overlay gives it an unused one`];
}

/** What the streams of a device mean for giving it away. */
function streamFindings(
  index: HostIndex,
  device: Device,
  given: readonly DtNode[],
): readonly WeighedReason[] {
  const mate = streamMate(index, device, given);
  const why = unconfined(device);
  const inner = device.streams.filter(({ node }) => node !== device.node);
  return [
    ...(why === undefined
      ? []
      : [['unconfined-dma', `${why}: a guest with it can reach all memory`] as const]),
    ...(mate === undefined ? [] : [mateFinding(device, mate)]),
    ...(inner.length === 0
      ? []
      : [
          [
            'loses-parts',
            `nodes below it send with streams of their own (${inner.length}), which are IOMMU groups that do not go with it`,
          ] as const,
        ]),
    ...(device.streams.length === 0
      ? [
          [
            'needs-iommus',
            'it has no stream, so no IOMMU group: the host overlay gives it an unused one',
          ] as const,
        ]
      : []),
  ];
}

function lossFindings(index: HostIndex, device: Device, given: readonly DtNode[]): readonly WeighedReason[] {
  const lost = losses(device, index, given).flatMap(({ what, of, weight }): readonly WeighedReason[] => {
    const from = `${of.slice(0, 3).join(', ')}${of.length > 3 ? ` and ${of.length - 3} more` : ''}`;
    if (weight === 'essential')
      return [['refused', `it does not work without ${from} (${what}), which stays with the host`]];
    return weight === 'felt' ? [['loses-parts', `the guest will miss ${from} (${what})`]] : [];
  });
  const unknown = unknowns(device, index).map(({ property, node, like }): WeighedReason => {
    const [first] = like;
    return [
      'loses-parts',
      `the guest will miss ${property} of ${node.name}: nobody here knows it, and it may name ${first?.path}`,
    ];
  });
  const zones = cooledBy(index, device.node);
  const cooled: readonly WeighedReason[] =
    zones.length === 0
      ? []
      : [
          [
            'loses-parts',
            `the host's thermal zones slow it down, and no longer can: ${zones[0]} and ${zones.length - 1} more`,
          ],
        ];
  return [...lost, ...unknown, ...cooled];
}

function idFindings(policy: VmPolicy): readonly WeighedReason[] {
  return policy.ids.flatMap((id): readonly WeighedReason[] => {
    if (id.class === 'withheld' && id.kind === 'reset') return [['refused', `${formatId(id)}: ${id.reason}`]];
    if (id.class === 'withheld') return [['loses-parts', `${formatId(id)}: ${id.reason}`]];
    if (id.class === 'shared' && id.otherUsers.length > 0 && !isRootClock(id.name))
      return [
        [
          'shares-clock',
          `${formatId(id)} is ${id.otherUsers.slice(0, 3).join(', ')}'s too, which may change it`,
        ],
      ];
    return [];
  });
}

/** The policy of a VM that gets this device and nothing else. */
export function aloneWith(device: Device, facts: HostFacts): VmPolicy {
  const [policy] = derivePolicies([{ name: deviceName(device), devices: [device] }], facts);
  if (policy === undefined) throw new Bug('one request gives one policy');
  return policy;
}

/** What speaks against giving a device of a VM away, whatever its ids. */
export function deviceFindings(device: Device, index: HostIndex, policy: VmPolicy): readonly WeighedReason[] {
  const given = policy.devices.map(({ node }) => node);
  return [
    ...rolesOf(index, device.node, given).map((role): WeighedReason => ['refused', role]),
    ...[...stateProblems(device.node), ...device.problems].map(
      (problem): WeighedReason => ['refused', problem],
    ),
    ...heldRegisters(device, index, given).map((why): WeighedReason => ['refused', why]),
    ...sharedInterrupts(index.tree, index.phandles, device.interrupts, given).map(
      ({ spi, node }): WeighedReason => ['refused', `its interrupt (SPI ${spi}) is that of ${node.path} too`],
    ),
    // Nobody gives the bridge itself: what a guest would lose of it is of no use to know.
    ...(isPciHost(device.node)
      ? [['vfio-pci', VFIO_PCI] as const]
      : [...streamFindings(index, device, given), ...lossFindings(index, device, given)]),
  ];
}

const VFIO_PCI =
  'it is a PCI host bridge, which stays with the host: only a device behind it could go to a VM, with vfio-pci, which ' +
  'run-vm.sh does not do yet';

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
  const ids = isPciHost(device.node) ? [] : idFindings(alone);
  const findings = [...deviceFindings(device, facts.index, alone), ...ids];
  const weight = ([kind]: WeighedReason) => VERDICTS.indexOf(kind);
  const sorted = findings.toSorted((a, b) => weight(b) - weight(a));
  const [worst] = sorted;
  return { kind: worst?.[0] ?? 'ready', reasons: [...new Set(sorted.map(([, reason]) => reason))] };
}
