// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { deviceName, sysfsName } from '../dt/devices.ts';
import { UsageError } from '../errors.ts';
import type { PolicyFinding } from './lint.ts';
import { formatId, type VmPolicy } from './policy.ts';

const idSchema = z.object({
  kind: z.enum(['clock', 'reset', 'power-domain']),
  id: z.int().nonnegative(),
  name: z.string().optional(),
  class: z.enum(['own', 'shared', 'withheld']),
  reason: z.string(),
  devices: z.array(z.string()),
  otherUsers: z.array(z.string()),
  moreOthers: z.int().positive().optional(),
});
const documentSchema = z.object({
  version: z.literal(1),
  vms: z.array(
    z.object({
      vm: z.string(),
      devices: z.array(z.object({ name: z.string(), path: z.string(), sysfs: z.string() })),
      ids: z.array(idSchema),
    }),
  ),
});

/** Policies as `policy --json` prints them. Kept in a file, they are the lock that `policy lint` compares with. */
export type PolicyDocument = z.infer<typeof documentSchema>;

/** The document of policies. */
export function policyDocument(policies: readonly VmPolicy[]): PolicyDocument {
  return {
    version: 1,
    vms: policies.map(({ vm, devices, ids }) => ({
      vm,
      devices: devices.map((device) => ({
        name: deviceName(device),
        path: device.node.path,
        sysfs: sysfsName(device),
      })),
      ids: ids.map((id) => ({ ...id, devices: [...id.devices], otherUsers: [...id.otherUsers] })),
    })),
  };
}

/**
 * Read a document back.
 *
 * @throws {UsageError} it is none
 */
export function parsePolicyDocument(text: string, file: string): PolicyDocument {
  let problem: string;
  try {
    const found = documentSchema.safeParse(JSON.parse(text));
    if (found.success) return found.data;
    problem = z.prettifyError(found.error);
  } catch (cause) {
    problem = String(cause);
  }
  throw new UsageError(
    `${file} is not a policy: ${problem}`,
    'Write it anew with `bpmp-virt policy --json >FILE`, after you looked at what changed.',
  );
}

type Entry = PolicyDocument['vms'][number]['ids'][number];

function entries(document: PolicyDocument, vm: string): ReadonlyMap<string, Entry> {
  const found = document.vms.find((each) => each.vm === vm)?.ids ?? [];
  return new Map(found.map((id) => [formatId({ kind: id.kind, id: id.id }), id]));
}

function changesOf(vm: string, locked: PolicyDocument, now: PolicyDocument): readonly string[] {
  const [before, after] = [entries(locked, vm), entries(now, vm)];
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((key) => {
    const [was, is] = [before.get(key), after.get(key)];
    const words = `${is?.name ?? was?.name ?? ''} ${key}`.trim();
    if (was === undefined) return [`${words} is new (${is?.class})`];
    if (is === undefined) return [`${words} is gone (was ${was.class})`];
    return was.class === is.class ? [] : [`${words} was ${was.class} and is ${is.class}: ${is.reason}`];
  });
}

/** What changed between a locked policy and the one that is derived now: an error each. */
export function compareWithLock(locked: PolicyDocument, now: PolicyDocument): readonly PolicyFinding[] {
  const vms = new Set([...locked.vms, ...now.vms].map((each) => each.vm));
  return [...vms].flatMap((vm) =>
    changesOf(vm, locked, now).map((message): PolicyFinding => {
      return { rule: 'lock', severity: 'error', vm, message };
    }),
  );
}
