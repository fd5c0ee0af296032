// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { plainProgram, type WindowUse } from '../../helpers/bench/plain-program.ts';
import { row } from '../../helpers/bench/row.ts';
import { runGuest } from '../../helpers/emulate/emulate.ts';
import { tmpDir } from '../../helpers/tmp-dir.ts';

const REQUESTS = 100;
/** Of the guest's driver: it reads ID once. The program asks once more than it counts. */
const PROBE = 1;

describe('window accesses of a request', () => {
  it.each([
    ['block', 'version 2', { atMost: 1 }],
    ['payload', 'version 1, payload only', { atMost: 8 }],
    ['whole', 'version 1, the whole window both ways', { atLeast: 384 }],
  ] as const)('%s: %s', async (use: WindowUse, what, goal) => {
    const exec = `${await plainProgram('window-client', tmpDir('bench'))}\n/tmp/window-client ${use} ${REQUESTS - 1}`;
    await runGuest({ name: `bench-${use}`, version: '7.2', exec }, async ({ exit, output, folder }) => {
      expect(exit, output).toBe(0);
      const trace = (await readFile(join(folder, 'qemu-trace.log'), 'utf8')).split('\n');
      const count = (pattern: RegExp) => trace.filter((line) => pattern.test(line)).length;
      const accesses = count(/nvidia_bpmp_guest_(read|write)\b/);
      const transfers = count(/nvidia_bpmp_guest_transfer\b/);
      // The driver's own transfers are one access each.
      const ours = (accesses - PROBE - (transfers - REQUESTS)) / REQUESTS;
      await row({
        id: `1-accesses-${use}`,
        what: `window accesses a request, ${what}`,
        unit: '',
        ours: [ours],
        ...goal,
      });
    });
  });
});
