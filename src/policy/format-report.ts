// SPDX-License-Identifier: Apache-2.0
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

function row(report: DeviceReport): readonly string[] {
  const spis = report.interrupts.map((each) => each.spi ?? '?').join(' ');
  const [first] = report.registers;
  const more = report.registers.length > 1 ? ` +${report.registers.length - 1}` : '';
  return [
    report.name,
    `${first?.address ?? '-'}${more}`,
    spis || '-',
    ids(report.clocks),
    ids(report.resets),
    ids(report.powerDomains),
    report.streams.map((each) => `${each.smmu}:${each.stream}`).join(' ') || '-',
    WORDS[report.verdict.kind],
    report.verdict.reasons[0] ?? '',
  ];
}

const HEADINGS = ['DEVICE', 'REGISTERS', 'SPI', 'CLOCKS', 'RESETS', 'DOMAINS', 'STREAM', 'VERDICT', 'WHY'];
/** A cell that is longer than this is cut in a table: `--long` has it whole. */
const WIDEST = 28;

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

/**
 * Devices as a table, one line each.
 *
 * @param reports are read once, one after the other
 * @param columns width of the terminal; lines are cut there. Infinity: nothing is cut at the end
 */
export function formatTable(reports: Iterable<DeviceReport>, columns: number): string {
  // A report is let go when its row is there: of 20,000 devices they are too many to keep.
  const rows: (readonly string[])[] = [HEADINGS];
  for (const report of reports) rows.push(row(report));
  const last = HEADINGS.length - 1;
  const widths = HEADINGS.map((_, at) =>
    Math.min(
      WIDEST,
      rows.reduce((most, cells) => Math.max(most, cells[at]?.length ?? 0), 0),
    ),
  );
  const lines = rows.map((cells) =>
    cells
      .map((cell, at) => (at === last ? cell : cut(cell, widths[at] ?? 0).padEnd(widths[at] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  return [...lines.map((line) => cut(line, columns)), '', '* used by others too; --long says by whom'].join(
    '\n',
  );
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

/** A policy with the reason for every id. */
export function formatPolicy(policy: VmPolicy): string {
  const lines = policy.ids.map((id) => `  ${id.class.padEnd(8)} ${formatId(id)}: ${id.reason}`);
  return [`${policy.vm}: ${policy.devices.map((device) => device.node.path).join(', ')}`, ...lines].join(
    '\n',
  );
}
