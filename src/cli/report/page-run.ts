// SPDX-License-Identifier: Apache-2.0
import type { TransferEntry } from '../../firmware/transcript.ts';
import { htmlList, htmlTable } from './html.ts';
import { hostProxyLines, type RunReport, resultLine, uartLine, undoneLine } from './run-report.ts';

/** Rows of transfers in a page; the transcript has all. */
const MOST_TRANSFERS = 2000;

/** Ids of the clocks that were switched on or off, or changed. */
export function switchedClocks(transfers: readonly TransferEntry[]): ReadonlySet<number> {
  const changes = /^(ENABLE|DISABLE|SET_RATE|SET_PARENT)$/;
  return new Set(
    transfers.flatMap(({ mrq, cmd, id, status, ret }) =>
      mrq === 'CLK' && changes.test(cmd ?? '') && status === 0 && ret === 0 && id !== undefined ? [id] : [],
    ),
  );
}

/** What a run came to: the result first, then what was switched, and what of it was undone. */
export function runSections(report: RunReport | undefined): string {
  if (report === undefined) return '<p>This run has not come to its end.</p>';
  return `<h2>Result</h2>
${htmlList([resultLine(report), uartLine(report), ...hostProxyLines(report), `The whole run took ${report.seconds} s. Logs and transcript: ${report.folder}`], '')}
<h2>Switched in the firmware</h2>
${htmlList(report.switched, 'Nothing.')}
<h2>Undone</h2>
${htmlList([undoneLine(report), ...report.changes], '')}`;
}

/** Every transfer, with a bar where in the run it was. */
export function transferSection(transfers: readonly TransferEntry[]): string {
  const shown = transfers.slice(0, MOST_TRANSFERS);
  const first = shown[0]?.t ?? 0;
  const length = Math.max(1, (shown.at(-1)?.t ?? 0) - first);
  const rows = shown.map((entry) => {
    const { t, mrq, cmd, name, id } = entry;
    const ended = outcome(entry);
    const left = ((100 * (t - first)) / length).toFixed(2);
    const bar = `<i${ended === 'ok' ? '' : ' class="bad"'} style="margin-left:calc(${left}% - ${left === '100.00' ? 3 : 0}px)"></i>`;
    const words = [((t - first) / 1000).toFixed(3), cmd === undefined ? mrq : `${mrq} ${cmd}`];
    const cells = [...words, name ?? (id === undefined ? '' : `#${id}`), ended];
    return [...cells, { markup: `<div class="when">${bar}</div>` }];
  });
  const left = transfers.length - shown.length;
  return `<h2>Transfers over time</h2>
<p>${transfers.length} transfers reached the firmware${left > 0 ? `; the first ${shown.length} are here, transcript.ndjson has all` : ''}.</p>
${htmlTable(['s', 'Request', 'Id', 'Answer', 'When'], rows)}`;
}

function outcome({ status, ret }: TransferEntry): string {
  if (status === undefined || ret === undefined) return 'none';
  if (status !== 0) return `refused ${status}`;
  return ret === 0 ? 'ok' : `firmware ${ret}`;
}
