// SPDX-License-Identifier: Apache-2.0

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stateChanges } from '../../../src/emulate/report.ts';
import { runGuest } from '../../helpers/emulate/emulate.ts';
import { figure } from '../../helpers/figures.ts';
import { TESTED_QEMUS } from '../../helpers/lab/tested-qemus.ts';

const WRITE_123 = 'echo 123 > /dev/ttyTHS0';
/** The guest's own tree of clocks, to see what it thinks of one. */
const CLK = '/sys/kernel/debug/clk';

describe.each(TESTED_QEMUS)('an emulated guest on QEMU %s', (version) => {
  it('writes 123 to the UART, one window access per transfer, and leaves everything as it was', async () => {
    const name = `uart-${version}`;
    await runGuest({ name, version, exec: WRITE_123 }, async ({ exit, uart, uartAt, transfers, ...run }) => {
      expect(exit).toBe(0);
      expect(uart()).toBe('123\r\n');
      const switched = transfers.map(({ cmd, name }) => `${cmd} ${name}`);
      for (const wanted of ['ENABLE uarta', 'DEASSERT uarta', 'SET_RATE uarta', 'DISABLE uarta']) {
        expect(switched).toContain(wanted);
      }
      expect(
        stateChanges(run.before, run.after).filter((line) => !line.startsWith('clock uarta: off')),
      ).toEqual([]);
      const { accesses, traced } = await windowUse(run.folder);
      // The probe of ID is the one access that is not a transfer.
      figure(`QEMU ${version}: window accesses of ${traced} transfers`, accesses, 'accesses', {
        atMost: traced + 1,
        always: true,
      });
      expect(traced).toBe(transfers.length);
      figure(`QEMU ${version}: transfers of an unfiltered guest boot`, transfers.length, 'transfers');
      figure(`QEMU ${version}: QEMU's start to 123`, Math.round(uartAt() ?? 0), 'ms');
    });
  });

  it('writes 123 to the UART through version 1 of the window, copying nothing but payload', async () => {
    const wish = { name: `v1-${version}`, version, exec: WRITE_123, window: { 'x-window-version': 1 } };
    await runGuest(wish, async ({ exit, uart, transfers, dmesg, folder }) => {
      expect(exit).toBe(0);
      expect(uart()).toBe('123\r\n');
      expect(dmesg).toContain('BPMP window version 1 at 0x90c0000');
      const { accesses, wanted, traced } = await windowOneUse(folder);
      expect(traced).toBe(transfers.length);
      figure(`QEMU ${version}: window accesses of ${traced} transfers of version 1`, accesses, 'accesses');
      expect(accesses).toBe(wanted);
    });
  });

  it('is back at the state before when it is killed with kill -9', async () => {
    const wish = {
      name: `kill-${version}`,
      version,
      exec: `exec 3> /dev/ttyTHS0; echo 123 >&3; echo held; sleep 100`,
      onLine: (line: string, kill: () => void) => {
        if (line === 'held') kill();
      },
    };
    await runGuest(wish, ({ exit, before, during, after }) => {
      expect(exit).toBeUndefined();
      expect(stateChanges(before, during).join('\n')).toMatch(/clock uarta: off .* -> on/);
      expect(stateChanges(before, during).join('\n')).toMatch(/reset uarta: asserted -> released/);
      expect(stateChanges(before, after).filter((line) => !line.startsWith('clock uarta: off'))).toEqual([]);
    });
  });

  it('with four CPUs keeps every answer with its question', async () => {
    // Four loops read rates of different clocks while a fifth opens and closes the UART, which resets it.
    const clocks = [
      ['uartb', 102_000_000],
      ['osc', 38_400_000],
      ['pllp_out0', 408_000_000],
      ['clk_32k', 32_768],
    ] as const;
    const loops = clocks.map(
      ([clock, rate]) =>
        `(n=0; while [ $n -lt 150 ]; do r=$(cat ${CLK}/${clock}/clk_rate); [ "$r" = ${rate} ] || echo "${clock}: $r"; n=$((n+1)); done) &`,
    );
    const exec = `${loops.join('\n')}\n(n=0; while [ $n -lt 20 ]; do ${WRITE_123}; n=$((n+1)); done) &\nwait; nproc`;
    await runGuest(
      { name: `smp-${version}`, version, cpus: 4, exec },
      ({ exit, output, uart, transfers }) => {
        expect(exit).toBe(0);
        expect(output.trim()).toBe('4');
        expect(uart()).toBe('123\r\n'.repeat(20));
        expect(transfers.filter(({ cmd, name }) => cmd === 'DEASSERT' && name === 'uarta')).toHaveLength(20);
      },
    );
  });

  it('waits for a firmware that answers late', async () => {
    const script = { rules: [{ mrq: 'CLK', cmd: 'ENABLE', id: 'uarta', delayMs: 3_000 }] };
    await runGuest({ name: `late-${version}`, version, exec: WRITE_123, script }, ({ exit, uart }) => {
      expect(exit).toBe(0);
      expect(uart()).toBe('123\r\n');
    });
  });

  it('gives up on a firmware that never answers, and goes on', async () => {
    const script = { rules: [{ mrq: 'CLK', cmd: 'ENABLE', id: 'uarta', drop: true as const, times: 1 }] };
    const exec = `${WRITE_123}; echo "first $?"; ${WRITE_123}; echo "second $?"`;
    const allowed = [/failed to|clk|serial/i];
    const wish = {
      name: `never-${version}`,
      version,
      exec,
      script,
      allowed,
      window: { 'timeout-ms': 2_000 },
    };
    await runGuest(wish, ({ exit, output }) => {
      expect(exit).toBe(0);
      expect(output).toMatch(/first 1/);
    });
  });

  it('hands the firmware’s errors to the driver', async () => {
    const script = { rules: [{ mrq: 'CLK', cmd: 'ENABLE', id: 'uarta', ret: -13, times: 1 }] };
    const exec = `${WRITE_123}; echo "first $?"; ${WRITE_123}; echo "second $?"`;
    const allowed = [/failed to|clk|serial/i];
    await runGuest({ name: `error-${version}`, version, exec, script, allowed }, ({ output, uart }) => {
      expect(output).toMatch(/first 1[\s\S]*second 0/);
      expect(uart()).toBe('123\r\n');
    });
  });

  it('sees nothing of what an earlier answer left in the frame', async () => {
    const script = { rules: [{ poison: true as const }] };
    const exec = `${WRITE_123}; cat ${CLK}/osc/clk_rate`;
    await runGuest({ name: `poison-${version}`, version, exec, script }, ({ exit, output, uart }) => {
      expect(exit).toBe(0);
      expect(output.trim()).toBe('38400000');
      expect(uart()).toBe('123\r\n');
    });
  });
});

