// SPDX-License-Identifier: Apache-2.0
import type { Device } from '../dt/devices.ts';
import { isWithin } from '../dt/host-roles.ts';
import { UsageError } from '../errors.ts';
import { isRootClock } from './classify.ts';
import type { HostFacts } from './derive.ts';
import { formatId, type PolicyId, type VmPolicy } from './policy.ts';
import { partialPages } from './register-findings.ts';
import { deviceFindings, type VerdictKind } from './verdict.ts';

/** What is wrong with the policies of a board. Errors stop a build; warnings are shown. */
export type PolicyFinding = {
  readonly rule:
    | 'device-twice'
    | 'host-device'
    | 'unconfined-dma'
    | 'guest-misses'
    | 'partial-pages'
    | 'reset-shared'
    | 'clock-shared'
    | 'domain-shared'
    | 'lock';
  readonly severity: 'error' | 'warning';
  readonly vm: string;
  readonly message: string;
};

function severityFor(policy: VmPolicy, device: Device): PolicyFinding['severity'] {
  return policy.forced.includes(device.node.path) ? 'warning' : 'error';
}

/** A device, or a part of it, that two VMs are to get. */
function devicesTwice(policies: readonly VmPolicy[]): readonly PolicyFinding[] {
  const given = policies.flatMap(({ vm, devices }) => devices.map((device) => ({ vm, device })));
  return given.flatMap(({ vm, device }, at): readonly PolicyFinding[] => {
    const first = given
      .slice(0, at)
      .find((other) => isWithin(device.node, other.device.node) || isWithin(other.device.node, device.node));
    if (first === undefined) return [];
    const message = `${device.node.path} is given to ${first.vm} already`;
    return [{ rule: 'device-twice', severity: 'error', vm, message }];
  });
}

/** The rule that a finding about a device breaks, and whether that stops a build; undefined: it is none for lint. */
const RULES: Partial<Record<VerdictKind, readonly [rule: PolicyFinding['rule'], grave: boolean]>> = {
  refused: ['host-device', true],
  'vfio-pci': ['host-device', true],
  'unconfined-dma': ['unconfined-dma', true],
  'loses-parts': ['guest-misses', false],
};

/** What the VM's devices have against them: the host needs them, nothing confines them, parts of them stay behind. */
function deviceRules(policy: VmPolicy, { index }: HostFacts): readonly PolicyFinding[] {
  return policy.devices.flatMap((device) =>
    deviceFindings(device, index, policy).flatMap(([kind, why]): readonly PolicyFinding[] => {
      const [rule, grave] = RULES[kind] ?? [];
      if (rule === undefined) return [];
      const accepted = rule === 'unconfined-dma' && policy.accept.includes(rule);
      const severity = grave === true && !accepted ? severityFor(policy, device) : 'warning';
      return [{ rule, severity, vm: policy.vm, message: `${device.node.path}: ${why}` }];
    }),
  );
}

/** Registers that the guest reaches through QEMU alone, slowly. */
function slowRegisters({ vm, devices }: VmPolicy): readonly PolicyFinding[] {
  return devices.flatMap((device) =>
    partialPages(device).map((why): PolicyFinding => {
      const message = `${device.node.path}: ${why}`;
      return { rule: 'partial-pages', severity: 'warning', vm, message };
    }),
  );
}

/** Ids that somebody else uses too. */
function sharedIds(policy: VmPolicy): readonly PolicyFinding[] {
  return policy.ids.flatMap((id) => {
    const forced = id.devices.every((path) => policy.forced.includes(path));
    const [rule, grave] = ruleFor(id) ?? [];
    if (rule === undefined) return [];
    const severity = grave === true && !forced ? 'error' : 'warning';
    return [{ rule, severity, vm: policy.vm, message: `${formatId(id)}: ${id.reason}` } as const];
  });
}

/** The rule that an id breaks, and whether that stops a build. */
function ruleFor(id: PolicyId): readonly [rule: PolicyFinding['rule'], grave: boolean] | undefined {
  if (id.class === 'withheld') return id.kind === 'reset' ? ['reset-shared', true] : ['domain-shared', false];
  if (id.class !== 'shared' || id.otherUsers.length === 0 || isRootClock(id.name)) return undefined;
  // Two guests that both want to set it get in each other's way; the host alone is safe from one that may not.
  return ['clock-shared', id.otherUsers.some((other) => !other.startsWith('/'))];
}

/**
 * What is wrong with the policies of a board: devices or ids that two VMs would get, and devices that the host
 * needs itself.
 */
export function lintPolicies(policies: readonly VmPolicy[], facts: HostFacts): readonly PolicyFinding[] {
  return [
    ...devicesTwice(policies),
    ...policies.flatMap((policy) => [
      ...deviceRules(policy, facts),
      ...slowRegisters(policy),
      ...sharedIds(policy),
    ]),
  ];
}

/** A finding in one line. */
export function formatFinding({ severity, vm, message, rule }: PolicyFinding): string {
  return `${severity}: ${vm}: ${message} [${rule}]`;
}

/** @throws {UsageError} one of the findings is an error; all of them are listed */
export function refuseErrors(findings: readonly PolicyFinding[]): void {
  const errors = findings.filter((finding) => finding.severity === 'error');
  if (errors.length === 0) return;
  throw new UsageError(
    `the devices cannot be given away so:\n${errors.map((each) => `  ${formatFinding(each)}`).join('\n')}`,
    'Take other devices, or put a ! behind the name of a device that the VM must get in spite of it. Of unconfined-dma, a recipe can say `accept: [unconfined-dma]`.',
  );
}
