// SPDX-License-Identifier: Apache-2.0

/** A test file, what its inputs are now, and what is remembered of it. */
export type Candidate = {
  readonly file: string;
  readonly digest: string;
  /** What it will take, in s. */
  readonly seconds: number;
  readonly passed?: { readonly digest: string; readonly at: number };
};

const isKnown = ({ digest, passed }: Candidate): boolean => passed?.digest === digest;

/** What changed comes first, the dearest of it at the front; then what was passed longest ago. */
export function inOrder(candidates: readonly Candidate[]): readonly Candidate[] {
  return candidates.toSorted((one, other) => {
    if (isKnown(one) !== isKnown(other)) return isKnown(one) ? 1 : -1;
    return isKnown(one)
      ? (one.passed?.at ?? 0) - (other.passed?.at ?? 0)
      : other.seconds - one.seconds || one.file.localeCompare(other.file);
  });
}

/** Why a test is not run in what is left, in s; undefined: it fits. Without a budget everything does. */
export function whyNot(candidate: Candidate, left: number | undefined): string | undefined {
  if (left === undefined || candidate.seconds <= left) return undefined;
  const room = `takes ${minutes(candidate.seconds)} min, ${minutes(Math.max(0, left))} are left`;
  const { passed } = candidate;
  if (!isKnown(candidate) || passed === undefined)
    return `${room}; its inputs CHANGED since it last passed here`;
  return `${room}; it passed on ${new Date(passed.at).toISOString()} with these very inputs`;
}

/** `1.5` */
export const minutes = (seconds: number): string => (seconds / 60).toFixed(1);
