// SPDX-License-Identifier: Apache-2.0
// inputs: kernel-overlay patches/linux-6.12 recipes/kconfig test/c/kconfig test/fixtures/kconfig qemu-overlay patches/qemu-7.2 test/c/host test/c/attack test/c/lib
// tools: aarch64-linux-gnu-gcc make gcc meson ninja
// labs: linux-6.12 qemu-7.2
// minutes: 8
import { expect, test } from 'vitest';
import { unpatchedHost } from '../../helpers/lab/host.ts';
import { runScript } from '../../helpers/script.ts';

test('the attack finds defects planted in the host proxy, each in its own row', async () => {
  const found = await runScript('host/planted.sh', await unpatchedHost('host-planted'));
  expect(found.match(/: found$/gm)).toHaveLength(32);
});