/** Of QEMU's trace: how often the guest touched the window, and how many transfers that were. */
async function windowUse(folder: string): Promise<{ accesses: number; traced: number }> {
  const lines = (await readFile(join(folder, 'qemu-trace.log'), 'utf8')).split('\n');
  const count = (pattern: RegExp) => lines.filter((line) => pattern.test(line)).length;
  return {
    accesses: count(/nvidia_bpmp_guest_(read|write)\b/),
    traced: count(/nvidia_bpmp_guest_transfer\b/),
  };
}

/** The probe of version 1: ID is read, RET written and read. */
const PROBE_ACCESSES = 3;

/** The same of version 1, and how many accesses it takes where only payload is copied, in words of 8 bytes. */
async function windowOneUse(folder: string) {
  const trace = await readFile(join(folder, 'qemu-trace.log'), 'utf8');
  const words = { tx: 0, room: 0 };
  const step =
    /guest_write addr 0x(?<at>40[08]) value (?<size>\S+)|guest_transfer v1 .* status (?<status>\S+) ret (?<ret>\S+)/g;
  let wanted = PROBE_ACCESSES;
  for (const { groups: { at, size, status, ret } = {} } of trace.matchAll(step)) {
    if (at !== undefined) words[at === '400' ? 'tx' : 'room'] = Math.ceil(Number(size) / 8);
    // TX_SIZE, RX_SIZE, RET, MRQ, RET; where RET is negative, RX is not read.
    else wanted += 5 + words.tx + (status === '0' && Number(ret) >= 0 ? words.room : 0);
  }
  return { ...(await windowUse(folder)), wanted };
}
