// SPDX-License-Identifier: Apache-2.0
import { cellsText, hex, propertyLine, stringsText } from '../dt/dts-text.ts';
import type { BpmpKind } from '../dt/host-index.ts';
import type { HostFacts } from '../policy/derive.ts';
import type { VmPolicy } from '../policy/policy.ts';
import { SCMI_LABELS, scmiReference } from './bpmp-references.ts';
import { guestNodes, guestPaths } from './guest-nodes.ts';
import { aliasNames, placeDevices } from './guest-tree.ts';
import { VIRT_PLATFORM_BUS } from './platform-bus.ts';
import { scmiDomains } from './scmi-domains.ts';
import { fillTemplate } from './template.ts';

/** Protocol numbers of SCMI, and what a reference to one counts its cells by. */
const PROTOCOLS: readonly (readonly [kind: BpmpKind, number: number, cells: string])[] = [
  ['power-domain', 0x11, '#power-domain-cells'],
  ['clock', 0x14, '#clock-cells'],
  ['reset', 0x16, '#reset-cells'],
];

function protocolLines(policy: VmPolicy): readonly string[] {
  const domains = scmiDomains(policy);
  return PROTOCOLS.filter(([kind]) => domains.some((domain) => domain.kind === kind)).flatMap(
    ([kind, number, cells]) => [
      `${SCMI_LABELS[kind]}: protocol@${hex(BigInt(number)).slice(2)} {`,
      `\t${propertyLine('reg', cellsText([number]))}`,
      `\t${propertyLine(cells, cellsText([1]))}`,
      '};',
    ],
  );
}

/**
 * The source of an overlay over the tree that a stock QEMU makes: SCMI, and the devices where QEMU puts them. It holds for any
 * number of CPUs, any accelerator and every QEMU that has the devices, since all of that is in the tree below it.
 *
 * @throws {UsageError} the devices do not fit QEMU's bus
 */
export function scmiGuest(
  policy: VmPolicy,
  facts: HostFacts,
  { what, hostTree }: { readonly what: string; readonly hostTree: string },
  template: string,
): string {
  const bus = VIRT_PLATFORM_BUS;
  const refer = scmiReference(policy);
  const places = placeDevices(policy.devices, bus);
  const nodes = guestNodes(policy, facts, places, { refer });
  const paths = guestPaths(policy.devices, places);
  const busName = `platform-bus@${hex(bus.base).slice(2)}`;
  const aliases = aliasNames(policy.devices).flatMap((alias, at) =>
    alias === undefined ? [] : [`\t${propertyLine(alias, stringsText([`/${busName}/${paths[at]}`]))}`],
  );
  return fillTemplate(template, {
    what,
    tree: hostTree,
    aliases: aliases.length === 0 ? [] : ['aliases {', ...aliases, '};'],
    protocols: protocolLines(policy),
    bus: busName,
    ranges: cellsText([bus.base, 0n, bus.base, bus.size]).slice(1, -1),
    devices: nodes.flatMap((each) => [...each.lines, '']).slice(0, -1),
  });
}
