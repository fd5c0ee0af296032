// SPDX-License-Identifier: Apache-2.0
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { runCli } from '../../helpers/cli.ts';
import { git, gitInit } from '../../helpers/git.ts';
import { serveFolder } from '../../helpers/serve-folder.ts';
import { tmpDir } from '../../helpers/tmp-dir.ts';
import { makeToys } from '../../helpers/trees/toy-trees.ts';

/** A recipe whose kernel is a tag of a git server and whose QEMU is a download without a sum. */
async function bench() {
  const folder = tmpDir('lock');
  const { url } = await serveFolder(() => join(folder, 'served'));
  const toys = await makeToys(folder, url);
  const server = join(folder, 'trees/linux');
  await gitInit(server);
  await git(server, 'tag', '-a', '-m', 'release', 'v6.12.5');
  const recipe = parse(readFileSync(toys.recipe, 'utf8'));
  recipe.kernel.source = { kind: 'git', urls: ['https://kernel.example/linux.git'], ref: 'v6.12.5' };
  const { sha256 } = recipe.qemu.source;
  delete recipe.qemu.source.sha256;
  writeFileSync(toys.recipe, stringify(recipe));
  const mirror = ['--mirror', `https://kernel.example/linux.git=file://${server}`];
  const run = (...words: string[]) =>
    runCli(words, { cwd: dirname(toys.recipe), env: { XDG_CACHE_HOME: join(folder, 'cache') } });
  const head = () => git(server, 'rev-parse', 'HEAD');
  return { folder, server, mirror, run, head, sha256: sha256 as string };
}

test('a lock pins commits and sums; a build takes them from it, whatever the tag is by then', async () => {
  const { folder, server, mirror, run, head, sha256 } = await bench();
  const unlocked = await run('build', './toy.yaml', ...mirror);
  expect([unlocked.code, unlocked.stderr]).toEqual([2, expect.stringContaining('no sha256 for qemu.source')]);
  expect(unlocked.stderr).toContain('bpmp-virt lock');

  const released = await head();
  const { code, stdout, stderr } = await run('lock', './toy.yaml', ...mirror);
  expect([code, stdout]).toEqual([0, `Wrote ${join(folder, 'toy.lock.yaml')}.\n`]);
  expect(stderr).toContain(`kernel.source: ${released}`);
  expect(parse(readFileSync(join(folder, 'toy.lock.yaml'), 'utf8'))).toEqual({
    version: 1,
    pins: { 'kernel.source': { commit: released }, 'qemu.source': { sha256 } },
  });

  writeFileSync(join(server, 'Makefile'), 'all:\n');
  await git(server, 'commit', '-qam', 'moved');
  await git(server, 'tag', '-f', '-a', '-m', 'again', 'v6.12.5');
  const built = await run('build', './toy.yaml', ...mirror);
  expect(built.stderr).toContain(`v6.12.5 is ${await head()}`);
  expect(built.code).toBe(4);
  await git(server, 'tag', '-f', '-a', '-m', 'as it was', 'v6.12.5', released);
  const again = await run('build', './toy.yaml', ...mirror);
  expect([again.code, again.stderr]).toEqual([0, '']);
  expect(await git(join(folder, 'work/Linux_for_Tegra/source/kernel/kernel-612'), 'rev-parse', 'HEAD')).toBe(
    released,
  );
}, 240_000);

test('a server that has not got what the recipe names is told by key and address; nothing is written', async () => {
  const { folder, server, mirror, run } = await bench();
  await git(server, 'tag', '-d', 'v6.12.5');
  const { code, stderr } = await run('lock', './toy.yaml', ...mirror);
  expect(code).toBe(2);
  expect(stderr).toContain('kernel.source: v6.12.5 is at none of https://kernel.example/linux.git');
  expect(() => readFileSync(join(folder, 'toy.lock.yaml'))).toThrow(/ENOENT/);
});
