// SPDX-License-Identifier: Apache-2.0
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { installCli, runCli } from '../../helpers/cli.ts';
import { eventsOf, readBundle, toyBench } from '../../helpers/toy-bench.ts';

const ROOT = join(import.meta.dirname, '../../..');
/** What a package of this tool consists of. */
const packed: readonly string[] = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).files;

test('a recipe becomes a bundle; a second build does nothing and says so', async () => {
  const { build, bundle, work, asked, toys } = await toyBench();
  const first = await build();
  expect(first.stderr).toBe('');
  expect(first.code).toBe(0);
  expect(first.stdout).toMatch(/> kernel-build: build the kernel.*\n/);
  expect(Object.keys(bundle()).map((key) => key.split(' ')[0])).toEqual(
    expect.arrayContaining(['Image', 'guest.dtb', 'host.dtbo', 'manifest.json', 'run-vm.sh', 'SHA256SUMS']),
  );
  await execa('sha256sum', ['--check', '--quiet', 'SHA256SUMS'], { cwd: join(work, 'bundle') });
  expect(readFileSync(join(work, 'bundle/Image'), 'utf8')).toContain('asks the guest proxy');

  const { sources } = JSON.parse(bundle()['manifest.json 644'] ?? '');
  const [, sha256] = /sha256: ([0-9a-f]{64})/.exec(readFileSync(toys.recipe, 'utf8')) ?? [];
  expect(sources).toContainEqual({
    tree: 'Linux_for_Tegra/source/kernel/kernel-612',
    from: 'linux.tar.gz',
    exact: sha256,
  });

  const before = bundle();
  const downloads = asked.length;
  const second = await build();
  expect(second.stdout).toMatch(/^Nothing to do: all \d+ steps are done and unchanged\.\n$/);
  expect(bundle()).toEqual(before);
  expect(asked).toHaveLength(downloads);
});

test('the manifest has the sources and steps of its own recipe, and none of those before it in the same work folder', async () => {
  const { build, bundle, work, toys } = await toyBench();
  await build();
  const before = JSON.parse(bundle()['manifest.json 644'] ?? '');
  expect(before.sources.map(({ tree }: { tree: string }) => tree)).toEqual([
    'Linux_for_Tegra/source/kernel/kernel-612',
    'qemu/src',
  ]);
  const records = join(work, '.bpmp-virt');
  const stale = { tree: 'Linux_for_Tegra/source/nvgpu', from: 'a recipe before', exact: '0'.repeat(40) };
  writeFileSync(join(records, 'sources/Linux_for_Tegra_source_nvgpu.json'), JSON.stringify(stale));
  const kernel = readFileSync(join(records, 'steps/kernel-build.json'), 'utf8');
  writeFileSync(join(records, 'steps/nvgpu-source.json'), kernel.replace('"kernel-build"', '"nvgpu-source"'));

  toys.writePatch('asks somebody else');
  expect((await build()).code).toBe(0);
  const after = JSON.parse(bundle()['manifest.json 644'] ?? '');
  expect(after.sources).toEqual(before.sources);
  const { durationsMs } = JSON.parse(readFileSync(join(work, 'bundle/manifest.json'), 'utf8'));
  expect(Object.keys(durationsMs)).not.toContain('nvgpu-source');
  expect(Object.keys(durationsMs)).toContain('kernel-build');
});

test.each([
  ['another archive', async (file: string) => cpSync(join(file, '../../other.tar.gz'), file)],
  ['garbage', async (file: string) => writeFileSync(file, 'no archive at all')],
])('%s in the cache is hashed while it is unpacked, not used, and fetched again', async (_what, spoil) => {
  const { build, bundle, work, folder } = await toyBench();
  await build();
  const wanted = bundle();
  const downloads = join(folder, 'cache/bpmp-virt/downloads');
  const [sum = ''] = readdirSync(downloads).filter((name) =>
    existsSync(join(downloads, name, 'linux.tar.gz')),
  );
  const file = join(downloads, sum, 'linux.tar.gz');
  await execa('tar', ['-czf', join(downloads, 'other.tar.gz'), '-C', folder, 'patches']);
  await spoil(file);
  rmSync(work, { recursive: true });

  const refused = await build();
  expect(refused.code).toBe(4);
  expect(refused.stderr).toMatch(/linux\.tar\.gz has sha256 [0-9a-f]{64}, wanted [0-9a-f]{64}.*set aside as/);
  expect(existsSync(join(work, 'Linux_for_Tegra/source/kernel/kernel-612'))).toBe(false);
  expect((await build()).code).toBe(0);
  expect(bundle()).toEqual(wanted);
});

