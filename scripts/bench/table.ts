// SPDX-License-Identifier: Apache-2.0
import type { BenchMachine } from './machine.ts';
import { type BenchRow, shown } from './row.ts';

const HEAD = ['what', 'ours', 'against', 'ratio', 'goal'];

/** The table in Markdown, with the machine below it. */
export function markdown(rows: readonly BenchRow[], machine: BenchMachine): string {
  const cells = rows.map((row) => shown(row).map((text) => text.replaceAll('|', '\\|')));
  const lines = [HEAD, HEAD.map((_, at) => (at === 0 || at === 2 ? '---' : '--:')), ...cells];
  const table = lines.map((line) => `| ${line.join(' | ')} |`).join('\n');
  const { cpu, cores, memoryGiB, system, node, commit, date } = machine;
  return `${table}\n\nMeasured ${date} at ${commit}: ${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}, Node ${node}.\n`;
}

/** The table for a terminal. */
export function plain(rows: readonly BenchRow[]): string {
  const cells = [HEAD, ...rows.map((row) => shown(row))];
  const widths = HEAD.map((_, at) => Math.max(...cells.map((line) => line[at]?.length ?? 0)));
  return cells
    .map((line) =>
      line
        .map((text, at) => text.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
