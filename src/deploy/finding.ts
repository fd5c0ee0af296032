// SPDX-License-Identifier: Apache-2.0

/** One checked condition: a line of doctor.sh. */
export type Finding = {
  readonly state: 'ok' | 'warn' | 'fail';
  readonly check: string;
  readonly why: string;
  /** The command or the change that mends it; `-` where nothing is to be done. */
  readonly mend: string;
};

/** The findings in what doctor.sh printed; lines of another form are not its own and are passed over. */
export function parseFindings(text: string): readonly Finding[] {
  return text.split('\n').flatMap((line) => {
    const [state, check, why, mend] = line.split('\t');
    const isState = state === 'ok' || state === 'warn' || state === 'fail';
    return isState && check !== undefined && why !== undefined && mend !== undefined
      ? [{ state, check, why, mend }]
      : [];
  });
}

/** Findings in columns for a person. */
export function formatFindings(findings: readonly Finding[]): string {
  const width = Math.max(0, ...findings.map((finding) => finding.check.length));
  return findings
    .flatMap(({ state, check, why, mend }) => [
      `${state.padEnd(5)} ${check.padEnd(width)}  ${why}`,
      ...(state === 'ok' || mend === '-' ? [] : [`${' '.repeat(6 + width)}  -> ${mend}`]),
    ])
    .join('\n');
}
