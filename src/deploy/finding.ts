// SPDX-License-Identifier: Apache-2.0
import { hanging } from '../wrap.ts';

/** What goes on in a next line is indented so far; below WIDE columns fixes begin near the left, too. */
const [INDENT, WIDE] = [4, 60];

/** One checked condition: a line of doctor.sh. */
export type Finding = {
  readonly state: 'ok' | 'warn' | 'fail';
  readonly check: string;
  readonly why: string;
  /** The command or the change that fixes it; `-` where nothing is to be done. */
  readonly fix: string;
};

/** The findings in what doctor.sh printed; lines of another form are not its own and are passed over. */
export function parseFindings(text: string): readonly Finding[] {
  return text.split('\n').flatMap((line) => {
    const [state, check, why, fix] = line.split('\t');
    const isState = state === 'ok' || state === 'warn' || state === 'fail';
    return isState && check !== undefined && why !== undefined && fix !== undefined
      ? [{ state, check, why, fix }]
      : [];
  });
}

/** Findings in columns for a person; `columns`: width of the terminal, Infinity where a line is to stay one. */
export function formatFindings(findings: readonly Finding[], columns: number): string {
  const width = Math.max(0, ...findings.map((finding) => finding.check.length));
  return findings
    .flatMap(({ state, check, why, fix }) => [
      ...hanging(`${state.padEnd(5)} ${check.padEnd(width)}  ${why}`, columns, INDENT),
      ...(state === 'ok' || fix === '-'
        ? []
        : hanging(`${' '.repeat(columns < WIDE ? INDENT : 6 + width)}  -> ${fix}`, columns, INDENT)),
    ])
    .join('\n');
}
