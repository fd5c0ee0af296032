// SPDX-License-Identifier: Apache-2.0
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { runCli } from '../../helpers/cli.ts';
import { figure, fiveTimes } from '../../helpers/figures.ts';
import { makeMiniBsp } from '../../helpers/mini-bsp.ts';
import { serveFolder } from '../../helpers/serve-folder.ts';
import { tmpDir } from '../../helpers/tmp-dir.ts';
import { makeToys } from '../../helpers/toy-trees.ts';

const RECIPES = resolve(import.meta.dirname, '../../../recipes');
const yaml = (name: string) => parse(readFileSync(join(RECIPES, `${name}.yaml`), 'utf8'));
const TREE = 'tegra234-p3737-0000+p3701-0000.dtb';

/**
 * l4t-36.3 from the BSP to the bundle, in a folder with a blank in its name. NVIDIA's servers are on this machine, the kernel is the
 * real one of Debian with the small configuration, in the BSP's folder; QEMU is a toy that knows the tree of its machine, since
 * the real one is built by the test of debian-6.12 in the same way.
 */
test('l4t-36.3 on a miniature BSP, with a real kernel', async () => {
  const folder = tmpDir('mini bsp');
  const { url, asked } = await serveFolder(() => join(folder, 'served'));
  await makeToys(folder, url);
  const toy = parse(readFileSync(join(folder, 'toy.yaml'), 'utf8'));
  const { l4t } = yaml('l4t-36.3');
  const bsp = await makeMiniBsp({ dir: join(folder, 'nvidia'), trees: l4t.trees, tag: l4t.tag });
  mkdirSync(join(folder, 'served/release'));
  copyFileSync(bsp.bsp, join(folder, 'served/release/jetson_linux_r36.3.0_aarch64.tbz2'));
  const { kernel } = yaml('debian-6.12');
  const recipe = join(folder, 'mini.yaml');
  const mine = {
    version: 1,
    description: 'l4t-36.3 with what one machine can have',
    extends: 'l4t-36.3',
    l4t: { bsp: { sha256: bsp.bspSha256 }, commits: bsp.commits },
    kernel: { ...kernel, targets: ['Image', 'dtbs', 'modules'] },
    qemu: { ...toy.qemu, overlay: null, patches: null, sysroot: null },
  };
  writeFileSync(recipe, stringify(mine));
  const work = join(folder, 'work');
  // A link by the time that it is deleted: what it leads to lies in the cache.
  onTestFinished(() => rmSync(realpathSync(work), { recursive: true, force: true }));
  const prefix = l4t.bsp.urls[0].replace(/release\/[^/]*$/, '');
  const mirrors = [`${prefix}=${url}/`, `${l4t.servers[0]}=${bsp.server}`].flatMap((map) => [
    '--mirror',
    map,
  ]);
  // Debian's packages are the ones that the other tests have fetched.
  const env = { XDG_CACHE_HOME: process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache') };
  const build = (...words: string[]) =>
    runCli(['build', recipe, '--work', work, ...mirrors, ...words], { env });

  const { code, stdout, stderr, ms } = await build();
  expect([code, stderr]).toEqual([0, '']);
  figure('l4t-36.3 on a miniature BSP', Math.round(ms / 1000), 's');
  expect(asked).toContain('/release/jetson_linux_r36.3.0_aarch64.tbz2');
  expect(stdout.match(/> l4t-sync-/g)).toHaveLength(Object.keys(l4t.trees).length);

  const tree = join(work, 'Linux_for_Tegra/source/kernel/kernel-612');
  const link = join(tree, 'drivers/firmware/tegra/bpmp-host-proxy');
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  expect(readlinkSync(link)).toMatch(/^\.\.\//);
  expect(existsSync(join(work, 'Linux_for_Tegra/flash.sh'))).toBe(true);

  const bundle = join(work, 'bundle');
  await execa('sha256sum', ['--check', '--quiet', 'SHA256SUMS'], { cwd: bundle });
  const image = readFileSync(join(bundle, 'Image'));
  expect(image.subarray(0x38, 0x3c).toString('latin1')).toBe('ARM\x64');
  expect(image.includes('Linux version 6.12.')).toBe(true);
  // The launcher of the repository is the documented machine; of that of this recipe two names differ.
  const launcher = (file: string) =>
    readFileSync(file, 'utf8').replace(/^(# Made from recipe|VM_NAME=).*$/gm, '');
  expect(launcher(join(bundle, 'run-vm.sh'))).toBe(launcher(join(RECIPES, '../board/run-vm.sh')));
  const [release = ''] = readdirSync(join(bundle, 'modules/lib/modules'));
  expect(release).toMatch(/^6\.12\.\d+-bpmp$/);
  const modules = join(bundle, 'modules/lib/modules', release);
  expect(readFileSync(join(modules, 'modules.dep'), 'utf8')).toContain('kernel/drivers/net/tun.ko:');
  expect(readdirSync(modules)).not.toContain('build');

  const applied = join(folder, 'applied.dtb');
  await execa('fdtoverlay', ['-i', join(bundle, 'dtb', TREE), '-o', applied, join(bundle, 'host.dtbo')]);
  const { stdout: clocks } = await execa('fdtget', [
    '-t',
    'i',
    applied,
    '/bpmp_host_proxy',
    'allowed-clocks',
  ]);
  expect(clocks).toContain('155');
  const manifest = JSON.parse(readFileSync(join(bundle, 'manifest.json'), 'utf8'));
  expect(manifest.repeat).toContain('bpmp-virt build');
  expect(manifest.sources).toContainEqual(
    expect.objectContaining({ tree: 'Linux_for_Tegra', exact: bsp.bspSha256 }),
  );
  expect(manifest.sources.map((source: { tree: string }) => source.tree)).toContain(
    'Linux_for_Tegra/source/kernel/kernel-612',
  );

  const second = await fiveTimes(() => build());
  expect(second.stdout).toMatch(/^Nothing to do: all \d+ steps are done and unchanged\.\n$/);
  figure('second build with a real kernel tree', Math.round(second.ms), 'ms', { atMost: 500 });
});
