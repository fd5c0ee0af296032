// SPDX-License-Identifier: Apache-2.0
import type { BpmpKind } from '../dt/host-index.ts';
import { idsOf, type VmPolicy } from '../policy/policy.ts';

/** An id of the policy as SCMI numbers it: dense, in ascending order of the BPMP's. */
export type ScmiDomain = {
  readonly kind: BpmpKind;
  readonly scmi: number;
  readonly bpmp: number;
  readonly class: 'own' | 'shared';
  readonly name: string;
};

/** First word of a map's line, and the first part of the kind's names in the dt-bindings. */
const KINDS: readonly (readonly [kind: BpmpKind, word: string, prefix: RegExp])[] = [
  ['clock', 'clock', /^TEGRA\d+_CLK_/],
  ['reset', 'reset', /^TEGRA\d+_RESET_/],
  ['power-domain', 'power', /^TEGRA\d+_POWER_DOMAIN_/],
];

/** What a VM sees of the BPMP over SCMI. Withheld ids are not there; bpmp-scmi adds parents of clocks behind these. */
export function scmiDomains(policy: VmPolicy): readonly ScmiDomain[] {
  return KINDS.flatMap(([kind, word, prefix]) => {
    const ids = [...idsOf(policy, kind, 'own'), ...idsOf(policy, kind, 'shared')];
    return ids
      .sort((one, other) => one.id - other.id)
      .map(({ id, name, class: of }, scmi) => ({
        kind,
        scmi,
        bpmp: id,
        class: of === 'shared' ? 'shared' : 'own',
        name: name?.replace(prefix, '').toLowerCase() ?? `${word}-${id}`,
      }));
  });
}

/** Names of SCMI agents have 15 characters. */
const AGENT_MAX = 15;

/** The text of scmi.map, which bpmp-scmi reads (docs/transports.md has the format). */
export function scmiMap(policy: VmPolicy): string {
  const lines = scmiDomains(policy).map(({ kind, scmi, bpmp, class: of, name }) => {
    const word = KINDS.find(([each]) => each === kind)?.[1];
    return `${word} ${scmi} ${bpmp} ${of} ${name}\n`;
  });
  return ['bpmp-virt-scmi 1\n', `agent ${policy.vm.slice(0, AGENT_MAX)}\n`, ...lines].join('');
}
