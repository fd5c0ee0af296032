// SPDX-License-Identifier: Apache-2.0
import { basename, resolve } from 'node:path';
import { UsageError } from '../../errors.ts';
import { resolvePlanPath } from '../../plan/plan-paths.ts';
import { formatPolicy } from '../../policy/format-report.ts';
import type { VmPolicy } from '../../policy/policy.ts';
import { policyDocument } from '../../policy/policy-document.ts';
import { guestTreeSource, hostOverlaySource, scmiTreeSource } from '../../steps/device-trees.ts';
import { type loadHostFacts, readTreeFile } from '../../tools/dtc/host-tree.ts';
import { scmiMap } from '../../trees/scmi-domains.ts';
import { type CliContext, lineWidth } from '../context.ts';
import type { HostFlags } from '../flags/host-flags.ts';
import { pathRoots } from '../places.ts';

export type PolicyFlags = HostFlags & {
  readonly format: 'text' | 'json' | 'dts' | 'guest' | 'scmi' | 'scmi-map';
  readonly base?: string;
  readonly html?: string;
};

type PolicyJob = {
  readonly policies: readonly VmPolicy[];
  readonly facts: Awaited<ReturnType<typeof loadHostFacts>>;
  /** Name of the host's tree. */
  readonly what: string;
  readonly flags: PolicyFlags;
  readonly cli: CliContext;
};

/** How `policy` prints, by `--format`. */
export const POLICY_FORMATS: Readonly<Record<PolicyFlags['format'], (job: PolicyJob) => Promise<string>>> = {
  async text({ policies, cli }) {
    return policies.map((policy) => formatPolicy(policy, lineWidth(cli))).join('\n\n');
  },
  async json({ policies }) {
    return JSON.stringify(policyDocument(policies), null, 2);
  },
  async dts({ policies, facts, what, flags, cli }) {
    return hostOverlaySource(policies, facts, what, toolPaths(flags, cli));
  },
  async guest({ policies, facts, what, flags, cli }) {
    if (flags.base === undefined)
      throw new UsageError('a guest’s tree needs QEMU’s own', 'Add --base FILE.dtb.');
    const base = await readTreeFile(resolve(cli.cwd, flags.base));
    const baseFile = basename(flags.base).replace(/\.dtb$/, '.dts');
    const policy = first(policies);
    const machine = { base, baseFile, what: `Guest ${policy.vm}`, hostTree: what };
    return guestTreeSource(policy, facts, machine, toolPaths(flags, cli));
  },
  async scmi({ policies, facts, what, flags, cli }) {
    const policy = first(policies);
    const names = { what: `Guest ${policy.vm}`, hostTree: what };
    return scmiTreeSource(policy, facts, names, toolPaths(flags, cli));
  },
  async 'scmi-map'({ policies }) {
    return scmiMap(first(policies)).trimEnd();
  },
};

function first(policies: readonly VmPolicy[]): VmPolicy {
  const [policy] = policies;
  if (policy === undefined) throw new UsageError('for which VM?', 'Add --device.');
  return policy;
}

function toolPaths(flags: PolicyFlags, cli: CliContext) {
  return {
    path: (planPath: string) => resolvePlanPath(planPath, pathRoots(flags.work, cli)),
  };
}
