// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startFirmware } from '../../../src/firmware/server.ts';
import { BpmpClient } from '../../helpers/emulate/bpmp-client.ts';
import { figure } from '../../helpers/figures.ts';

const REQUESTS = 40_000;
/** Request numbers that are under way at once: QEMU sends up to 64. */
const LANES = 64;

// Both ends run in this one process, so the model alone is faster than what this says.
test('the firmware model answers more than 20,000 requests a second, transcript included', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bpmp-fw-'));
  const firmware = await startFirmware({ socket: join(folder, 's'), transcript: join(folder, 't') });
  const guest = new BpmpClient(firmware.socket);
  let failed = 0;
  const lane = async (count: number) => {
    for (let n = 0; n < count; n += 1) failed += (await guest.clk(1, 155)).ret === 0 ? 0 : 1;
  };
  await lane(2_000);
  const began = performance.now();
  await Promise.all(Array.from({ length: LANES }, () => lane(REQUESTS / LANES)));
  const perSecond = REQUESTS / ((performance.now() - began) / 1000);
  guest.socket.destroy();
  await firmware.close();
  rmSync(folder, { recursive: true });
  expect(failed).toBe(0);
  figure('firmware model', Math.round(perSecond), 'requests/s', { atLeast: 20_000 });
});
