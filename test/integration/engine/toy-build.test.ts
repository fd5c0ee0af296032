// SPDX-License-Identifier: Apache-2.0
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';
import { type CliOptions, installCli, runCli } from '../../helpers/cli.ts';
import { figure } from '../../helpers/figures.ts';
import { serveFolder } from '../../helpers/serve-folder.ts';
import { tmpDir } from '../../helpers/tmp-dir.ts';
import { makeToys } from '../../helpers/toy-trees.ts';

const ROOT = join(import.meta.dirname, '../../..');
/** What a package of this tool consists of. */
const packed: readonly string[] = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).files;

/** A recipe over toy trees, a work folder, a cache of its own, and a way to build. */
async function bench(name = 'toy', below?: string) {
  const folder = tmpDir(name, below);
  const { url, asked } = await serveFolder(() => join(folder, 'served'));
  const toys = await makeToys(folder, url);
  const work = join(folder, 'work');
  const env = { XDG_CACHE_HOME: join(folder, 'cache') };
  const build = (more: readonly string[] = [], options: CliOptions = {}) =>
    runCli(['build', toys.recipe, '--work', work, ...more], { ...options, env: { ...env, ...options.env } });
  return { folder, work, toys, asked, env, build, bundle: () => readBundle(join(work, 'bundle')) };
}

/** Every file of a bundle: its path and mode → its content; the durations in the manifest are left out. */
function readBundle(folder: string, below = ''): Record<string, string> {
  return Object.assign(
    {},
    ...readdirSync(join(folder, below)).map((name) => {
      const path = join(below, name);
      const info = statSync(join(folder, path));
      if (info.isDirectory()) return readBundle(folder, path);
      const text = readFileSync(join(folder, path), 'latin1');
      const mode = (info.mode & 0o777).toString(8);
      return { [`${path} ${mode}`]: name === 'manifest.json' ? withoutDurations(text) : text };
    }),
  );
}

function withoutDurations(text: string): string {
  return JSON.stringify({ ...JSON.parse(text), durationsMs: 0 });
}

const eventsOf = (stdout: string): { type: string; step?: string; title?: string; skipped?: number }[] =>
  stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

test('a recipe becomes a bundle; a second build does nothing and says so', async () => {
  const { build, bundle, work, asked } = await bench();
  const first = await build();
  expect(first.stderr).toBe('');
  expect(first.code).toBe(0);
  expect(first.stdout).toMatch(/> kernel-build: build the kernel.*\n/);
  expect(Object.keys(bundle()).map((key) => key.split(' ')[0])).toEqual(
    expect.arrayContaining(['Image', 'guest.dtb', 'host.dtbo', 'manifest.json', 'run-vm.sh', 'SHA256SUMS']),
  );
  await execa('sha256sum', ['--check', '--quiet', 'SHA256SUMS'], { cwd: join(work, 'bundle') });
  expect(readFileSync(join(work, 'bundle/Image'), 'utf8')).toContain('asks the guest proxy');

  const before = bundle();
  const downloads = asked.length;
  const second = await build();
  expect(second.stdout).toMatch(/^Nothing to do: all \d+ steps are done and unchanged\.\n$/);
  expect(bundle()).toEqual(before);
  expect(asked).toHaveLength(downloads);
  figure('second build', Math.round(second.ms), 'ms', { atMost: 500 });
  const help = await runCli(['--help']);
  expect(help.stdout).toContain('build what a recipe describes');
  figure('bpmp-virt --help', Math.round(help.ms), 'ms', { atMost: 150 });
});

test.each([
  ['another archive', async (file: string) => cpSync(join(file, '../../other.tar.gz'), file)],
  ['garbage', async (file: string) => writeFileSync(file, 'no archive at all')],
])('%s in the cache is hashed while it is unpacked, not used, and fetched again', async (_what, spoil) => {
  const { build, bundle, work, folder } = await bench();
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
  expect(existsSync(join(work, 'kernel/src'))).toBe(false);
  expect((await build()).code).toBe(0);
  expect(bundle()).toEqual(wanted);
});

test('on a terminal: a row a step, then how long each took; a failure is told below the rows', async () => {
  const { toys, work, env } = await bench();
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
  expect(broken.text).toMatch(/^✖ apply patches to work:kernel\/src$/m);
  expect(broken.text.trimEnd()).toMatch(/\nerror: apply patches .*\n.*\n\n.*\.$/);
});

