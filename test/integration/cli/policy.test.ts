// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli } from '../../helpers/cli.ts';
import { makeFdt, type NodeSpec } from '../../helpers/trees/make-fdt.ts';
import { mutate, random } from '../../helpers/trees/mutate.ts';
import { NVIDIA_TREE } from '../../helpers/trees/nvidia-tree.ts';

const folder = mkdtempSync(join(tmpdir(), 'bpmp-virt-policy-'));
const file = (name: string) => join(folder, name);
const host = file('host.dtb');

beforeAll(() => writeFileSync(host, makeFdt(NVIDIA_TREE)));
afterAll(() => rmSync(folder, { recursive: true }));

const policy = (...words: readonly string[]) => runCli(['policy', ...words, '--dtb', host]);
const lint = (...words: readonly string[]) => runCli(['policy', 'lint', '--dtb', host, ...words]);

/** The exit code, and the rules that the errors name. */
async function verdict(...words: readonly string[]) {
  const { code, stderr } = await lint(...words);
  return { code, rules: [...stderr.matchAll(/^ *error: .*\[(.*)\]$/gm)].map(([, rule]) => rule) };
}

describe('policy lint', () => {
  test('passes two VMs with devices of their own', async () => {
    const { code, stdout } = await lint(
      ...['--vm', 'a', '--device', 'uarta'],
      ...['--vm', 'b', '--device', 'ethernet@6900000'],
    );
    expect([code, stdout]).toEqual([0, 'The policies are sound.\n']);
  });

  test('fails where two VMs overlap: a device, and a clock that both would set', async () => {
    const twice = ['--vm', 'a', '--device', 'uarta', '--vm', 'b', '--device', 'uarta'];
    expect(await verdict(...twice)).toMatchObject({
      code: 2,
      rules: expect.arrayContaining(['device-twice']),
    });
    const clock = ['--vm', 'a', '--device', 'mmc@3400000', '--vm', 'b', '--device', 'mmc@3460000!'];
    expect(await verdict(...clock)).toEqual({ code: 2, rules: ['clock-shared'] });
  });

  test('fails where a device is the host’s', async () => {
    expect(await verdict('--device', 'mmc@3460000')).toEqual({ code: 2, rules: ['host-device'] });
    expect(await verdict('--device', 'mmc@3460000!')).toEqual({ code: 0, rules: [] });
  });

  test('fails where ids are not those of the lock', async () => {
    const lock = file('lock.json');
    writeFileSync(lock, (await policy('--vm', 'a', '--device', 'uarta', '--json')).stdout);
    expect(await verdict('--vm', 'a', '--device', 'uarta', '--lock', lock)).toEqual({ code: 0, rules: [] });
    const bus = NVIDIA_TREE['bus@0'] as NodeSpec;
    const other = { compatible: 'x', clocks: [2, 155] };
    writeFileSync(file('new.dtb'), makeFdt({ ...NVIDIA_TREE, 'bus@0': { ...bus, 'new@1': other } }));
    const words = ['--vm', 'a', '--device', 'uarta', '--lock', lock];
    const { code, stderr } = await runCli(['policy', 'lint', '--dtb', file('new.dtb'), ...words]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/TEGRA234_CLK_UARTA clock 155 was own and is shared: .*\[lock\]/);
  });
});

describe('policy --format guest', () => {
  /** QEMU's tree as far as the platform bus goes, of `mib` MiB. */
  const base = (mib: number) => {
    const ranges = [0, 0, 0xc000000, mib << 20];
    const bus = { '#address-cells': [1], '#size-cells': [1], ranges };
    writeFileSync(file(`bus-${mib}.dtb`), makeFdt({ 'platform-bus@c000000': bus }));
    return ['--format', 'guest', '--base', file(`bus-${mib}.dtb`)];
  };

  test('refuses the GPU: its regions do not fit the bus of QEMU’s virt machine', async () => {
    const { code, stdout, stderr } = await policy('--device', 'gpu', ...base(32));
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('gpu does not fit QEMU');
    expect(stderr).toContain('needs 0x2001000 bytes');
    expect(stderr).toContain('`platformBus: 64M`');
  });

  test('takes the GPU for a QEMU with a larger bus: its size is that of QEMU’s own tree', async () => {
    const { code, stdout } = await policy('--device', 'gpu', ...base(64));
    expect(code).toBe(0);
    expect(stdout).toContain('reg = <0xc000000 0x1000000>, <0xd000000 0x1000000>, <0xe000000 0x1000>;');
  });
});

test('policy --format dts: a VM whose devices the host keeps until it starts', async () => {
  const words = ['--vm', 'a', '--device', 'uarta', '--vm', 'b', '--device', 'gpu'];
  const { stdout } = await policy(...words, '--no-keep-off', '--format', 'dts');
  expect(stdout.match(/passthrough-devices.*/g)).toEqual(['passthrough-devices = <&uarta>;']);
});

test('hostile trees: every verdict in seconds and 64 MiB, and no stack', { timeout: 120_000 }, async () => {
  const sound = readFileSync(host);
  const next = random(5);
  const blobs = [
    ...[Buffer.alloc(0), Buffer.alloc(17 << 20), sound.subarray(0, 999), Buffer.from('text')],
    ...Array.from({ length: 12 }, () => mutate(sound, next)),
  ];
  for (const [at, blob] of blobs.entries()) {
    writeFileSync(file('hostile.dtb'), blob);
    const env = { NODE_OPTIONS: '--max-old-space-size=64' };
    const { code, stderr, ms } = await runCli(['devices', '--dtb', file('hostile.dtb')], { env });
    expect([0, 2], `${at}: ${stderr}`).toContain(code);
    expect(stderr).not.toMatch(/^ +at /m);
    expect(ms).toBeLessThan(10_000);
  }
});
