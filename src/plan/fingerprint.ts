// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import type { PlannedStep } from './plan.ts';

/** What of a step's surroundings makes it another step. */
export type IdentityParts = {
  /** Version of this package: newer code may do a step otherwise. */
  readonly tool: string;
  /** Plan path of each input → digest of its content. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Fingerprints of the steps it waits for: so a change anywhere below changes all above. */
  readonly after: readonly string[];
};

/** Identity of a step: hash of its kind, options, inputs and of the steps before it. 64 hex digits. */
export function fingerprint(step: PlannedStep, { tool, inputs, after }: IdentityParts): string {
  const value = { tool, kind: step.kind, options: step.options, inputs, after };
  return createHash('sha256').update(canonical(value)).digest('hex');
}

/** JSON with the keys in order, so that the order in which options were written does not matter. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
