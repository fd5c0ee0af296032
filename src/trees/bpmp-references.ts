// SPDX-License-Identifier: Apache-2.0
import type { BpmpKind } from '../dt/host-index.ts';
import type { VmPolicy } from '../policy/policy.ts';
import { scmiDomains } from './scmi-domains.ts';

/** How a guest's node refers to an id of the BPMP, as source; undefined where the guest has no such thing. */
export type BpmpReference = (kind: BpmpKind, id: number, name: string | undefined) => string | undefined;

/** Through the window: the BPMP's own ids, by the names of the dt-bindings. */
export const windowReference: BpmpReference = (_kind, id, name) => `<&bpmp ${name ?? id}>`;

/** Labels of the protocols below firmware/scmi, by what they number. */
export const SCMI_LABELS: Readonly<Record<BpmpKind, string>> = {
  clock: 'scmi_clk',
  reset: 'scmi_rst',
  'power-domain': 'scmi_pd',
};

/** Over SCMI: dense ids, of what the policy gives. */
export function scmiReference(policy: VmPolicy): BpmpReference {
  const domains = scmiDomains(policy);
  return (kind, id) => {
    const domain = domains.find((each) => each.kind === kind && each.bpmp === id);
    return domain === undefined ? undefined : `<&${SCMI_LABELS[kind]} ${domain.scmi}>`;
  };
}
