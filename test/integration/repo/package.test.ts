// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { runCli } from '../../helpers/cli.ts';
import { tmpDir } from '../../helpers/tmp-dir.ts';

const ROOT = join(import.meta.dirname, '../../..');

test('what `npm pack` makes runs from an empty folder, without other packages', async () => {
  // The program of this clone as it is now.
  await runCli(['--version']);
  const folder = tmpDir('pack');
  const words = ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder];
  const { stdout: tarball } = await execa('npm', words, { cwd: ROOT });
  await execa('tar', ['xzf', tarball.trim()], { cwd: folder });
  const { version } = JSON.parse(readFileSync(join(folder, 'package/package.json'), 'utf8'));
  // Executed, not handed to node: what `npx bpmp-virt` does.
  const main = join(folder, 'package/dist/cli/main.js');
  const elsewhere = tmpDir('empty');
  expect((await execa(main, ['--version'], { cwd: elsewhere })).stdout).toBe(version);
  const { stdout } = await execa(main, ['plan', 'debian-6.12'], { cwd: elsewhere });
  expect(stdout).toContain('kernel');
  expect((await execa(main, ['plan', 'debian-6.12', '--shell'], { cwd: elsewhere })).stdout).toContain(
    join(folder, 'package/kernel-overlay'),
  );
});

test('the program stays executable when it is built again', async () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  expect(scripts.build).toMatch(/&& chmod \+x dist\/cli\/main\.js$/);
});
