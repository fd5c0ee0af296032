// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { formatTraceLine, formatTranscriptLine } from '../../../src/firmware/monitor.ts';

const squeeze = (text: string | undefined) => text?.replace(/\s+/g, ' ').trim();

it('shows a transfer of the transcript', () => {
  const entry = {
    ...{ t: 1234.5, event: 'transfer', master: 2, mrq: 'CLK', cmd: 'ENABLE', id: 155, name: 'uarta' },
    ...{ tx: 4, rx: 0, status: 0, ret: -13, us: 12 },
  };
  expect(squeeze(formatTranscriptLine(JSON.stringify(entry)))).toBe(
    '1.234 s master 2 CLK ENABLE uarta firmware -13 12000',
  );
});

it('shows one that was never answered, and connections', () => {
  const entry = { t: 0, event: 'transfer', master: 1, mrq: 'PING', tx: 4, rx: 0, us: 5 };
  expect(squeeze(formatTranscriptLine(JSON.stringify(entry)))).toBe('0.000 s master 1 PING no answer 5000');
  expect(squeeze(formatTranscriptLine('{"t":7,"event":"connect","master":3}'))).toBe(
    '0.007 s master 3 connect',
  );
});

it('shows what the host’s tracepoint says', () => {
  const line =
    ' qemu-system-aar-812 [001] ..... 93.120456: bpmp_answer: uart-vm mrq=22 cmd=7 id=155 status=-13 ret=0 rx_size=0 ns=4100';
  expect(squeeze(formatTraceLine(line))).toBe('93.120456 s uart-vm CLK ENABLE uarta refused -13 4100');
  const reset =
    ' q-8 [000] ..... 1.5: bpmp_answer: uart-vm mrq=20 cmd=2 id=100 status=0 ret=0 rx_size=0 ns=9';
  expect(squeeze(formatTraceLine(reset))).toBe('1.5 s uart-vm RESET DEASSERT uarta ok 9');
  expect(formatTraceLine('# tracer: nop')).toBeUndefined();
});
