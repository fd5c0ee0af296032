// SPDX-License-Identifier: Apache-2.0
// inputs: qemu-overlay patches/qemu-7.2 recipes
// tools: gcc meson ninja git
// labs: qemu-7.2
// minutes: 4
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { makePlan } from '../../../src/plan/make-plan.ts';
import { loadRecipe } from '../../../src/recipe/load.ts';
import { exec } from '../../../src/tools/process/exec.ts';
import { git, gitInit } from '../../helpers/git.ts';
import { runSteps } from '../../helpers/lab/lab-place.ts';
import { labQemu } from '../../helpers/lab/lab-qemu.ts';
import { tmpDir } from '../../helpers/tmp-dir.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const RECIPE = 'l4t-36.3-qemu-fork';
const KEYMAPS = 'ui/keycodemapdb';
const quiet = { emit: () => undefined };

/** A QEMU of somebody's own, as a git server has one: our tree with its device, in one commit, the key maps in a submodule. */
async function makeFork(folder: string, branch: string): Promise<string> {
  const fork = join(folder, 'qemu-bpmp');
  await exec(['cp', '-a', (await labQemu({ version: '7.2' })).src, fork], folder, quiet);
  for (const ours of ['.bpmp-virt', '.pc']) await rm(join(fork, ours), { recursive: true, force: true });
  const keymaps = join(folder, 'keycodemapdb');
  await exec(['mv', join(fork, KEYMAPS), keymaps], folder, quiet);
  await gitInit(keymaps);
  const modules = await readFile(join(fork, '.gitmodules'), 'utf8');
  const url = /https:\/\/\S*keycodemapdb\.git/;
  expect(modules).toMatch(url);
  await writeFile(join(fork, '.gitmodules'), modules.replace(url, `file://${keymaps}`));
  await git(fork, 'init', '-q', '-b', branch);
  await git(fork, 'add', '--all', '--force');
  const commit = await git(keymaps, 'rev-parse', 'HEAD');
  await git(fork, 'update-index', '--add', '--cacheinfo', `160000,${commit},${KEYMAPS}`);
  await git(fork, 'commit', '-qm', 'the BPMP device');
  return `file://${fork}`;
}

it('a fork of QEMU, a real one from a git server, is built as it is, submodule and all', async () => {
  const { steps } = makePlan(await loadRecipe(RECIPE, { recipes: join(ROOT, 'recipes'), cwd: ROOT }));
  expect(steps.filter(({ id }) => id.startsWith('qemu-')).map(({ id }) => id)).toEqual([
    'qemu-source',
    'qemu-build',
    'qemu-arm64',
  ]);
  const source = steps.find(({ id }) => id === 'qemu-source');
  const build = steps.find(({ id }) => id === 'qemu-build');
  if (source?.kind !== 'sync-tree' || build === undefined) throw new Error(`${RECIPE} has no fork`);

  const folder = tmpDir('fork');
  const url = await makeFork(folder, source.options.ref);
  const work = join(folder, 'work');
  await runSteps([{ ...source, options: { ...source.options, urls: [url] } }, build], work);
  const binary = join(work, 'qemu-build/qemu-system-aarch64');
  expect(await exec([binary, '--version'], work, quiet)).toContain('QEMU emulator version 7.2');
  const devices = await exec([binary, '-machine', 'none', '-device', 'help'], work, quiet);
  expect(devices).toContain('name "vfio-platform"');
  // The window itself is the machine's alone to make, so that no list has it.
  expect(devices).toContain('name "tegra-hsuart"');
});
