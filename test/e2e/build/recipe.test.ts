// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exec } from '../../../src/tools/process/exec.ts';
import { runCli } from '../../helpers/cli.ts';
import { labKernel } from '../../helpers/lab/lab.ts';
import { type LabProduct, labProduct, RECIPE, WRITE_123 } from '../../helpers/lab/lab-product.ts';
import { labQemu } from '../../helpers/lab/lab-qemu.ts';

/** What a guest with two CPUs and 192 MiB says of itself; some of the memory is the kernel's own. */
const SIZES = 'nproc; grep MemTotal /proc/meminfo';
function expectSizes(said: string): void {
  expect(said).toMatch(/^2$/m);
  const [, kib] = /^MemTotal: +(\d+) kB$/m.exec(said) ?? [];
  expect(Number(kib)).toBeGreaterThan(160 * 1024);
  expect(Number(kib)).toBeLessThan(192 * 1024);
}

describe(`bpmp-virt on the recipe ${RECIPE}, the whole of npm run demo`, () => {
  let product: LabProduct;
  beforeAll(async () => {
    // First those of the lab: two that are compiled at a time would find nothing of each other's.
    await labKernel({ name: 'lab' });
    await labQemu({ version: '7.2' });
    await labQemu({ version: '7.2', target: 'arm64' });
    product = await labProduct();
    const seconds = Math.round(product.ms / 1000);
    process.stdout.write(`figure: build ${RECIPE}, with what the caches held: ${seconds} s\n`);
  });
  afterAll(() => (product as LabProduct | undefined)?.release());

  it('builds kernel, QEMU, device trees and command into a bundle that is whole', async () => {
    const bundle = join(product.work, 'bundle');
    await exec(['sha256sum', '--check', '--strict', '--quiet', 'SHA256SUMS'], bundle, {
      emit: () => undefined,
    });
    const sums = await readFile(join(bundle, 'SHA256SUMS'), 'utf8');
    for (const file of ['Image', 'guest.dtb', 'host.dtbo', 'qemu-system-aarch64', 'run-vm.sh', 'doctor.sh'])
      expect(sums).toMatch(new RegExp(`^[0-9a-f]{64}  ${file.replace('.', '\\.')}$`, 'm'));
    expect(sums).toMatch(/ {2}dtb\/tegra234-p3737-0000\+p3701-0000\.dtb$/m);
    const manifest: unknown = JSON.parse(await readFile(join(bundle, 'manifest.json'), 'utf8'));
    expect(manifest).toMatchObject({ recipe: RECIPE, kernel: { for: 'emulation' } });
  });

  it('makes the kernel that another folder has, byte for byte', async () => {
    const { image } = await labKernel({ name: 'lab' });
    const [one, two] = await Promise.all([readFile(image), readFile(join(product.work, 'bundle/Image'))]);
    expect(two.equals(one)).toBe(true);
  });

  it('runs the kernel as an emulated guest, and hands on what the command ends with', async () => {
    const wish = ['run', RECIPE, '--emulate', 'guest', '--smp', '2', '--mem', '192M', '--monitor', '--exec'];
    const { code, stdout, stderr } = await product.bpmpVirt(...wish, `${WRITE_123}; ${SIZES}; exit 7`);
    expect(code).not.toBe(0);
    expect(stderr).toContain('the command in the guest ended with 7');
    expectSizes(stdout);
    expect(stdout).toContain('Bytes at the UART: 31 32 33 0d 0a ("123\\r\\n")');
    expect(stdout).toMatch(/^ {2}clock on: uarta$/m);
    expect(stderr).toMatch(/CLK\s+ENABLE\s+uarta/);
  });

  it('runs the bundle in the virtual Orin and tells what happened', async () => {
    const ask = `${WRITE_123}; ${SIZES}; echo "enable i2c1: $(bpmp-ask 22 0x07000030)"`;
    const wish = ['run', RECIPE, '--emulate', 'orin', '--smp', '2', '--mem', '192M', '--exec'];
    const html = join(product.work, 'run.html');
    const { stdout } = await product.good(...wish, ask, '--html', html);
    const page = await readFile(html, 'utf8');
    expect(page).toContain('<li>Result: 5 bytes at the UART, 1 requests refused by the host proxy');
    expect(page).toMatch(/own, switched in this run/);
    expect(page).toMatch(/<td>CLK ENABLE<\/td><td>uarta<\/td><td>ok</);
    expectSizes(stdout);
    expect(stdout).toMatch(/^enable i2c1: -13$/m);
    expect(stdout).toContain('Bytes at the UART: 31 32 33 0d 0a ("123\\r\\n")');
    expect(stdout).toMatch(/^ {2}clock on: uarta$/m);
    expect(stdout).toMatch(/^ {2}reset released: uarta$/m);
    expect(stdout).toMatch(/refused 1\b/);
    expect(stdout).toMatch(/^Window of the guest: accesses \d+, transfers \d+$/m);
    expect(stdout).toContain('every clock, reset and power domain of the firmware is as before');
    const transcript = join(product.work, 'emulate/orin/transcript.ndjson');
    const shown = await runCli(['monitor', '--no-follow', transcript], { main: product.main });
    expect(shown.stdout).toMatch(/CLK\s+ENABLE\s+uarta/);
  });
});
