// SPDX-License-Identifier: Apache-2.0
import { hanging, wrapped } from '../wrap.ts';
import type { DeviceReport, ReportedId } from './device-report.ts';
import type { Loss } from './losses.ts';
import { formatId, type PolicyId, type VmPolicy } from './policy.ts';
import type { VerdictKind } from './verdict.ts';

const WORDS: Readonly<Record<VerdictKind, string>> = {
  ready: 'ready',
  'needs-iommus': 'needs iommus',
  'loses-parts': 'loses parts',
  'shares-clock': 'shares a clock',
  'unconfined-dma': 'unconfined DMA',
  'vfio-pci': 'by vfio-pci',
  refused: 'refused',
};

const MISSES: Readonly<Record<Loss['weight'], string>> = {
  light: 'the guest can do without',
  felt: 'the guest will miss it',
  essential: 'it does not work without',
};

function ids(of: readonly ReportedId[]): string {
  return of.map((id) => `${id.id}${id.otherUsers.length > 0 ? '*' : ''}`).join(' ') || '-';
}

/** What is asked first: may a VM have it, and why not. */
function briefRow(report: DeviceReport): readonly string[] {
  return [report.name, WORDS[report.verdict.kind], report.verdict.reasons[0] ?? ''];
}

function wideRow(report: DeviceReport): readonly string[] {
  const spis = report.interrupts.map((each) => each.spi ?? '?').join(' ');
  const [first] = report.registers;
  const more = report.registers.length > 1 ? ` +${report.registers.length - 1}` : '';
  const [name = '', verdict = '', why = ''] = briefRow(report);
  return [
    name,
    verdict,
    `${first?.address ?? '-'}${more}`,
    spis || '-',
    ids(report.clocks),
    ids(report.resets),
    ids(report.powerDomains),
    report.streams.map((each) => `${each.smmu}:${each.stream}`).join(' ') || '-',
    why,
  ];
}

const BRIEF = ['DEVICE', 'VERDICT', 'WHY'];
const WIDE = ['DEVICE', 'VERDICT', 'REGISTERS', 'SPI', 'CLOCKS', 'RESETS', 'DOMAINS', 'STREAM', 'WHY'];
/** A cell that is longer than this is cut in a wide table: `--long` has it whole. */
const WIDEST = 28;
/** A last column that would be narrower than this begins on a line of its own, indented so far. */
const NARROWEST = 24;
const INDENT = 4;

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

/** The columns before the last, padded, and the last one wrapped beside them, or below them where there is no room. */
function tableRow(cells: readonly string[], widths: readonly number[], columns: number): readonly string[] {
  const last = cells.at(-1) ?? '';
  const before = widths.map((width, at) => cut(cells[at] ?? '', width).padEnd(width)).join('  ');
  const room = columns - before.length - 2;
  if (room >= last.length) return [`${before}  ${last}`.trimEnd()];
  if (room < NARROWEST)
    return [
      before.trimEnd(),
      ...wrapped(last, columns - INDENT).map((line) => `${' '.repeat(INDENT)}${line}`),
    ];
  const [first = '', ...rest] = wrapped(last, room);
  return [`${before}  ${first}`, ...rest.map((line) => `${' '.repeat(before.length + 2)}${line}`)];
}

/**
 * Devices as a table: name, verdict and the first reason, which is never cut but goes on in a next line.
 *
 * @param reports are read once, one after the other
 * @param columns width of the terminal; Infinity: one line each
 * @param wide also registers, interrupts, ids and streams, cut at WIDEST characters a cell
 */
export function formatTable(reports: Iterable<DeviceReport>, columns: number, wide = false): string {
  // A report is let go when its row is there: of 20,000 devices they are too many to keep.
  const rows: (readonly string[])[] = [wide ? WIDE : BRIEF];
  for (const report of reports) rows.push(wide ? wideRow(report) : briefRow(report));
  const widths = (wide ? WIDE : BRIEF).slice(0, -1).map((_, at) => {
    const widest = rows.reduce((most, cells) => Math.max(most, cells[at]?.length ?? 0), 0);
    return wide ? Math.min(WIDEST, widest) : widest;
  });
  const lines = rows.flatMap((cells) => tableRow(cells, widths, columns));
  const legend = wide
    ? '* used by others too; --long says by whom'
    : '--wide adds registers and ids, --long all';
  return [...lines, '', ...wrapped(legend, columns)].join('\n');
}

function idLines(kind: PolicyId['kind'], list: readonly ReportedId[]): readonly string[] {
  return list.map((id) => `  ${formatId({ ...id, kind })}: ${id.class}: ${id.reason}`);
}

/** One device with all that is known of it. */
export function formatDevice(report: DeviceReport): string {
  const registers = report.registers.map((each) => `${each.address}+${each.size}`).join(', ');
  const interrupts = report.interrupts
    .map((each) => (each.spi === undefined ? `at ${each.controller}` : `SPI ${each.spi}`))
    .join(', ');
  const streams = report.streams.map(
    ({ smmu, stream, name }) => `${smmu}:${stream}${name ? ` (${name})` : ''}`,
  );
  return [
    `${report.name}: ${WORDS[report.verdict.kind]}`,
    ...(report.description === undefined ? [] : [`  ${report.description}`]),
    `  path: ${report.path}`,
    ...(report.label === undefined ? [] : [`  label: ${report.label}`]),
    `  sysfs: ${report.sysfs}`,
    `  compatible: ${report.compatible.join(', ')}`,
    `  the host ${report.enabled ? 'uses it' : 'has it switched off'}`,
    `  registers: ${registers}`,
    ...(interrupts === '' ? [] : [`  interrupts: ${interrupts}`]),
    ...(streams.length === 0 ? [] : [`  stream: ${streams.join(', ')}`]),
    ...idLines('clock', report.clocks),
    ...idLines('reset', report.resets),
    ...idLines('power-domain', report.powerDomains),
    ...report.verdict.reasons.map((reason) => `  verdict: ${reason}`),
    ...report.misses.map(
      ({ what, of, weight }) =>
        `  stays with the host (${MISSES[weight]}): ${what}: ${of.slice(0, 4).join(', ')}`,
    ),
    ...report.pins.map((pin) => `  pins: ${pin}`),
    ...report.limits.map((limit) => `  known limit: ${limit}`),
  ].join('\n');
}

/** A policy with the reason for every id; `columns`: width of the terminal, Infinity where a line is to stay one. */
export function formatPolicy(policy: VmPolicy, columns: number): string {
  const devices = policy.devices.map((device) => device.node.path).join(', ');
  const lines = policy.ids.map((id) => `  ${id.class.padEnd(8)} ${formatId(id)}: ${id.reason}`);
  return [`${policy.vm}: ${devices}`, ...lines].flatMap((line) => hanging(line, columns, INDENT)).join('\n');
}
