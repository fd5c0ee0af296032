// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { parseStats, stateChanges } from '../../../src/emulate/report.ts';
import { runOrin } from '../../helpers/emulate/emulate-orin.ts';
import { figure } from '../../helpers/figures.ts';

const WAIT = 'i=0; while [ ! -c /dev/ttyTHS0 ] && [ $i -lt 100 ]; do usleep 100000; i=$((i+1)); done';
const WRITE_123 = `${WAIT}\necho 123 > /dev/ttyTHS0`;

describe('the virtual Orin, with Debian’s QEMU and guest kernel over SCMI', () => {
  it('runs the machine by the bundle’s launcher: 123 arrives, and all is as before', async () => {
    const run = { name: 'orin-scmi', exec: WRITE_123, scmi: true };
    await runOrin(run, ({ lines, marks, uart, uartAt, before, after, sections }) => {
      expect(uart()).toBe('123\r\n');
      expect(marks).toContain('vm exit 0');
      expect(marks).toContain('host after serial-tegra');
      expect(stateChanges(before, after)).toEqual([]);
      const stats = parseStats(sections.get('stats') ?? '').get('bpmp-host');
      expect(stats).toMatchObject({ refused: 0, failed: 0, undo_failed: 0 });
      const [, messages = NaN] = /(\d+) messages/.exec(lines.join('\n')) ?? [];
      const bound = { atMost: 60, always: true } as const;
      figure('SCMI messages of a machine in the virtual Orin', Number(messages), 'messages', bound);
      figure('requests of it to the host proxy', stats?.['requests'] ?? NaN, 'requests');
      figure('to 123 over SCMI', (uartAt() ?? NaN) / 1000, 's');
    });
  });
});
