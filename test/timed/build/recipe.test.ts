// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exec } from '../../../src/tools/exec.ts';
import { type CliResult, installCli, runCli } from '../../helpers/cli.ts';
import { figure, fiveTimes } from '../../helpers/figures.ts';
import { labKernel } from '../../helpers/lab.ts';
import { labPlace } from '../../helpers/lab-place.ts';

/** All that a bundle is made from and run with; `src/` alone decides how. */
const INPUTS = [
  ...['kernel-overlay', 'patches/linux-6.12', 'qemu-overlay', 'patches/qemu-7.2'],
  ...['recipes', 'dts-templates', 'board', 'guest'],
  ...['src/steps', 'src/plan', 'src/dt', 'src/policy'],
];
const RECIPE = 'debian-6.12';
const WRITE_123 = 'echo 123 > /dev/ttyTHS0';

/**
 * Clones with the same files share the work folder, so the program is not run where it was built: a copy of the package lies
 * beside the work folder, and the links in the kernel's tree lead there, whichever clone came first or is gone.
 */
describe(`bpmp-virt on the recipe ${RECIPE}, the whole of npm run demo`, () => {
  let work: string;
  let main: string;
  let release: (() => void) | undefined;
  const bpmpVirt = (...words: string[]) => runCli([...words, '--work', work], { main });
  const good = async (...words: string[]): Promise<CliResult> => {
    const result = await bpmpVirt(...words);
    expect(`${result.code} ${result.stderr}`, words.join(' ')).toMatch(/^0 /);
    return result;
  };
  beforeAll(async () => {
    const place = await labPlace('product', INPUTS);
    release = await place.hold();
    main = await installCli(join(place.folder, 'tool'));
    work = join(place.folder, 'work');
    const { ms } = await good('build', RECIPE);
    process.stdout.write(`figure: build ${RECIPE}, with what the caches held: ${Math.round(ms / 1000)} s\n`);
  });

  afterAll(() => release?.());

  it('builds kernel, QEMU, device trees and command into a bundle that is whole', async () => {
    const bundle = join(work, 'bundle');
    await exec(['sha256sum', '--check', '--strict', '--quiet', 'SHA256SUMS'], bundle, {
      emit: () => undefined,
    });
    const sums = await readFile(join(bundle, 'SHA256SUMS'), 'utf8');
    for (const file of ['Image', 'guest.dtb', 'host.dtbo', 'qemu-system-aarch64', 'run-vm.sh', 'doctor.sh'])
      expect(sums).toMatch(new RegExp(`^[0-9a-f]{64}  ${file.replace('.', '\\.')}$`, 'm'));
    expect(sums).toMatch(/ {2}dtb\/tegra234-p3737-0000\+p3701-0000\.dtb$/m);
    const manifest: unknown = JSON.parse(await readFile(join(bundle, 'manifest.json'), 'utf8'));
    expect(manifest).toMatchObject({ recipe: RECIPE });
  });

  it('makes the kernel that another folder has, byte for byte', async () => {
    const { image } = await labKernel({ name: 'lab' });
    const [one, two] = await Promise.all([readFile(image), readFile(join(work, 'bundle/Image'))]);
    expect(two.equals(one)).toBe(true);
  });

  it('has nothing to do the second time, and says so', async () => {
    const { stdout, ms } = await fiveTimes(() => good('build', RECIPE));
    expect(stdout).toMatch(/nothing/i);
    expect(stdout).not.toMatch(/^> /m);
    figure('build with nothing changed', Math.round(ms), 'ms', { atMost: 500 });
  });

  it('starts at once', async () => {
    const { stdout, ms } = await fiveTimes(() => runCli(['--help'], { main }));
    expect(stdout).toContain('build what a recipe describes');
    figure('bpmp-virt --help', Math.round(ms), 'ms', { atMost: 150 });
  });

  it('makes trees and command alone anew for another device', async () => {
    const other = await good('build', RECIPE, '--device', 'gen8_i2c');
    const started = [...other.stdout.matchAll(/^> ([\w-]+)/gm)].map(([, step]) => step);
    expect(started.sort()).toEqual(['bundle', 'dt-guest', 'dt-host', 'run-script']);
    figure('build for another device', Math.round(other.ms), 'ms', { atMost: 3_000 });
    await good('build', RECIPE);
  });

  it('runs the kernel as an emulated guest, and hands on what the command ends with', async () => {
    const wish = ['run', RECIPE, '--emulate', 'guest', '--smp', '2', '--monitor', '--exec'];
    const { code, stdout, stderr } = await bpmpVirt(...wish, `${WRITE_123}; nproc; exit 7`);
    expect(code).not.toBe(0);
    expect(stderr).toContain('the command in the guest ended with 7');
    expect(stdout).toMatch(/^2$/m);
    expect(stdout).toContain('Bytes at the UART: 31 32 33 0d 0a ("123\\r\\n")');
    expect(stdout).toMatch(/^ {2}clock on: uarta$/m);
    expect(stderr).toMatch(/CLK\s+ENABLE\s+uarta/);
  });

  it('runs the bundle in the virtual Orin and tells what happened', async () => {
    const ask = `${WRITE_123}; echo "enable i2c1: $(bpmp-ask 22 0x07000030)"`;
    const { stdout } = await good('run', RECIPE, '--emulate', 'orin', '--exec', ask);
    expect(stdout).toMatch(/^enable i2c1: -13$/m);
    expect(stdout).toContain('Bytes at the UART: 31 32 33 0d 0a ("123\\r\\n")');
    expect(stdout).toMatch(/^ {2}clock on: uarta$/m);
    expect(stdout).toMatch(/^ {2}reset released: uarta$/m);
    expect(stdout).toMatch(/refused 1\b/);
    expect(stdout).toMatch(/^Window of the guest: accesses \d+, transfers \d+$/m);
    expect(stdout).toContain('every clock, reset and power domain of the firmware is as before');
    const transcript = join(work, 'emulate/orin/transcript.ndjson');
    const shown = await runCli(['monitor', '--no-follow', transcript], { main });
    expect(shown.stdout).toMatch(/CLK\s+ENABLE\s+uarta/);
  });
});
