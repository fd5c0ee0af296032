// SPDX-License-Identifier: Apache-2.0
import type { RunEvent } from '../../events.ts';

type Of<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>;

/** `0.4 s`, `12.3 s`, `3 min 05 s`. */
export function duration(ms: number): string {
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
}

/** `linux.tar.xz 45%`, or the plain count where the whole is not known. */
export function progress({ what, done, total }: Of<'progress'>): string {
  const share = total === undefined || total === 0 ? `${done}` : `${Math.floor((100 * done) / total)}%`;
  return `${what} ${share}`;
}

/** What the end of a run says: that nothing had to be done, or how long each step took. */
export function summary({ ran, skipped, ms }: Of<'run-done'>): string {
  if (ran.length === 0) return `Nothing to do: all ${skipped} steps are done and unchanged.`;
  const width = Math.max(...ran.map(({ step }) => step.length));
  const slowest = ran.toSorted((a, b) => b.ms - a.ms);
  const lines = slowest.map(({ step, ms }) => `  ${step.padEnd(width)}  ${duration(ms).padStart(12)}`);
  const also = skipped === 0 ? '' : `, ${skipped} were done before`;
  return [`${ran.length} steps in ${duration(ms)}${also}:`, ...lines].join('\n');
}
