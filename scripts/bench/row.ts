// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

const samples = z.array(z.number()).min(1);

/** One measured thing: a count, or the ratio of two ways that were taken in turn. */
export const rowSchema = z.strictObject({
  /** File name of the row: `1-accesses-block`; rows are shown in its order. */
  id: z.string().regex(/^[\w-]+$/),
  what: z.string(),
  /** Of the samples: ns, ms, accesses … */
  unit: z.string(),
  ours: samples,
  /** The way that it is held against; without it the value is the median of `ours`, a count. */
  against: z.strictObject({ what: z.string(), samples }).optional(),
  /** The value is `better`: `ours` over `against`, or `against` over `ours` where more says that ours is better. */
  ratio: z.enum(['ours/against', 'against/ours']).default('ours/against'),
  atMost: z.number().optional(),
  atLeast: z.number().optional(),
});
export type BenchRow = z.input<typeof rowSchema>;

/** The middle one; of an even number, the mean of the two in the middle. */
function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  const [low = NaN, high = NaN] = [sorted[Math.ceil(half) - 1], sorted[Math.floor(half)]];
  return (low + high) / 2;
}

/** Half the distance between the quartiles, as a part of the median: the noise. 0 for a single sample. */
function spread(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (part: number) => sorted[Math.round(part * (sorted.length - 1))] ?? NaN;
  const middle = median(values);
  return middle === 0 ? 0 : (at(0.75) - at(0.25)) / 2 / middle;
}

/** What is held against the goal: a ratio of medians, or a count. */
export function rowValue({ ours, against, ratio }: BenchRow): number {
  if (against === undefined) return median(ours);
  const [a, b] = [median(ours), median(against.samples)];
  return ratio === 'against/ours' ? b / a : a / b;
}

/** The cells of a row: what, ours, against what, ratio, goal. Noise is shown where there was more than one sample. */
export function shown(row: BenchRow): readonly string[] {
  const cell = (values: readonly number[]) =>
    `${short(median(values))} ${row.unit}${values.length > 1 ? ` ±${Math.round(spread(values) * 100)} %` : ''}`;
  const { against, atMost, atLeast } = row;
  const goal = [
    ...(atMost === undefined ? [] : [`≤ ${short(atMost)}`]),
    ...(atLeast === undefined ? [] : [`≥ ${short(atLeast)}`]),
  ];
  return [
    row.what,
    cell(row.ours),
    against === undefined ? '' : `${against.what}: ${cell(against.samples)}`,
    against === undefined ? '' : `${short(rowValue(row))} ×`,
    goal.join(', '),
  ];
}

/** Three digits that matter. */
function short(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString('en-US');
  return value >= 100
    ? Math.round(value).toLocaleString('en-US')
    : value.toPrecision(3).replace(/\.?0+$/, '');
}