test('on a terminal: a row per step, then how long each took; a failure is told below the rows', async () => {
  const { toys, work, env } = await toyBench();
  const main = join(import.meta.dirname, '../../../dist/cli/main.js');
  const words = [process.execPath, main, 'build', toys.recipe, '--work', work];
  const onTerminal = async () => {
    const { stdout, exitCode } = await execa(
      'script',
      ['-qec', `stty cols 100; ${words.join(' ')}`, '/dev/null'],
      {
        env: { ...env, TERM: 'xterm', COLUMNS: '100' },
        reject: false,
        stdin: 'ignore',
      },
    );
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what a terminal is told
    return { exitCode, text: stdout.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, '').replaceAll('\r', '') };
  };
  await runCli(['--version']);
  const whole = await onTerminal();
  expect(whole.exitCode).toBe(0);
  expect(whole.text).toMatch(/^✔ build the kernel: Image, dtbs \[\d+\.\d s\]$/m);
  expect(whole.text).toMatch(/^\d+ steps in \d+\.\d s:\n {2}\S+ +\d+\.\d s$/m);

  writeFileSync(join(toys.recipe, '../patches/0001-hook.patch'), 'no patch at all\n');
  const broken = await onTerminal();
  expect(broken.exitCode).toBe(4);
  expect(broken.text).toMatch(/^✖ apply patches to work:Linux_for_Tegra\/source\/kernel\/kernel-612$/m);
  expect(broken.text.trimEnd()).toMatch(/\nerror: apply patches .*\n.*\n\n.*\.$/);
});

test('an edit in a tree of the user’s own (kind: path) is built', async () => {
  const { build, folder, toys, work } = await toyBench();
  const linux = join(folder, 'trees/linux');
  const recipe = parse(readFileSync(toys.recipe, 'utf8'));
  recipe.kernel.source = { kind: 'path', path: linux };
  writeFileSync(toys.recipe, stringify(recipe));
  expect((await build()).code).toBe(0);
  expect((await build(['--dry-run'])).stdout).not.toMatch(/^run /m);
  const before = readFileSync(join(work, 'bundle/Image'), 'latin1');
  writeFileSync(join(linux, 'drivers/firmware/tegra/mine.c'), '/* mine */\n');
  const dry = (await build(['--dry-run'])).stdout;
  expect(dry).toMatch(/^run {3}kernel-config: .*\/trees\/linux changed\)/m);
  expect(dry).toMatch(/^run {3}kernel-build: /m);
  expect(dry).not.toMatch(/^run {3}qemu/m);
  expect((await build()).code).toBe(0);
  expect(readFileSync(join(work, 'bundle/Image'), 'latin1')).not.toBe(before);
});

test('another device changes trees and command only', async () => {
  const { build, bundle, work, env } = await toyBench();
  await build();
  const before = bundle();
  const { stdout, code } = await build(['--device', 'gen8_i2c', '--json']);
  expect(code).toBe(0);
  const ran = eventsOf(stdout).filter(({ type }) => type === 'step-start');
  expect(ran.map(({ step }) => step).toSorted()).toEqual(['bundle', 'dt-guest', 'dt-host', 'run-script']);
  expect(bundle()['run-vm.sh 755']).toContain('c250000.i2c');
  expect(bundle()['Image 644']).toBe(before['Image 644']);
  const { repeat } = JSON.parse(bundle()['manifest.json 644'] ?? '');
  const [program, ...words] = repeat.split(' ');
  expect([program, words.slice(-2)]).toEqual(['bpmp-virt', ['--device', 'gen8_i2c']]);
  const repeated = await runCli([...words, '--work', work], { env });
  expect([repeated.stderr, repeated.stdout]).toEqual(['', expect.stringContaining('Nothing to do')]);
  await build();
  expect(bundle()).toEqual(before);
});

test('a changed patch runs what rests on it, in the same tree', async () => {
  const { build, work, toys } = await toyBench();
  await build();
  toys.writePatch('asks somebody else');
  const { stdout } = await build(['--json']);
  const ran = eventsOf(stdout).filter(({ type }) => type === 'step-start');
  expect(ran.map(({ step }) => step)).not.toContain('kernel-source');
  expect(ran.map(({ step }) => step)).not.toContain('qemu-build');
  const image = readFileSync(join(work, 'bundle/Image'), 'utf8');
  expect(image).toContain('asks somebody else');
  expect(image).not.toContain('asks the guest proxy');
});

