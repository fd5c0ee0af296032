// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { onTerminal } from '../../helpers/terminal.ts';
import { tmpDir } from '../../helpers/tmp-dir.ts';
import { toyBench } from '../../helpers/toy-bench.ts';

const ROOT = join(import.meta.dirname, '../../..');
const MAIN = join(ROOT, 'dist/cli/main.js');
const ESC = String.fromCharCode(27);

/** A host's compiled tree. */
async function hostTree(): Promise<string> {
  const file = join(tmpDir('terminal-dtb'), 'host.dtb');
  await execa('dtc', ['-q', '-@', '-o', file, join(ROOT, 'test/fixtures/toy/host.dts')]);
  return file;
}

test.each([
  ['cols 80 rows 24', 80],
  ['cols 40 rows 24', 40],
  ['cols 0 rows 0', 80],
])('devices on %s: name, verdict and reason, nothing cut', async (size, width) => {
  const dtb = await hostTree();
  const { exitCode, screen } = await onTerminal(['devices', '--dtb', dtb], { size });
  const piped = await execa(process.execPath, [MAIN, 'devices', '--dtb', dtb]);
  expect(exitCode).toBe(0);
  expect(screen).toMatch(/^DEVICE +VERDICT/);
  expect(screen).not.toContain('…');
  const plain = (text: string) => text.split(/\s+/).join(' ').trim();
  expect(plain(screen)).toBe(plain(piped.stdout));
  // A single word may be longer than a narrow terminal.
  const long = screen.split('\n').filter((line) => line.length > width && line.trim().includes(' '));
  expect(long).toEqual([]);
});

test.each([
  ['policy', 80],
  ['policy', 40],
  ['doctor', 80],
  ['doctor', 40],
])('%s on %i columns: whole words, nothing cut', async (verb, width) => {
  const dtb = await hostTree();
  const args = verb === 'doctor' ? [verb] : [verb, '--dtb', dtb, '--vm', 'uart-vm', '--device', 'uarta'];
  const { screen } = await onTerminal(args, { size: `cols ${width} rows 24` });
  const piped = await execa(process.execPath, [MAIN, ...args], { cwd: ROOT, all: true });
  // Lines of both streams may come in another order, and what is free changes.
  const plain = (text: string) =>
    text
      .replaceAll(/\d+\.\d GB/g, 'GB')
      .split(/\s+/)
      .sort()
      .join(' ')
      .trim();
  expect(plain(screen)).toBe(plain(piped.all));
  const long = screen.split('\n').filter((line) => line.length > width && line.trim().includes(' '));
  expect(long).toEqual([]);
});

test('a dumb terminal gets lines without escapes, and the build ends well', async () => {
  const { toys, work, env } = await toyBench();
  const args = ['build', toys.recipe, '--work', work];
  const { exitCode, screen } = await onTerminal(args, { size: 'cols 80', env: { ...env, TERM: 'dumb' } });
  expect([exitCode, screen]).toEqual([0, expect.stringContaining('> kernel-source')]);
  expect(screen).not.toContain(ESC);
});

test.each([
  ['cols 80 rows 24', 80],
  ['cols 40 rows 24', 40],
])('a build on %s draws within it and ends with durations and what is next', async (size, width) => {
  const { toys, work, env } = await toyBench();
  const args = ['build', toys.recipe, '--work', work];
  const { exitCode, screen } = await onTerminal(args, { size, env: { ...env, NO_COLOR: '1' } });
  expect([exitCode, screen]).toEqual([0, expect.stringContaining('steps in')]);
  // NO_COLOR: the cursor moves, and nothing is coloured.
  expect(screen.split(ESC).filter((text) => /^\[[0-9;]+m/.test(text))).toEqual([]);
  const plain = screen.split(ESC).map((text) => text.replace(/^\[[0-9;?]*[A-Za-z]/, ''));
  const [drawn = '', end = ''] = plain.join('').split(/^(?=\d+ steps in )/m);
  expect(drawn.split(/[\n\r]/).filter((line) => line.length > width)).toEqual([]);
  expect(end).toMatch(/^\d+ steps in \d+\.\d s:\n {2}\S+ +\d+\.\d s\n/);
  expect(end).toMatch(/^Next: bpmp-virt (run|deploy) /m);
});

test('a serial console, which says 0x0, gets lines', async () => {
  const { toys, work, env } = await toyBench();
  const args = ['build', toys.recipe, '--work', work];
  const { exitCode, screen } = await onTerminal(args, { size: 'cols 0 rows 0', env });
  expect([exitCode, screen]).toEqual([0, expect.stringContaining('> kernel-source')]);
  expect(screen).not.toContain(ESC);
});

test('Ctrl-C in a build on a terminal ends with 130 and says how to go on', async () => {
  const { toys, work, env } = await toyBench();
  const { exitCode, screen } = await onTerminal(['build', toys.recipe, '--work', work], {
    size: 'cols 80 rows 24',
    env: { ...env, TOY_SLEEP: '30' },
    type: [{ keys: '\u0003', when: /CC parts of it/ }],
  });
  expect([exitCode, screen]).toEqual([130, expect.stringContaining('goes on from there')]);
}, 60_000);