test('another device changes trees and command only', async () => {
  const { build, bundle, work, env } = await bench();
  await build();
  const before = bundle();
  const { stdout, code, ms } = await build(['--device', 'gen8_i2c', '--json']);
  expect(code).toBe(0);
  const ran = eventsOf(stdout).filter(({ type }) => type === 'step-start');
  expect(ran.map(({ step }) => step).toSorted()).toEqual(['bundle', 'dt-guest', 'dt-host', 'run-script']);
  expect(bundle()['run-vm.sh 755']).toContain('c250000.i2c');
  expect(bundle()['Image 644']).toBe(before['Image 644']);
  figure('another device', Math.round(ms), 'ms', { atMost: 3000 });
  const { repeat } = JSON.parse(bundle()['manifest.json 644'] ?? '');
  const [program, ...words] = repeat.split(' ');
  expect([program, words.slice(-2)]).toEqual(['bpmp-virt', ['--device', 'gen8_i2c']]);
  const repeated = await runCli([...words, '--work', work], { env });
  expect([repeated.stderr, repeated.stdout]).toEqual(['', expect.stringContaining('Nothing to do')]);
  await build();
  expect(bundle()).toEqual(before);
});

test('a changed patch runs what rests on it, in the same tree', async () => {
  const { build, work, toys } = await bench();
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
  const { build, work, folder } = await bench();
  const other = join(folder, 'other');
  for (const name of packed.filter((name) => name !== 'dist'))
    cpSync(join(ROOT, name), join(other, name), { recursive: true });
  expect((await build([], { main: await installCli(other) })).stderr).toBe('');
  const link = join(work, 'kernel/src/drivers/firmware/tegra/bpmp-host-proxy');
  expect(realpathSync(link)).toBe(join(other, 'kernel-overlay/bpmp-host-proxy'));

  const { stdout } = await build(['--json']);
  const ran = eventsOf(stdout).filter(({ type }) => type === 'step-start');
  expect(ran.map(({ step }) => step)).toContain('kernel-build');
  expect(ran.map(({ step }) => step)).not.toContain('qemu-build');
  expect(realpathSync(link)).toBe(join(ROOT, 'kernel-overlay/bpmp-host-proxy'));
  expect((await build()).stdout).toMatch(/^Nothing to do/);
});

test.each([
  ['a path with blanks and quotes', `it's a "toy" (1)`, undefined, undefined],
  ['another file system', 'toy', '/dev/shm', undefined],
  ['umask 077', 'toy', undefined, '077'],
])('%s: the same bundle', async (_what, name, below, umask) => {
  const plain = await bench();
  await plain.build();
  const other = await bench(name, below);
  const { code, stderr } = await other.build([], umask === undefined ? {} : { umask });
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(anonymous(other.bundle())).toEqual(anonymous(plain.bundle()));
});

test.runIf(process.getuid?.() === 0)('a user without rights: the same bundle', async () => {
  const plain = await bench();
  await plain.build();
  const other = await bench();
  const nobody = 65_534;
  await execa('chown', ['-R', `${nobody}:${nobody}`, other.folder]);
  const prefix = ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'];
  const { code, stderr } = await other.build([], { prefix, env: { HOME: other.folder } });
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(anonymous(other.bundle())).toEqual(anonymous(plain.bundle()));
});

test.runIf(process.getuid?.() === 0)('a full disk: says so, and goes on when there is room', async () => {
  const plain = await bench();
  await plain.build();
  const folder = tmpDir('full');
  await execa('mount', ['-t', 'tmpfs', '-o', 'size=40k', 'none', folder]);
  onTestFinished(async () => void (await execa('umount', ['--lazy', folder])));
  const work = join(folder, 'work');
  const build = () =>
    runCli(['build', plain.toys.recipe, '--work', work], { env: { ...plain.env, TMPDIR: plain.folder } });
  const codes: (number | undefined)[] = [];
  for (const size of ['40k', '90k', '160k', '260k', '64m']) {
    await execa('mount', ['-o', `remount,size=${size}`, folder]);
    const { code, stderr } = await build();
    codes.push(code);
    expect(stderr).toEqual(code === 0 ? '' : expect.stringMatching(/disk is full|no space left/i));
  }
  expect(codes.slice(0, 3)).toEqual([3, 3, 3]);
  expect(codes.at(-1)).toBe(0);
  expect(anonymous(readBundle(join(work, 'bundle')))).toEqual(anonymous(plain.bundle()));
});

