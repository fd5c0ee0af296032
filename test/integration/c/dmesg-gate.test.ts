// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runScript } from '../../helpers/script.ts';
import { tmpDir } from '../../helpers/tmp-dir.ts';

const FIRST = '[    0.000000] Linux version 6.12.117';

async function gate(log: string): Promise<string> {
  const file = join(tmpDir(), 'console.txt');
  await writeFile(file, log);
  return runScript('lib/dmesg-gate.sh', {}, [file]).then(
    () => 'clean',
    (error: Error) => error.message,
  );
}

test('a clean log passes', async () => {
  expect(
    await gate(`${FIRST}\n[    1.0] bpmp-host-proxy proxy-a: refused MRQ 75 command 1 id 0: -13\n`),
  ).toBe('clean');
});

test.each([
  'BUG: KASAN: slab-out-of-bounds in bpmp_host_write+0x1/0x2',
  'BUG: sleeping function called from invalid context at mm/slub.c:1',
  'WARNING: CPU: 0 PID: 1 at drivers/clk/clk.c:1 clk_core_disable+0x1/0x2',
  'WARNING: possible circular locking dependency detected',
  'UBSAN: shift-out-of-bounds in policy.c:1',
  'initcall tegra_bpmp_driver_init+0x0/0x1 returned with preemption imbalance',
  'kmemleak: 3 new suspected memory leaks (see /sys/kernel/debug/kmemleak)',
])('a log with a fault is refused: %s', async (line) => {
  expect(await gate(`${FIRST}\n[    1.0] ${line}\n`)).toContain('exited 1');
});

test('a gate that has read nothing does not pass', async () => {
  expect(await gate('')).toContain('exited 2');
  expect(await gate('no kernel here\n')).toContain('exited 2');
});
