// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path';
import { UsageError } from '../../errors.ts';
import { derivePolicies, type HostFacts, type VmRequest } from '../../policy/derive.ts';
import { lintPolicies, type PolicyFinding } from '../../policy/lint.ts';
import { compareWithLock, parsePolicyDocument, policyDocument } from '../../policy/policy-document.ts';
import { readText } from '../../read-file.ts';
import type { CliContext } from '../context.ts';

/**
 * What is wrong with the policies of VMs, and where they differ from a locked one.
 *
 * @throws {UsageError} the lock cannot be read
 */
export async function lintFindings(
  requests: readonly VmRequest[],
  facts: HostFacts,
  lock: string | undefined,
  cli: CliContext,
): Promise<readonly PolicyFinding[]> {
  const policies = derivePolicies(requests, facts);
  const findings = lintPolicies(policies, facts);
  if (lock === undefined) return findings;
  const text = await readText(resolve(cli.cwd, lock)).catch((cause: unknown) => {
    throw new UsageError(
      `cannot read ${lock}: ${String(cause)}`,
      'Write it with `bpmp-virt policy --json >FILE`.',
    );
  });
  return [...findings, ...compareWithLock(parsePolicyDocument(text, lock), policyDocument(policies))];
}
