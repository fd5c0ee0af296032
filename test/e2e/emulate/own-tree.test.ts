// SPDX-License-Identifier: Apache-2.0

import { describe, expect, it } from 'vitest';
import { runGuest } from '../../helpers/emulate/emulate.ts';
import { ownTree } from '../../helpers/emulate/emulate-trees.ts';
import { TESTED_QEMUS } from '../../helpers/lab/tested-qemus.ts';

describe.each(TESTED_QEMUS)('an emulated guest on QEMU %s', (version) => {
  it('needs no tree but that which QEMU makes itself', async () => {
    // Which number the UART has depends on whether QEMU names its own first.
    const exec = 'echo 123 > "$(echo /dev/ttyTHS*)"';
    await runGuest({ name: `own-${version}`, version, exec, tree: ownTree }, ({ exit, uart, dmesg }) => {
      expect(exit).toBe(0);
      expect(uart()).toBe('123\r\n');
      expect(dmesg).toContain('BPMP window version 2 at 0x90c0000');
    });
  });
});
