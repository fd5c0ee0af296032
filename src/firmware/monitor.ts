// SPDX-License-Identifier: Apache-2.0
import { parseJson } from '../tools/files/read-json.ts';
import { describe } from './describe.ts';
import { entrySchema, type TransferEntry } from './transcript.ts';

const COLUMNS = { time: 12, who: 12, what: 20, thing: 24, verdict: 14 } as const;

/** The line above the transfers. */
export const TRANSFER_HEAD = row('time', 'who', 'request', 'id', 'verdict', 'ns');

/** One transfer of the transcript. */
export function transferLine(entry: TransferEntry): string {
  const { t, master, mrq, cmd, name, id, us } = entry;
  const what = cmd === undefined ? mrq : `${mrq} ${cmd}`;
  return row(
    `${(t / 1000).toFixed(3)} s`,
    `master ${master}`,
    what,
    thing(name, id),
    verdict(entry),
    us * 1000,
  );
}

/** A line of a transcript for people. One that is of another kind of file is shown with that said. */
export function formatTranscriptLine(line: string): string {
  const entry = parseJson(line, entrySchema);
  if (entry === undefined) return `not a line of a transcript: ${line}`;
  if (entry.event === 'transfer') return transferLine(entry);
  return row(`${(entry.t / 1000).toFixed(3)} s`, `master ${entry.master}`, entry.event, '', '', '');
}

/** `bpmp_answer: uart-vm mrq=22 cmd=7 id=155 status=0 ret=0 rx_size=0 ns=1234`, with a time somewhere before it. */
const TRACE =
  /(\d+\.\d+): bpmp_answer: (\S+) mrq=(\d+) cmd=(\d+) id=(\d+) status=(-?\d+) ret=(-?\d+) rx_size=\d+ ns=(\d+)/;

/** A line of the host's trace_pipe for people; undefined where it is not an answer to a transfer. */
export function formatTraceLine(line: string): string | undefined {
  const match = TRACE.exec(line);
  if (match === null) return undefined;
  const [, time = '', who = '', ...words] = match;
  const [mrq = 0, cmd = 0, id = 0, status = 0, ret = 0, ns = 0] = words.map(Number);
  const what = describe(mrq, requestLike(mrq, cmd, id));
  const name = what.cmd === undefined ? what.mrq : `${what.mrq} ${what.cmd}`;
  return row(`${time} s`, who, name, thing(what.name, what.id), verdict({ status, ret }), ns);
}

/** The head of a request with these numbers, to be described. */
function requestLike(mrq: number, cmd: number, id: number): Buffer {
  const bytes = Buffer.alloc(8);
  if (mrq === 22) {
    bytes.writeUInt32LE(((cmd << 24) | id) >>> 0, 0);
    return bytes.subarray(0, 4);
  }
  bytes.writeUInt32LE(cmd, 0);
  bytes.writeUInt32LE(id, 4);
  return bytes;
}

function thing(name: string | undefined, id: number | undefined): string {
  return name ?? (id === undefined ? '' : `#${id}`);
}

function verdict({ status, ret }: Pick<TransferEntry, 'status' | 'ret'>): string {
  if (status === undefined || ret === undefined) return 'no answer';
  if (status !== 0) return `refused ${status}`;
  return ret === 0 ? 'ok' : `firmware ${ret}`;
}

function row(time: string, who: string, what: string, id: string, end: string, ns: number | string): string {
  const cells = [
    time.padStart(COLUMNS.time),
    who.padEnd(COLUMNS.who),
    what.padEnd(COLUMNS.what),
    id.padEnd(COLUMNS.thing),
    end.padEnd(COLUMNS.verdict),
    String(ns),
  ];
  return cells.join('  ').trimEnd();
}
