// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startFirmware } from '../../../src/firmware/server.ts';
import { serveEcho } from '../../helpers/bench/echo.ts';
import { inTurn, row } from '../../helpers/bench/row.ts';
import { BpmpClient } from '../../helpers/emulate/bpmp-client.ts';
import { tmpDir } from '../../helpers/tmp-dir.ts';

const REQUESTS = 40_000;
/** Requests that are under way at once: QEMU sends up to 64. */
const LANES = 64;

/** Requests a second that the end of `client` answers. */
async function perSecond(client: BpmpClient): Promise<number> {
  let failed = 0;
  const lane = async () => {
    for (let n = 0; n < REQUESTS / LANES; n += 1) failed += (await client.clk(1, 155)).ret === 0 ? 0 : 1;
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: LANES }, lane));
  expect(failed).toBe(0);
  return REQUESTS / ((performance.now() - began) / 1000);
}

it('the firmware model costs little more than a socket that answers without a thought', async () => {
  const folder = tmpDir('bench-firmware');
  const firmware = await startFirmware({ socket: join(folder, 's'), transcript: join(folder, 't') });
  const echo = await serveEcho(join(folder, 'e'));
  const [model, bare] = [new BpmpClient(firmware.socket), new BpmpClient(echo.socket)];
  const { ours, theirs } = await inTurn(
    5,
    () => perSecond(model),
    () => perSecond(bare),
  );
  await Promise.all([model.close(), bare.close()]);
  await Promise.all([firmware.close(), echo.close()]);
  const what = 'requests of the firmware model, transcript included';
  await row({ id: '7-firmware', what, unit: '/s', ours, atLeast: 20_000 });
  await row({
    ...{ id: '7-firmware-bare', what, unit: '/s', ours, atLeast: 0.2 },
    against: { what: 'a socket that only answers', samples: theirs },
  });
});
