// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { stateChanges } from '../../../src/emulate/report.ts';
import { runStockGuest } from '../../helpers/emulate/stock-guest.ts';
import { figure } from '../../helpers/figures.ts';

/** What is left of a state: rates stay, as nothing but the model is there to undo. */
const left = (before: Parameters<typeof stateChanges>[0], after: Parameters<typeof stateChanges>[1]) =>
  stateChanges(before, after).filter((line) => !line.startsWith('clock uarta: off'));

const WAIT = 'i=0; while [ ! -c /dev/ttyTHS0 ] && [ $i -lt 100 ]; do usleep 100000; i=$((i+1)); done';
const CLK = '/sys/kernel/debug/clk';

describe('Debian’s kernel on Debian’s QEMU, both unpatched, over SCMI', () => {
  it('probes UARTA, switches its clock and reset for a device, and leaves all as it was', async () => {
    const exec = [
      WAIT,
      'ls -1 /dev/ttyTHS0 /dev/rtc0',
      `echo "rate $(cat ${CLK}/uarta/clk_rate) parent $(cat ${CLK}/uarta/clk_parent)"`,
      'echo @@bpmp-virt look',
    ].join('\n');
    await runStockGuest({ name: 'scmi-stock', exec }, ({ lines, before, during, after, transfers, said }) => {
      expect(lines).toEqual(expect.arrayContaining(['/dev/rtc0', '/dev/ttyTHS0']));
      expect(lines.join('\n')).toMatch(/rate \d+ parent pllp_out0/);
      const switched = transfers.map(({ cmd, name }) => `${cmd} ${name}`);
      expect(switched).toEqual(expect.arrayContaining(['ENABLE uarta', 'DEASSERT uarta']));
      // Neither the policy's ids nor any other are named by the guest that are not in its map.
      expect(new Set(transfers.map(({ name }) => name))).toEqual(new Set(['uarta', 'pllp_out0']));
      expect(during === undefined ? [] : stateChanges(before, during).join('\n')).toContain('uarta');
      expect(left(before, after)).toEqual([]);
      const [, messages = NaN] = /(\d+) messages/.exec(said) ?? [];
      figure('SCMI messages of a stock guest boot', Number(messages), 'messages', {
        atMost: 60,
        always: true,
      });
    });
  });

  it('is back at the state before after kill -9 of QEMU', async () => {
    const exec = `${WAIT}\necho @@bpmp-virt look\necho @@bpmp-virt kill\nsleep 100`;
    await runStockGuest({ name: 'scmi-kill', exec, cpus: 4 }, ({ before, during, after, transfers }) => {
      expect(transfers.map(({ cmd, name }) => `${cmd} ${name}`)).toContain('ENABLE uarta');
      expect(during === undefined ? [] : stateChanges(before, during).join('\n')).toContain('uarta');
      expect(left(before, after)).toEqual([]);
    });
  });
});
