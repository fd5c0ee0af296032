// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { runCli } from '../../helpers/cli.ts';
import { tmpDir } from '../../helpers/tmp-dir.ts';
import { eventsOf, toyBench } from '../../helpers/toy-bench.ts';

test('check names everything that is missing at once, with the line that installs it', async () => {
  const bin = join(tmpDir(), 'bin');
  mkdirSync(bin);
  const { code, stderr, stdout } = await runCli(['check', 'l4t-36.3'], { env: { PATH: bin } });
  expect([code, stdout]).toEqual([3, '']);
  const [, missing = ''] = /not installed: (.*)\n/.exec(stderr) ?? [];
  expect(missing.split(', ')).toEqual(
    expect.arrayContaining(['aarch64-linux-gnu-gcc', 'apt-get', 'dtc', 'flock', 'git', 'make', 'ninja']),
  );
  const [, line = ''] = /(sudo apt-get install .*)\n/.exec(stderr) ?? [];
  const packages = ['device-tree-compiler', 'gcc-aarch64-linux-gnu', 'libssl-dev', 'ninja-build'];
  expect(line.split(' ')).toEqual(expect.arrayContaining(packages));

  const whole = await runCli(['check', 'l4t-36.3', '--json']);
  expect(whole.code).toBe(0);
  expect(JSON.parse(whole.stdout)).toMatchObject({ recipe: 'l4t-36.3', missing: [] });
  // A build says the same before it starts anything.
  const build = await runCli(['build', 'l4t-36.3', '--work', join(bin, 'work')], { env: { PATH: bin } });
  expect(build.code).toBe(3);
  expect(existsSync(join(bin, 'work/Linux_for_Tegra'))).toBe(false);
});

test('build --dry-run says what would run and why, and leaves nothing behind', async () => {
  const { build, work, folder, asked } = await toyBench();
  const { code, stdout } = await build(['--dry-run']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^run {3}kernel-fetch: fetch linux\.tar\.gz \(not done yet\)$/m);
  expect(stdout).toMatch(/^run {3}bundle: .* \(kernel-fetch runs\)$/m);
  expect([existsSync(work), existsSync(join(folder, 'cache')), asked]).toEqual([false, false, []]);

  await build();
  const second = (await build(['--dry-run', '--json', '--redo', 'dt-host'])).stdout.trimEnd().split('\n');
  const runs = second.map((line) => JSON.parse(line)).filter((decision) => decision.runs);
  expect(runs.map(({ step, reason }) => [step, reason])).toEqual([
    ['dt-host', 'asked for'],
    ['bundle', 'dt-host runs'],
  ]);
});

test('a device that the host lacks is refused before anything is compiled, and no reason to compile again', async () => {
  const { build, work } = await toyBench();
  const refused = await build(['--json', '--device', 'uartx']);
  expect([refused.code, refused.stderr]).toEqual([
    2,
    expect.stringMatching(/the host has no device uartx\n.*\n\nDid you mean uart/),
  ]);
  const started = eventsOf(refused.stdout).flatMap(({ type, step }) => (type === 'step-start' ? [step] : []));
  expect(started).toContain('dt-host');
  expect(started).not.toContain('kernel-build');
  expect(started).not.toContain('qemu-build');
  // Other devices are other trees: what is compiled by now is not compiled again.
  expect((await build()).code).toBe(0);
  expect(existsSync(join(work, 'bundle'))).toBe(true);
  const { code, stdout, stderr } = await build(['--dry-run', '--device', 'uartx']);
  expect([code, stderr]).toEqual([2, expect.stringContaining('the host has no device uartx')]);
  expect(stdout).toMatch(/^keep {2}kernel-build: /m);
});

test('build --dry-run names all that would fail, and ends as the build would', async () => {
  const { build, toys, folder } = await toyBench();
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  rmSync(join(toys.recipe, '../toy.config'));
  const { code, stdout, stderr } = await build(['--dry-run'], { env: { PATH: bin } });
  expect([code, stdout]).toEqual([3, expect.stringMatching(/^run {3}bundle: /m)]);
  expect(stderr).toMatch(/this build would fail:\n- not installed: .*\n- not there: .*toy\.config/);
  expect(stderr).toContain('the devices are judged by dt-host');
});

test('build --verbose shows every command, as it can be typed, and what it says', async () => {
  const { build, work } = await toyBench();
  const { stdout } = await build(['--verbose', '--jobs', '3']);
  const line = stdout.split('\n').find((each) => /\bmake -C .*\bImage\b/.test(each)) ?? '';
  expect(line).toMatch(/ -j3 /);
  expect(stdout).toContain('CC parts of it');
  const [, command = ''] = /(make -C .*)$/.exec(line) ?? [];
  await execa('sh', ['-c', command], { cwd: work });
});

test('plumbing names what a configuration has otherwise, for the scripts of plan --shell', async () => {
  const dir = tmpDir('plumbing');
  writeFileSync(join(dir, '.config'), 'CONFIG_A=y\n# CONFIG_B is not set\n');
  writeFileSync(join(dir, 'fragment'), 'CONFIG_A=y\n');
  const ask = (...more: string[]) =>
    runCli(['plumbing', 'unmet', join(dir, '.config'), join(dir, 'fragment'), ...more]);
  expect(await ask()).toMatchObject({ code: 0, stdout: '' });
  const unmet = await ask('--wanted', 'CONFIG_B=m');
  expect(unmet).toMatchObject({ code: 4, stderr: expect.stringContaining('CONFIG_B is n, wanted m') });
});

test('doctor without a board looks at this machine as a workstation, and says how a board is judged', async () => {
  const { stdout, stderr } = await runCli(['doctor']);
  expect(stdout).toMatch(/^ok {4}machine .*judged as a workstation$/m);
  for (const check of ['node', 'programs', 'memory', 'space'])
    expect(stdout).toMatch(new RegExp(`^(ok|warn) +${check} `, 'm'));
  expect(stdout).not.toMatch(/kernel|vfio|bundle/);
  expect(stderr).toContain('--target ssh://root@BOARD');
  const bare = await runCli(['doctor', '--json'], { env: { PATH: '/none' } });
  expect([bare.code, bare.stderr]).toEqual([3, expect.stringContaining('1 of 5 checks failed')]);
  expect(JSON.parse(bare.stdout)).toContainEqual({
    state: 'fail',
    check: 'programs',
    why: expect.stringMatching(/^not installed: .*\bgit\b/),
    fix: 'bpmp-virt check debian-6.12',
  });
  expect(await runCli(['doctor', '--bundle', 'x'])).toMatchObject({ code: 2 });
});
