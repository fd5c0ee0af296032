// SPDX-License-Identifier: Apache-2.0
// inputs: kernel-overlay patches/linux-6.12 recipes/kconfig test/c/kconfig test/fixtures/kconfig qemu-overlay patches/qemu-7.2 test/c/guest test/c/lib
// tools: aarch64-linux-gnu-gcc make gcc meson ninja
// labs: linux-6.12 qemu-7.2
// minutes: 10
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningFirmware, startFirmware } from '../../../src/firmware/server.ts';
import { labDebugKernel } from '../../helpers/lab/lab.ts';
import { labQemu } from '../../helpers/lab/lab-qemu.ts';
import { runScript } from '../../helpers/script.ts';

let folder: string;
let firmware: RunningFirmware;
let deaf: RunningFirmware;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bpmp-guest-'));
  firmware = await startFirmware({ socket: join(folder, 'bpmp') });
  const script = { rules: [{ mrq: 'PING', status: -110 }] };
  deaf = await startFirmware({ socket: join(folder, 'deaf'), script });
});

afterAll(async () => {
  await firmware.close();
  await deaf.close();
  await rm(folder, { recursive: true });
});

/** Boot it as test/c/guest/run.sh does; gives the TAP lines, and the kernel's log of the boot called guest. */
async function boot(preemption: 'preempt' | 'rt', boots: string): Promise<{ tap: string; log: string }> {
  const { out } = await labDebugKernel(preemption);
  const { binary } = await labQemu({ version: '7.2' });
  const OUT = join(out, `../guest-${preemption}`);
  const sockets = { SOCKET: firmware.socket, DEAF: deaf.socket };
  const env = { KBUILD: out, QEMU: binary, ...sockets, OUT, BOOTS: boots };
  const tap = await runScript('guest/run.sh', env);
  return { tap, log: await readFile(join(OUT, 'guest.log'), 'utf8') };
}

test('a guest that looks for its own faults makes transfers in every context, sleeps, and fails cleanly', async () => {
  const { tap, log } = await boot('preempt', 'guest deaf nowhere silent');
  expect(log).toMatch(/Linux version 6\.12.* PREEMPT /);
  expect(tap).toContain('ok guest: G2 transfers of all CPUs at once');
  expect(tap).toContain('ok guest: G4 transfers after resume');
  expect(tap).toContain('ok deaf: G11 no BPMP after a failed probe');
  expect(tap).not.toMatch(/^not ok/m);
});

test('so does a real-time one', async () => {
  const { tap, log } = await boot('rt', 'guest');
  expect(log).toMatch(/Linux version 6\.12.* PREEMPT_RT /);
  expect(tap).toContain('ok guest: G1 two atomic transfers');
  expect(tap).toContain('ok guest: G4 transfers after resume');
  expect(tap).not.toMatch(/^not ok/m);
});
