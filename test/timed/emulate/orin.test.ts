// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { parseStats, stateChanges } from '../../../src/emulate/report.ts';
import { runOrin } from '../../helpers/emulate/emulate-orin.ts';
import { figure } from '../../helpers/figures.ts';

it('the virtual Orin runs the bundle’s machine: 123 arrives, and afterwards all is as before', async () => {
  await runOrin(
    { name: 'orin-uart', exec: 'echo 123 > /dev/ttyTHS0' },
    ({ marks, uart, uartAt, before, after, sections }) => {
      expect(uart()).toBe('123\r\n');
      expect(marks).toContain('guest exit 0');
      expect(marks).toContain('host ready serial-tegra');
      expect(marks).toContain('vm exit 0');
      expect(marks).toContain('host after serial-tegra');
      expect(stateChanges(before, after)).toEqual([]);
      const requests = parseStats(sections.get('stats') ?? '').get('bpmp-host')?.['requests'] ?? NaN;
      figure('transfers of a guest boot behind the host proxy', requests, 'transfers', {
        atMost: 250,
        always: true,
      });
      const [, accesses = '', transfers = ''] =
        /accesses (\d+)\s+transfers (\d+)/.exec(sections.get('window') ?? '') ?? [];
      // The probe of ID is the one access that is not a transfer.
      expect(Number(accesses)).toBe(Number(transfers) + 1);
      figure(
        'window accesses per transfer, but for that',
        (Number(accesses) - 1) / Number(transfers),
        'accesses',
      );
      figure("nested demo, from QEMU's start to 123", Math.round(uartAt() ?? 0), 'ms', { atMost: 8_000 });
    },
  );
});
