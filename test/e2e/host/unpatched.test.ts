// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { unpatchedHost } from '../../helpers/lab/host.ts';
import { runScript } from '../../helpers/script.ts';

test('the host proxy, built out of tree, loads into an unpatched kernel and withstands every attack', async () => {
  const tap = await runScript('host/run.sh', await unpatchedHost('host-attack'));
  expect(tap).toContain('H22 the module loads into an unpatched kernel');
  expect(tap).toContain('H2 H5 100000 calls in ');
  expect(tap).not.toMatch(/^not ok/m);
});
