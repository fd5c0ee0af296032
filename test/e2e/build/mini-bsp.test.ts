// SPDX-License-Identifier: Apache-2.0
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';
import { figure } from '../../helpers/figures.ts';
import { labKernel } from '../../helpers/lab/lab.ts';
import { labMiniBsp } from '../../helpers/lab/lab-mini-bsp.ts';
import { serveFolder } from '../../helpers/serve-folder.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const TREE = 'tegra234-p3737-0000+p3701-0000.dtb';

/** From the BSP to the bundle; that a second build has nothing to do is seen in test/timed, on a quiet machine. */
test('l4t-36.3 on a miniature BSP, with a real kernel', async () => {
  // Its objects serve this one too; two that are compiled at a time would find nothing of each other's.
  await labKernel({ name: 'lab' });
  const { folder, work, bspSha256, trees, build, release } = await labMiniBsp({ anew: true });
  onTestFinished(release);
  const { url, asked } = await serveFolder(() => join(folder, 'served'));

  const { code, stdout, stderr, ms } = await build(url);
  expect([code, stderr]).toEqual([0, '']);
  figure('l4t-36.3 on a miniature BSP', Math.round(ms / 1000), 's');
  expect(asked).toContain('/release/jetson_linux_r36.3.0_aarch64.tbz2');
  expect(stdout.match(/> l4t-sync-/g)).toHaveLength(trees);

  const tree = join(work, 'Linux_for_Tegra/source/kernel/kernel-612');
  const link = join(tree, 'drivers/firmware/tegra/bpmp-host-proxy');
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  expect(readlinkSync(link)).toMatch(/^\.\.\//);
  expect(existsSync(join(work, 'Linux_for_Tegra/flash.sh'))).toBe(true);

  const bundle = join(work, 'bundle');
  await expectWhole(bundle);
  const applied = join(folder, 'applied.dtb');
  await execa('fdtoverlay', ['-i', join(bundle, 'dtb', TREE), '-o', applied, join(bundle, 'host.dtbo')]);
  const words = ['-t', 'i', applied, '/bpmp_host_proxy', 'allowed-clocks'];
  expect((await execa('fdtget', words)).stdout).toContain('155');
  const manifest = JSON.parse(readFileSync(join(bundle, 'manifest.json'), 'utf8'));
  expect(manifest.repeat).toContain('bpmp-virt build');
  expect(manifest.sources).toContainEqual(
    expect.objectContaining({ tree: 'Linux_for_Tegra', exact: bspSha256 }),
  );
  expect(manifest.sources.map((source: { tree: string }) => source.tree)).toContain(
    'Linux_for_Tegra/source/kernel/kernel-612',
  );
});

/** Kernel, launcher and modules are there, and what SHA256SUMS says. */
async function expectWhole(bundle: string): Promise<void> {
  await execa('sha256sum', ['--check', '--quiet', 'SHA256SUMS'], { cwd: bundle });
  const image = readFileSync(join(bundle, 'Image'));
  expect(image.subarray(0x38, 0x3c).toString('latin1')).toBe('ARM\x64');
  expect(image.includes('Linux version 6.12.')).toBe(true);
  // The launcher of the repository is the documented machine; of that of this recipe two names differ.
  const launcher = (file: string) =>
    readFileSync(file, 'utf8').replace(/^(# Made from recipe|VM_NAME=).*$/gm, '');
  expect(launcher(join(bundle, 'run-vm.sh'))).toBe(launcher(join(ROOT, 'board/run-vm.sh')));
  const [release = ''] = readdirSync(join(bundle, 'modules/lib/modules'));
  expect(release).toMatch(/^6\.12\.\d+-bpmp$/);
  const modules = join(bundle, 'modules/lib/modules', release);
  expect(readFileSync(join(modules, 'modules.dep'), 'utf8')).toContain('kernel/drivers/net/tun.ko:');
  expect(readdirSync(modules)).not.toContain('build');
}
