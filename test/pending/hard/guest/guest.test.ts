// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startFirmware } from '../../../../src/firmware/server.ts';
import { labKernel, labQemu } from '../../../helpers/lab.ts';
import { runScript } from '../../../helpers/script.ts';

test('a guest that looks for its own faults makes transfers in every context, sleeps, and fails cleanly', async () => {
  const fragments = ['test/c/kconfig/debug.config'];
  const { out } = await labKernel({ name: 'debug', fragments, targets: ['Image', 'modules'] });
  const { binary } = await labQemu({ version: '7.2' });
  const folder = await mkdtemp(join(tmpdir(), 'bpmp-guest-'));
  const firmware = await startFirmware({ socket: join(folder, 'bpmp') });
  const refusing = { rules: [{ mrq: 'PING', status: -110 }] };
  const deaf = await startFirmware({ socket: join(folder, 'deaf'), script: refusing });
  try {
    const tap = await runScript('guest/run.sh', {
      KBUILD: out,
      QEMU: binary,
      SOCKET: firmware.socket,
      DEAF: deaf.socket,
      OUT: join(out, '../guest-debug'),
    });
    expect(tap).toContain('ok guest: G2 transfers of all CPUs at once');
    expect(tap).toContain('ok guest: G4 transfers after resume');
    expect(tap).toContain('ok deaf: G11 no BPMP after a failed probe');
    expect(tap).not.toMatch(/^not ok guest/m);
  } finally {
    await firmware.close();
    await deaf.close();
    await rm(folder, { recursive: true });
  }
});
