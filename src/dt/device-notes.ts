// SPDX-License-Identifier: Apache-2.0
import { parse } from 'yaml';
import { z } from 'zod';
import { UsageError } from '../errors.ts';

const bpmpName = z.string().regex(/^TEGRA234_(CLK|RESET|POWER_DOMAIN)_[A-Z0-9_]+$/);
const propertyValue = z.union([
  z.literal(true),
  z.string(),
  z.array(z.int().min(0).max(0xffff_ffff)).nonempty(),
  z.array(z.string()).nonempty(),
]);

const guest = z.strictObject({
  clocks: z
    .record(z.string(), bpmpName)
    .optional()
    .meta({ description: 'clock-names and clocks, in order, in place of the host’s.' }),
  resets: z
    .record(z.string(), bpmpName)
    .optional()
    .meta({ description: 'reset-names and resets, in place of the host’s.' }),
  properties: z.record(z.string(), propertyValue).default({}).meta({
    description: 'Properties that are set whatever the host has: `true`, a string, strings or cells.',
  }),
  drop: z
    .array(z.string())
    .default([])
    .meta({ description: 'Properties and children that the guest must not have.' }),
});

const notesSchema = z.strictObject({
  version: z.literal(1),
  name: z.string().meta({ description: 'What people call it: `uarta`.' }),
  description: z.string(),
  node: z
    .string()
    .regex(/^[\w,.+-]+@[0-9a-f]+$/)
    .meta({ description: 'Node name with its address; the same in mainline’s and in NVIDIA’s trees.' }),
  masters: z
    .enum(['none', 'through-smmu', 'beside-smmu'])
    .meta({ description: 'Whether it reads memory itself, and whether the SMMU stands between.' }),
  alias: z
    .string()
    .regex(/^[a-z]\w*[a-z]$|^i2c$/)
    .optional()
    .meta({ description: 'Alias that the guest’s driver numbers itself by: `serial` → serial0.' }),
  registers: z
    .array(
      z
        .strictObject({
          region: z.int().min(0).max(31),
          from: z.int().min(1).max(0xffff_ffff),
          to: z.int().min(1).max(0xffff_ffff),
        })
        .refine(({ from, to }) => to > from, '`to` must be more than `from`'),
    )
    .default([])
    .meta({
      description: 'Regions of `reg`, by number from 0, that trees have too small: `from` bytes become `to`.',
    }),
  guest: guest.default({ properties: {}, drop: [] }),
  pins: z
    .string()
    .optional()
    .meta({ description: 'Where its signals are on the boards that have them; shown with the verdict.' }),
  limits: z
    .array(z.string())
    .default([])
    .meta({ description: 'What is known not to work; shown with the verdict.' }),
});

/** What a device tree does not say of a device, and a person found out: recipes/devices/NAME.yaml. */
export type DeviceNotes = z.infer<typeof notesSchema>;

/**
 * Read one file of device notes.
 *
 * @param file for errors
 * @throws {UsageError} it is not YAML or has keys that no notes have
 */
export function parseDeviceNotes(text: string, file: string): DeviceNotes {
  let data: unknown;
  try {
    data = parse(text);
  } catch (cause) {
    throw new UsageError(`${file} is not YAML: ${String(cause)}`, 'Correct the file.', { cause });
  }
  const notes = notesSchema.safeParse(data);
  if (notes.success) return notes.data;
  throw new UsageError(
    `${file}: ${z.prettifyError(notes.error)}`,
    'docs/device-trees.md has the keys of device notes.',
  );
}
