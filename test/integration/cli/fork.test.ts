// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { runCli } from '../../helpers/cli.ts';
import { git, gitInit } from '../../helpers/git.ts';
import { serveFolder } from '../../helpers/serve-folder.ts';
import { tmpDir } from '../../helpers/tmp-dir.ts';
import { makeToys } from '../../helpers/trees/toy-trees.ts';

const RECIPE = resolve(import.meta.dirname, '../../../recipes/l4t-36.3-qemu-fork.yaml');

test('a fork of QEMU is built as it is, at the branch that the recipe names', async () => {
  const folder = tmpDir('fork');
  const { url } = await serveFolder(() => join(folder, 'served'));
  await makeToys(folder, url);
  const { qemu } = parse(readFileSync(RECIPE, 'utf8'));
  // A fork has a history and a main branch of its own, and QEMU has submodules that are not needed.
  const fork = join(folder, 'trees/qemu');
  await gitInit(fork);
  await git(fork, 'checkout', '-qb', qemu.source.ref);
  const program = readFileSync(join(fork, 'qemu.sh'), 'utf8');
  writeFileSync(join(fork, 'qemu.sh'), `${program}# of the fork\n`);
  await git(fork, 'commit', '-qam', 'the BPMP device');
  const wanted = await git(fork, 'rev-parse', 'HEAD');
  await git(fork, 'checkout', '-q', 'main');

  const recipe = join(folder, 'recipe/fork.yaml');
  mkdirSync(dirname(recipe));
  const mine = { version: 1, description: 'toy with the fork', extends: '../toy.yaml', qemu };
  writeFileSync(recipe, stringify(mine));
  const work = join(folder, 'work');
  const mirror = ['--mirror', `${qemu.source.urls[0]}=file://${fork}`];
  const { code, stdout, stderr } = await runCli(['build', recipe, '--work', work, ...mirror], {
    env: { XDG_CACHE_HOME: join(folder, 'cache') },
  });
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).not.toMatch(/qemu-(overlay|patches)/);
  expect(await git(join(work, 'qemu/src'), 'rev-parse', 'HEAD')).toBe(wanted);
  expect(readFileSync(join(work, 'qemu-build/qemu-system-aarch64'), 'utf8')).toContain('# of the fork');
  expect(existsSync(join(work, 'bundle/guest.dtb'))).toBe(true);
  const manifest = JSON.parse(readFileSync(join(work, 'bundle/manifest.json'), 'utf8'));
  expect(manifest.sources).toContainEqual(expect.objectContaining({ tree: 'qemu/src', exact: wanted }));
}, 120_000);
