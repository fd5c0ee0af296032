// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { unpatchedHost } from '../../helpers/lab/host.ts';
import { runScript } from '../../helpers/script.ts';

test('the attack finds defects planted in the host proxy, each in its own row', async () => {
  const found = await runScript('host/planted.sh', await unpatchedHost('host-planted'));
  expect(found.match(/: found$/gm)).toHaveLength(19);
});