test('links that lead into another copy of this package are made anew', async () => {
  const { build, work, folder } = await toyBench();
  const other = join(folder, 'other');
  for (const name of packed.filter((name) => name !== 'dist'))
    cpSync(join(ROOT, name), join(other, name), { recursive: true });
  expect((await build([], { main: await installCli(other) })).stderr).toBe('');
  const link = join(work, 'Linux_for_Tegra/source/kernel/kernel-612/drivers/firmware/tegra/bpmp-host-proxy');
  expect(realpathSync(link)).toBe(join(other, 'kernel-overlay/bpmp-host-proxy'));

  const { stdout } = await build(['--json']);
  const ran = eventsOf(stdout).filter(({ type }) => type === 'step-start');
  expect(ran.map(({ step }) => step)).toContain('kernel-build');
  expect(ran.map(({ step }) => step)).not.toContain('qemu-build');
  expect(realpathSync(link)).toBe(join(ROOT, 'kernel-overlay/bpmp-host-proxy'));
  expect((await build()).stdout).toMatch(/^Nothing to do/);
});

test('a step whose code changed runs again, though the version is the same', async () => {
  const { build, folder } = await toyBench();
  const other = join(folder, 'other');
  for (const name of packed.filter((name) => name !== 'dist'))
    cpSync(join(ROOT, name), join(other, name), { recursive: true });
  const main = await installCli(other);
  await build([], { main });
  expect((await build(['--dry-run'], { main })).stdout).not.toMatch(/^run /m);
  writeFileSync(main, `${readFileSync(main, 'utf8')}\n// another line of code\n`);
  expect((await build(['--dry-run'], { main })).stdout).toMatch(/^run .*\(its options or inputs changed\)$/m);
});

test('a failing step shows command, folder, last lines, log and hint', async () => {
  const { build, toys, work } = await toyBench();
  toys.writePatch('asks the guest proxy');
  writeFileSync(join(toys.recipe, '../patches/0001-hook.patch'), 'no patch at all\n');
  const { code, stderr } = await build();
  expect(code).not.toBe(0);
  expect(stderr).toContain('0001-hook.patch');
  expect(stderr).toContain(`log: ${work}/.bpmp-virt/logs/kernel-patches.log`);
});

test('plan --shell does by hand what build does', async () => {
  const { build, toys, work, folder, env } = await toyBench();
  await build();
  const wanted = readBundle(join(work, 'bundle'));
  const hand = join(folder, 'hand');
  const main = join(import.meta.dirname, '../../../dist/cli/main.js');
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'bpmp-virt'), `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`, {
    mode: 0o755,
  });
  const { stdout } = await runCli(['plan', toys.recipe, '--shell', '--work', hand], { env });
  const script = join(folder, 'plan.sh');
  writeFileSync(script, stdout);
  await execa('shellcheck', [script]);
  await execa('sh', [script], { env: { ...env, PATH: `${bin}:${process.env['PATH']}` } });
  const { 'manifest.json 644': built = '', ...files } = wanted;
  const { 'manifest.json 644': made = '', ...filesByHand } = readBundle(join(hand, 'bundle'));
  expect(filesByHand).toEqual(files);
  // By hand it says what deploy asks of it, and no more.
  const { version, kernel, files: sums } = JSON.parse(made);
  expect(JSON.parse(built)).toMatchObject({ version, kernel, files: expect.arrayContaining(sums) });
});

test('clean --tree takes links and patches out; clean deletes what was made and nothing else', async () => {
  const { build, toys, work, env, folder } = await toyBench();
  await build();
  const tree = join(work, 'Linux_for_Tegra/source/kernel/kernel-612');
  const { stdout, code } = await runCli(['clean', toys.recipe, '--tree', '--work', work], { env });
  expect(code).toBe(0);
  expect(stdout).toContain('Undone: ');
  await execa('diff', ['-r', '--exclude=.bpmp-virt*', join(folder, 'trees/linux'), tree]);

  expect((await build()).code).toBe(0);
  cpSync(toys.recipe, join(work, 'mine.yaml'));
  await runCli(['clean', '--work', work], { env });
  expect(readdirSync(work)).toEqual(['mine.yaml']);
  expect(existsSync(join(folder, 'cache/bpmp-virt'))).toBe(true);
});
