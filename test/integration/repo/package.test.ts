// SPDX-License-Identifier: Apache-2.0
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
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
  expect(scripts.build).toMatch(
    / --dir dist-new .* && chmod \+x dist-new\/main\.js && .* && mv dist-new dist\/cli$/,
  );
});

test('a build without one of its packages fails, says what to do, and leaves the program that was there', async () => {
  const folder = tmpDir('no-package');
  for (const name of ['src', 'package.json', 'rolldown.config.ts'])
    cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  const modules = join(ROOT, 'node_modules');
  mkdirSync(join(folder, 'node_modules'));
  for (const name of readdirSync(modules).filter((each) => each !== 'execa'))
    symlinkSync(join(modules, name), join(folder, 'node_modules', name));
  mkdirSync(join(folder, 'dist/cli'), { recursive: true });
  writeFileSync(join(folder, 'dist/cli/main.js'), 'the one before\n');
  const { exitCode, stderr } = await execa('npm', ['run', 'build'], { cwd: folder, reject: false });
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining('run `npm ci`')]);
  expect(stderr).toContain("'execa'");
  expect(readdirSync(join(folder, 'dist/cli'))).toEqual(['main.js']);
});
