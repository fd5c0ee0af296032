// SPDX-License-Identifier: Apache-2.0
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HEALTHY, makeFolder, SHELLS, writeTree } from '../../helpers/board/board-tree.ts';

const BOARD = join(import.meta.dirname, '../../../board');
/** Of Debian's arm64 kernel 6.12.117, but for the transport. */
const PARTS = ['ARM_SCMI_PROTOCOL', 'ARM_SCMI_POWER_DOMAIN', 'COMMON_CLK_SCMI', 'RESET_SCMI', 'VIRTIO_PCI'];
const DEBIAN = PARTS.map((name) => `CONFIG_${name}=y`).join('\n');

describe.each(SHELLS)('doctor.sh of a guest over SCMI under $name', ({ shell, path }) => {
  let folder: ReturnType<typeof makeFolder>;
  let bundle: string;

  beforeEach(() => {
    folder = makeFolder();
    bundle = join(folder.path, 'bundle');
    writeTree(join(folder.path, 'root'), HEALTHY);
    writeTree(bundle, { 'vmlinuz-6.12-arm64': '' });
    for (const name of ['run-vm.sh', 'doctor.sh'])
      writeFileSync(join(bundle, name), readFileSync(join(BOARD, name)));
    symlinkSync('vmlinuz-6.12-arm64', join(bundle, 'vmlinuz'));
  });
  afterEach(() => folder.remove());

  async function guestKernel(VM_KERNEL: string): Promise<string | undefined> {
    const [program = 'sh', ...args] = [...shell, join(bundle, 'doctor.sh')];
    const env = { PATH: path(), BPMP_VIRT_ROOT: join(folder.path, 'root'), VM_SCMI: 'true', VM_KERNEL };
    const { stdout } = await execa(program, args, { env, extendEnv: false, reject: false });
    return stdout.split('\n').find((line) => line.split('\t')[1] === 'guest kernel');
  }

  test.each([
    ['=y', /^ok\t/],
    ['=m', /^ok\t/],
    [
      ' is not set',
      /^warn\tguest kernel\tCONFIG_ARM_SCMI_TRANSPORT_VIRTIO missing\t.*scmi\/module\/build\.sh/,
    ],
  ])('with CONFIG_ARM_SCMI_TRANSPORT_VIRTIO%s', async (value, expected) => {
    const comment = value.startsWith('=') ? '' : '# ';
    const config = `${DEBIAN}\n${comment}CONFIG_ARM_SCMI_TRANSPORT_VIRTIO${value}\n`;
    writeFileSync(join(bundle, 'config-6.12-arm64'), config);
    expect(await guestKernel('vmlinuz')).toMatch(expected);
  });

  test('a kernel without SCMI is named by what it lacks', async () => {
    writeFileSync(join(bundle, 'config-6.12-arm64'), DEBIAN.replace('CONFIG_RESET_SCMI=y', ''));
    expect(await guestKernel('./vmlinuz')).toMatch(/^fail\tguest kernel\tmissing: CONFIG_RESET_SCMI\t/);
  });

  test('a configuration that is not there is not passed as good', async () => {
    expect(await guestKernel('vmlinuz')).toMatch(
      /^warn\tguest kernel\tno .*config-6\.12-arm64: nobody can tell/,
    );
  });
});
