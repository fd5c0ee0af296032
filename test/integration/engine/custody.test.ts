// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCli } from '../../helpers/cli.ts';
import { git } from '../../helpers/git.ts';
import { toyBench } from '../../helpers/toy-bench.ts';

const TREE = 'Linux_for_Tegra/source/kernel/kernel-612';

test('what the user has made in a work folder is replaced by no build and deleted by no clean', async () => {
  const { build, bundle, work, folder, env, toys } = await toyBench();
  expect((await build()).code).toBe(0);
  const wanted = bundle();
  const tree = join(work, TREE);
  writeFileSync(join(tree, 'notes.txt'), 'mine');
  writeFileSync(join(tree, 'drivers/firmware/tegra/Kconfig'), 'config MINE\n');
  writeFileSync(join(work, 'qemu-build/mine.log'), 'mine');
  const intact = () => {
    expect(readFileSync(join(tree, 'notes.txt'), 'utf8')).toBe('mine');
    expect(readFileSync(join(tree, 'drivers/firmware/tegra/Kconfig'), 'utf8')).toBe('config MINE\n');
  };

  const redone = await build(['--redo', 'kernel-source']);
  expect([redone.code, redone.stdout]).toEqual([2, '']);
  expect(redone.stderr).toContain(
    `${TREE}/notes.txt\n  ${TREE}/drivers/firmware/tegra/Kconfig\n`.split('\n')[0],
  );
  expect(redone.stderr).toContain(`${TREE}/drivers/firmware/tegra/Kconfig`);
  expect(redone.stderr).toContain('Nothing was touched');
  intact();

  // Nothing was begun: all is still done, and the archive is not needed for that.
  rmSync(join(folder, 'cache'), { recursive: true });
  expect((await build()).stdout).toMatch(/^Nothing to do/);

  writeFileSync(
    toys.recipe,
    readFileSync(toys.recipe, 'utf8').replace(/sha256: [0-9a-f]{8}/, 'sha256: 00000000'),
  );
  expect((await build()).code).toBe(2);
  intact();

  const cleaned = await runCli(['clean', '--work', work], { env });
  expect(cleaned.stdout).toContain('Kept in');
  for (const path of [`${TREE}/notes.txt`, `${TREE}/drivers/firmware/tegra/Kconfig`, 'qemu-build/mine.log'])
    expect(cleaned.stdout).toContain(path);
  intact();
  expect(readdirSync(work).sort()).toEqual(['.bpmp-virt', 'Linux_for_Tegra', 'qemu-build']);
  expect(readdirSync(tree).sort()).toEqual(['drivers', 'notes.txt']);
  expect(wanted).toBeDefined();
});

test('commits in an unpacked tree keep it as it is, and another archive does not replace it', async () => {
  const { build, work } = await toyBench();
  await build();
  const tree = join(work, TREE);
  await git(tree, 'init', '-q', '-b', 'mine');
  await git(tree, 'add', '.');
  await git(tree, 'commit', '-qm', 'my fix');
  const { code, stderr } = await build(['--redo', 'kernel-source']);
  expect([code, stderr]).toEqual([2, expect.stringContaining(`${TREE}: a git repository of yours`)]);
  expect(await git(tree, 'log', '--format=%s')).toBe('my fix');
});

test('a hook, a configuration and a product that somebody changed are made anew; the changed ones are kept', async () => {
  const { build, bundle, work } = await toyBench();
  await build();
  const wanted = bundle();
  const hooked = join(work, TREE, 'drivers/firmware/tegra/bpmp.c');
  const text = readFileSync(hooked, 'utf8');
  expect(text).toContain('asks the guest proxy');
  writeFileSync(hooked, text.replace(/.*asks the guest proxy.*\n/, ''));
  writeFileSync(join(work, 'kernel/out/.config'), 'CONFIG_MINE=y\n');
  writeFileSync(join(work, 'bundle/run-vm.sh'), '# mine\n');
  writeFileSync(join(work, 'bundle/notes.txt'), 'mine');

  const { code, stderr } = await build();
  expect(code).toBe(0);
  expect(bundle()).toEqual(wanted);
  for (const [path, mine] of [
    ['kernel/out/.config', 'CONFIG_MINE=y\n'],
    ['bundle/run-vm.sh', '# mine\n'],
    ['bundle/notes.txt', 'mine'],
  ] as const) {
    expect(readFileSync(join(work, 'kept', path), 'utf8')).toBe(mine);
    expect(stderr).toContain(
      `warning: ${path} is not as bpmp-virt made it, and is kept as ${join(work, 'kept', path)}`,
    );
  }
  expect((await build()).stdout).toMatch(/^Nothing to do/);
});

test('clean takes what a killed run left beside its places, and of the cache only what is cached', async () => {
  const { build, work, folder, env } = await toyBench();
  await build();
  for (const left of ['.bundle.part', `${TREE}/../.kernel-612.old`]) {
    mkdirSync(join(work, left), { recursive: true });
    writeFileSync(join(work, left, 'half'), '');
  }
  const other = join(folder, 'cache/bpmp-virt/work/0123456789abcdef/Linux_for_Tegra');
  mkdirSync(other, { recursive: true });
  const { stdout, code } = await runCli(['clean', '--cache', '--work', work], { env });
  expect([code, stdout]).toEqual([0, expect.not.stringContaining('Kept')]);
  expect(existsSync(work)).toBe(false);
  expect(existsSync(other)).toBe(true);
});
