// SPDX-License-Identifier: Apache-2.0
import { basename, join } from 'node:path';
import { printDts } from '../dt/dts-text.ts';
import type { TegraIds } from '../dt/tegra-ids.ts';
import { phandlesOf } from '../dt/tree.ts';
import { derivePolicies, type HostFacts, type VmRequest } from '../policy/derive.ts';
import { formatFinding, lintPolicies, refuseErrors } from '../policy/lint.ts';
import type { VmPolicy } from '../policy/policy.ts';
import { readText } from '../read-file.ts';
import { compileDts, dumpTree, type RunProgram } from '../tools/dtc/dtc.ts';
import { loadHostFacts, readTreeFile } from '../tools/dtc/host-tree.ts';
import { type GuestMachine, guestTree, isSeed } from '../trees/guest-tree.ts';
import { hostOverlay } from '../trees/host-overlay.ts';
import type { MachineArgs } from '../trees/machine-args.ts';
import { scmiGuest } from '../trees/scmi-guest.ts';
import type { StepContext } from './step.ts';
import { NOTES, TEMPLATES } from './tree-inputs.ts';

/** What the three steps that make device trees do with a context. */
type Tools = Pick<StepContext, 'path' | 'exec' | 'emit'>;
type NamedFacts = HostFacts & { readonly ids: TegraIds };

/** Read one template of dts-templates. */
function readTemplate(name: string, { path }: Pick<Tools, 'path'>): Promise<string> {
  return readText(join(path(TEMPLATES), name));
}

/** The facts about a host whose compiled tree is `dtb`, a plan path. */
export function hostFacts(dtb: string, tree: string, { path }: Pick<Tools, 'path'>): Promise<NamedFacts> {
  return loadHostFacts({ dtb: path(dtb), notes: path(NOTES), kernelTree: path(tree) });
}

/**
 * The policies of all VMs, after the warnings about them have been said.
 *
 * @throws {UsageError} one of the devices cannot be given away so
 */
export function soundPolicies(vms: readonly VmRequest[], facts: HostFacts, { emit }: Pick<Tools, 'emit'>) {
  const policies = derivePolicies(vms, facts);
  const findings = lintPolicies(policies, facts);
  refuseErrors(findings);
  for (const finding of findings) emit({ type: 'warning', text: formatFinding(finding) });
  return policies;
}

/** The source of the host's overlay. */
export async function hostOverlaySource(
  policies: readonly VmPolicy[],
  facts: NamedFacts,
  what: string,
  tools: Pick<Tools, 'path'>,
): Promise<string> {
  const templates = {
    overlay: await readTemplate('host-overlay.dts.in', tools),
    policyNode: await readTemplate('policy-node.dts.in', tools),
  };
  return hostOverlay(policies, facts.index, facts.ids, templates, what);
}

/** Compile the host's overlay to `into`; its source stays beside it. */
export async function makeHostOverlay(
  policies: readonly VmPolicy[],
  facts: NamedFacts,
  what: string,
  places: { readonly into: string; readonly includes: readonly string[] },
  tools: Tools,
): Promise<void> {
  const text = await hostOverlaySource(policies, facts, what, tools);
  const files = new Map([[basename(places.into).replace(/\.dtbo$/, '.dts'), text]]);
  // Fixups are made without -@ too; with it, our own labels would become symbols of the host's tree.
  await compileDts({ files, includes: places.includes, symbols: false }, places.into, run(tools));
}

/** The source of a guest's tree. */
export async function guestTreeSource(
  policy: VmPolicy,
  facts: HostFacts,
  machine: GuestMachine,
  tools: Pick<Tools, 'path'>,
): Promise<string> {
  return guestTree(policy, facts, machine, await readTemplate('guest.dts.in', tools));
}

/** The source of what a guest over SCMI has besides QEMU's own tree. */
export async function scmiTreeSource(
  policy: VmPolicy,
  facts: HostFacts,
  names: { readonly what: string; readonly hostTree: string },
  tools: Pick<Tools, 'path'>,
): Promise<string> {
  return scmiGuest(policy, facts, names, await readTemplate('guest-scmi.dts.in', tools));
}

/** Compile that to `into`; its source stays beside it. */
export async function makeScmiTree(
  policy: VmPolicy,
  facts: HostFacts,
  names: { readonly what: string; readonly hostTree: string },
  places: { readonly into: string; readonly includes: readonly string[] },
  tools: Tools,
): Promise<void> {
  const text = await scmiTreeSource(policy, facts, names, tools);
  const files = new Map([[basename(places.into).replace(/\.dtbo$/, '.dts'), text]]);
  await compileDts({ files, includes: places.includes, symbols: false }, places.into, run(tools));
}

/** A guest's tree and how it is made. */
export type GuestTreeJob = {
  readonly policy: VmPolicy;
  readonly facts: HostFacts;
  readonly qemu: string;
  readonly args: MachineArgs;
  readonly machine: Pick<GuestMachine, 'what' | 'hostTree' | 'more'>;
  readonly into: string;
  readonly includes: readonly string[];
  readonly symbols: boolean;
};

/** Let QEMU make the tree of its machine, add the BPMP and the devices, and compile it to `into`. */
export async function makeGuestTree(job: GuestTreeJob, tools: Tools): Promise<void> {
  const base = await dumpTree(job.qemu, job.args, run(tools), readTreeFile);
  const name = basename(job.into).replace(/\.dtb$/, '');
  const baseFile = `${name}-base.dts`;
  const text = await guestTreeSource(job.policy, job.facts, { ...job.machine, base, baseFile }, tools);
  const files = new Map([
    [`${name}.dts`, text],
    [baseFile, printDts(base, { omit: isSeed, references: phandlesOf(base) })],
  ]);
  await compileDts({ files, includes: job.includes, symbols: job.symbols }, job.into, run(tools));
}

function run({ exec }: Pick<Tools, 'exec'>): RunProgram {
  return (command, cwd) => exec(command, cwd);
}
