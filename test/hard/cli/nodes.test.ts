// SPDX-License-Identifier: Apache-2.0
// inputs: recipes test/unit test/fixtures/toy dts-templates
// tools: node npm dtc
// labs: -
// minutes: 3
import { mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { exists } from '../../../src/tools/files/folder.ts';
import { installCli } from '../../helpers/cli.ts';
import { CACHE } from '../../helpers/lab/lab-place.ts';
import { tmpDir } from '../../helpers/tmp-dir.ts';

const ROOT = join(import.meta.dirname, '../../..');
/** The oldest that package.json admits, and the newest of those that are kept up. */
const NODES = ['20.19.0', '24.21.0', '26.10.0'];
const TOO_OLD = '18.20.8';
/** Those without a bound in time, which other work beside them would break. */
const UNITS = ['cli', 'dt', 'emulate', 'firmware', 'plan', 'recipe', 'tools'].map(
  (name) => `test/unit/${name}/`,
);

/** A Node of npm's own packages, which have the program alone; fetched once a machine. */
async function nodeOf(version: string): Promise<string> {
  const folder = join(CACHE, 'node', version);
  const name = `node-linux-${process.arch}`;
  const program = join(folder, 'node_modules', name, 'bin/node');
  if (await exists(program)) return program;
  const aside = `${folder}.${process.pid}`;
  await mkdir(aside, { recursive: true });
  const quiet = ['--no-audit', '--no-fund', '--no-save', '--ignore-scripts'];
  try {
    await execa('npm', ['install', ...quiet, '--prefix', aside, `${name}@${version}`]);
    // One beside this may have been faster.
    if (!(await exists(folder))) await rename(aside, folder);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
  return program;
}

/** A copy of the program, so that no test beside this one builds it anew meanwhile. */
async function bpmpVirt(folder: string): Promise<(node: string, ...words: string[]) => Promise<Result>> {
  const main = await installCli(folder);
  // package.json says that files are modules: an old Node does not see it by itself.
  for (const name of [
    'package.json',
    'recipes',
    'dts-templates',
    'patches',
    'kernel-overlay',
    'qemu-overlay',
    'board',
    'guest',
    'scmi',
  ])
    await symlink(join(ROOT, name), join(folder, name));
  return async (node, ...words) => {
    const { stdout, stderr, exitCode } = await execa(node, [main, ...words], {
      env: { NO_COLOR: '1' },
      reject: false,
    });
    return { stdout, stderr, exitCode };
  };
}
type Result = { readonly stdout: string; readonly stderr: string; readonly exitCode: number | undefined };

describe.each(NODES)('Node.js %s', (version) => {
  test('is the one that runs, and runs what needs no board', async () => {
    const node = await nodeOf(version);
    expect((await execa(node, ['--version'])).stdout).toBe(`v${version}`);
    const folder = tmpDir('nodes');
    const run = await bpmpVirt(join(folder, 'package'));
    const [dtb, html] = [join(folder, 'host.dtb'), join(folder, 'page.html')];
    await execa('dtc', ['-q', '-@', '-o', dtb, join(ROOT, 'test/fixtures/toy/host.dts')]);
    const policy = ['policy', '--dtb', dtb, '--device', 'uarta'];
    const runs: readonly (readonly [words: readonly string[], says: RegExp])[] = [
      [['--help'], /Look at a host:/],
      [['recipes'], /debian-6\.12/],
      [['plan', 'l4t-36.3', '--shell'], /make -C /],
      [['check', 'debian-6.12', '--json'], /"needed":/],
      [['devices', '--dtb', dtb], /^uarta +needs iommus/m],
      [policy, /TEGRA234_CLK_UARTA \(155\)/],
      [[...policy, '--format', 'dts'], /allowed-clocks/],
      [[...policy, '--html', html], /The page is/],
      [['completion', 'bash'], /complete /],
    ];
    for (const [words, says] of runs) {
      const { stdout, stderr, exitCode } = await run(node, ...words);
      expect([words, exitCode, stderr]).toEqual([words, 0, '']);
      expect(stdout).toMatch(says);
    }
    expect(await readFile(html, 'utf8')).toContain('<svg');
  });

  test('passes the unit tests of what it runs of the library and the language', async () => {
    const words = [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', '--project', 'unit', ...UNITS];
    const { all, exitCode } = await execa(await nodeOf(version), words, {
      cwd: ROOT,
      all: true,
      reject: false,
    });
    expect([exitCode, exitCode === 0 ? '' : all.slice(-10_000)]).toEqual([0, '']);
    expect(all).toMatch(/Tests .*\d{3} passed/);
  });
});

test(`Node.js ${TOO_OLD} is told that it is too old, by every verb, and what to do`, async () => {
  const node = await nodeOf(TOO_OLD);
  const run = await bpmpVirt(join(tmpDir('nodes'), 'package'));
  for (const words of [[], ['--help'], ['build', 'debian-6.12']]) {
    const { stdout, stderr, exitCode } = await run(node, ...words);
    expect([exitCode, stdout]).toEqual([3, '']);
    expect(stderr).toMatch(
      /^error: this is Node\.js 18\.20\.8, and bpmp-virt needs 20\.19 or newer\n\nInstall one: /,
    );
    expect(stderr).not.toMatch(/SyntaxError|at .*\.js:/);
  }
});