/** A bundle without its manifest, which names the addresses that this test's server had. */
function anonymous(bundle: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(bundle).filter(([key]) => !key.startsWith('manifest.json')));
}

test('SIGKILL at every step boundary: the next run goes on, the bundle is the same', async () => {
  const { build, bundle, work, folder } = await bench();
  const whole = await build(['--json']);
  const boundaries = eventsOf(whole.stdout).filter(
    ({ type }) => type === 'step-start' || type === 'step-done',
  );
  const wanted = bundle();
  rmSync(work, { recursive: true });
  rmSync(join(folder, 'cache'), { recursive: true });

  for (let kills = 0; kills < boundaries.length; kills++) {
    let seen = 0;
    const onLine: CliOptions['onLine'] = (line, child) => {
      const { type } = JSON.parse(line);
      // Each run gets one boundary further than what the runs before it have finished: kill at its second.
      if ((type === 'step-start' || type === 'step-done') && ++seen === 2) child.kill('SIGKILL');
    };
    const { signal, code } = await build(['--json'], { onLine });
    if (signal === undefined) {
      expect(code).toBe(0);
      break;
    }
  }
  const last = await build();
  expect(last.code).toBe(0);
  expect(bundle()).toEqual(wanted);
}, 240_000);

test.each(['SIGKILL', 'SIGINT', 'SIGTERM'] as const)('%s in the middle of a long step', async (signal) => {
  const { build, bundle, work } = await bench();
  await build();
  const wanted = bundle();
  rmSync(work, { recursive: true });

  for (const output of ['LD vmlinux', 'CC parts of it']) {
    const onLine: CliOptions['onLine'] = (line, child) => {
      const event = JSON.parse(line);
      if (event.type === 'output' && event.text.startsWith(output.slice(0, 2))) child.kill(signal);
    };
    const stopped = await build(['--json'], {
      onLine,
      env: { TOY_SLEEP: output.startsWith('CC') ? '30' : '0' },
    });
    if (signal === 'SIGKILL') expect(stopped.signal).toBe('SIGKILL');
    else expect([stopped.code, stopped.stderr]).toEqual([130, expect.stringContaining('goes on from there')]);
  }
  const { code, stdout } = await build();
  expect(code).toBe(0);
  expect(stdout).not.toContain('> kernel-source');
  expect(bundle()).toEqual(wanted);
});

test('a second run is told who holds the folder; a killed one holds it no longer', async () => {
  const { build, work } = await bench();
  let second: Promise<{ code: number | undefined; stderr: string }> | undefined;
  const onLine: CliOptions['onLine'] = (line, child) => {
    if (!line.includes('CC parts of it')) return;
    second ??= build().then((result) => {
      child.kill('SIGKILL');
      return { ...result, stderr: result.stderr.replace(String(child.pid), 'PID') };
    });
  };
  const first = await build(['--json'], { onLine, env: { TOY_SLEEP: '60' } });
  expect(first.signal).toBe('SIGKILL');
  const refused = await second;
  expect(refused?.code).toBe(3);
  expect(refused?.stderr).toContain(`${work} is in use by \`bpmp-virt build `);
  expect(refused?.stderr).toContain('(process PID on ');
  expect((await build()).code).toBe(0);
});

test('a failing step shows command, folder, last lines, log and hint', async () => {
  const { build, toys, work } = await bench();
  toys.writePatch('asks the guest proxy');
  writeFileSync(join(toys.recipe, '../patches/0001-hook.patch'), 'no patch at all\n');
  const { code, stderr } = await build();
  expect(code).not.toBe(0);
  expect(stderr).toContain('0001-hook.patch');
  expect(stderr).toContain(`log: ${work}/.bpmp-virt/logs/kernel-patches.log`);
});

test('plan --shell does by hand what build does', async () => {
  const { build, toys, work, folder, env } = await bench();
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
  const { 'manifest.json 644': _, ...rest } = wanted;
  expect(readBundle(join(hand, 'bundle'))).toEqual(rest);
});

test('clean --tree takes links and patches out; clean deletes what was made and nothing else', async () => {
  const { build, toys, work, env, folder } = await bench();
  await build();
  const tree = join(work, 'kernel/src');
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
