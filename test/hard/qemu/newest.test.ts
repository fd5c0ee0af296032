// SPDX-License-Identifier: Apache-2.0
// inputs: qemu-overlay patches/qemu-10.2 kernel-overlay patches/linux-6.12 recipes test/c test/e2e/qemu test/e2e/emulate guest board src/emulate src/steps src/trees
// tools: gcc aarch64-linux-gnu-gcc meson ninja
// labs: linux-6.12 qemu-10.2
// minutes: 14
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { NEWEST_QEMU, ONLY_QEMU } from '../../helpers/lab/tested-qemus.ts';

/** What end-to-end tests run on each version of QEMU. */
const TESTS = ['qemu', 'build/qemu', 'dt/qemu-places', 'emulate/guest', 'emulate/own-tree'];

test('the newest QEMU passes all that the others do', async () => {
  const files = TESTS.map((name) => `test/e2e/${name}`);
  const { exitCode, all } = await execa('npx', ['vitest', 'run', '--project', 'e2e', ...files], {
    env: { [ONLY_QEMU]: NEWEST_QEMU },
    all: true,
    reject: false,
    timeout: 45 * 60_000,
  });
  process.stdout.write(all);
  expect(all).toContain(`QEMU ${NEWEST_QEMU}`);
  expect({ exitCode, all: exitCode === 0 ? '' : all.slice(-20_000) }).toEqual({ exitCode: 0, all: '' });
});
