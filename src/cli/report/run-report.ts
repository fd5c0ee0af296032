// SPDX-License-Identifier: Apache-2.0
import { parseStats } from '../../emulate/report.ts';

/** What a run of an emulated machine came to. */
export type RunReport = {
  readonly emulate: 'guest' | 'orin';
  /** What arrived at the UART: how much, the first 64 bytes, and the seconds until the first. */
  readonly uart: {
    readonly bytes: number;
    readonly hex: string;
    readonly text: string;
    readonly firstAfter?: string;
  };
  /** Requests that the host proxy refused; absent where there is none. */
  readonly refused?: number;
  /** How many transfers reached the firmware, in a virtual Orin since its host was ready. */
  readonly transfers: number;
  /** `clock on: uarta`, in order. */
  readonly switched: readonly string[];
  /** Counts of each node of the host proxy. */
  readonly hostProxy: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly window?: string;
  /** Refusals in the host's kernel log. */
  readonly refusals: readonly string[];
  /** What the host said of itself, with the seconds. */
  readonly notes: readonly string[];
  /** What of the firmware is not as before. */
  readonly changes: readonly string[];
  readonly seconds: string;
  readonly folder: string;
};

/** Of the texts between a host's marks: what it counted and logged. */
export function hostParts(sections: ReadonlyMap<string, string>) {
  const hostProxy = Object.fromEntries(parseStats(sections.get('stats') ?? ''));
  const counts = Object.values(hostProxy);
  const refused = counts.reduce((sum, node) => sum + (node['refused'] ?? 0), 0);
  const window = sections.get('window')?.trim().replaceAll('\n', ', ');
  return {
    hostProxy,
    refusals: (sections.get('host-dmesg') ?? '').split('\n').filter((line) => /bpmp.*refus/i.test(line)),
    ...(counts.length === 0 ? {} : { refused }),
    ...(window === undefined ? {} : { window }),
  };
}

/** The whole of it in one line. */
export function resultLine({ uart, refused, changes }: RunReport): string {
  const by = refused === undefined ? '' : `${refused} requests refused by the host proxy, `;
  const state =
    changes.length === 0 ? 'the firmware as before' : `${changes.length} things of the firmware differ`;
  return `Result: ${uart.bytes} bytes at the UART, ${by}${state}.`;
}

export function uartLine({ uart: { bytes, hex, text, firstAfter } }: RunReport): string {
  if (bytes === 0) return 'Bytes at the UART: none';
  return `Bytes at the UART: ${hex} (${JSON.stringify(text)}), first after ${firstAfter} s`;
}

export function undoneLine({ changes, emulate }: RunReport): string {
  if (changes.length === 0)
    return 'After the machine’s end every clock, reset and power domain of the firmware is as before.';
  return `After the machine’s end these differ${emulate === 'guest' ? ' (no host proxy is here to undo them)' : ''}:`;
}

export function hostProxyLines({
  transfers,
  hostProxy,
  window,
  refusals,
  notes,
}: RunReport): readonly string[] {
  const nodes = Object.entries(hostProxy).map(([node, counts]) => {
    const words = Object.entries(counts).map(([word, count]) => `${word} ${count}`);
    return `Host proxy ${node}: ${words.join(', ')}`;
  });
  return [
    `Transfers that reached the firmware: ${transfers}`,
    ...nodes,
    ...(window === undefined ? [] : [`Window of the guest: ${window}`]),
    ...(refusals.length === 0
      ? []
      : ['Refused, as the host’s kernel log says:', ...refusals.map((line) => `  ${line}`)]),
    ...notes,
  ];
}

/** For people: the result first; what was switched many times over is folded. */
export function formatRunReport(report: RunReport): string {
  const switched = folded(report.switched);
  return [
    '',
    resultLine(report),
    uartLine(report),
    'Switched in the firmware:',
    ...(switched.length === 0 ? ['  nothing'] : switched.map((line) => `  ${line}`)),
    ...hostProxyLines(report),
    undoneLine(report),
    ...report.changes.map((line) => `  ${line}`),
    `The whole run took ${report.seconds} s. Logs and transcript: ${report.folder}`,
  ].join('\n');
}

/** Lines of one kind (`clock off: NAME`) up to which each stays, and how many names stand for more. */
const [MOST_LINES, NAMES] = [6, 3];

/** A kernel that boots switches off some forty clocks that nobody uses: one line says so. */
function folded(lines: readonly string[]): readonly string[] {
  const kindOf = (line: string) => line.replace(/: .*/, '');
  return lines.flatMap((line, at) => {
    const kind = kindOf(line);
    const all = lines.filter((other) => kindOf(other) === kind);
    if (all.length <= MOST_LINES) return [line];
    if (lines.findIndex((other) => kindOf(other) === kind) < at) return [];
    const names = all.slice(0, NAMES).map((each) => each.slice(kind.length + 2));
    return [`${kind}: ${names.join(', ')} and ${all.length - NAMES} more (--html FILE or --json has all)`];
  });
}
