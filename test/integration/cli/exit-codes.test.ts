// SPDX-License-Identifier: Apache-2.0
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runWords } from '../../../src/cli/start.ts';
import { ExitCode } from '../../../src/errors.ts';
import { runCli } from '../../helpers/cli.ts';
import { silentCli } from '../../helpers/silent-cli.ts';
import { tmpDir } from '../../helpers/tmp-dir.ts';
import { toyBench } from '../../helpers/toy-bench.ts';

type End = { readonly code: number | undefined; readonly stderr: string };

/** Ended by a signal, which is the only end that it has. */
async function ended(signal: NodeJS.Signals): Promise<End> {
  const file = join(tmpDir('codes'), 'transcript');
  writeFileSync(file, '');
  return runCli(['monitor', file], { onLine: (_line, child) => child.kill(signal) });
}

/** Stopped amid a download. */
async function stopped(signal: NodeJS.Signals): Promise<End> {
  const { build, network } = await toyBench();
  network.fault = { after: 100, end: 'stalls' };
  let isStopped = false;
  return build(['--json'], {
    onLine: (line, child) => {
      // The second one would end it at once.
      if (isStopped || !line.includes('"step-start"')) return;
      isStopped = true;
      child.kill(signal);
    },
  });
}

/** A verb that comes upon what cannot be. */
async function broken(): Promise<End> {
  let stderr = '';
  const cli = silentCli({
    print: () => {
      throw new TypeError('x is not a function');
    },
    warn: (text) => {
      stderr += `${text}\n`;
    },
  });
  return { code: await runWords(['recipes'], cli), stderr };
}

async function withoutSources(): Promise<End> {
  const { build, toys } = await toyBench();
  rmSync(toys.served, { recursive: true });
  return build();
}

/** What the program asks is all that an old one has to say. */
const OLD_NODE = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.4' } })`;

/** For each row of the table in docs/cli.md: ways to come to it, and what is said. */
const WAYS: Readonly<
  Record<string, readonly (readonly [what: string, run: () => Promise<End>, says: RegExp])[]>
> = {
  0: [
    ['a verb that does its work', () => runCli(['recipes']), /^$/],
    ['a verb that shows until it is stopped', () => ended('SIGINT'), /^$/],
    ['--help', () => runCli(['build', '--help']), /^$/],
  ],
  2: [
    ['no such verb', () => runCli(['biuld']), /unknown command 'biuld'/],
    ['no such recipe', () => runCli(['plan', './none.yaml']), /no recipe at .*\/none\.yaml/],
  ],
  3: [
    ['no programs', () => runCli(['check'], { env: { PATH: '/none' } }), /not installed: .*\n\nInstall/],
    [
      'a full disk',
      () => runCli(['plan', 'debian-6.12'], { prefix: ['sh', '-c', 'exec "$@" >/dev/full', 'sh'] }),
      /ENOSPC[^\n]*\n\n/,
    ],
    [
      'a Node.js that is too old',
      () =>
        runCli(['recipes'], {
          env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(OLD_NODE)}` },
        }),
      /^error: this is Node\.js 18\.20\.4, and bpmp-virt needs 20\.19 or newer\n\nInstall one/,
    ],
    [
      'no place for a cache',
      () => runCli(['plan', 'debian-6.12'], { env: { HOME: 'here', XDG_CACHE_HOME: 'there' } }),
      /HOME is 'here'/,
    ],
    [
      'a folder that is gone',
      () =>
        runCli(['plan', './x.yaml'], {
          cwd: tmpDir('codes'),
          prefix: ['sh', '-c', 'rmdir "$PWD" && exec "$@"', 'sh'],
        }),
      /the folder that this was started in is gone/,
    ],
  ],
  4: [['sources that no address has', withoutSources, /no address has the file .*--mirror/s]],
  70: [
    [
      'a mistake in the program',
      broken,
      /TypeError: x is not a function\n +at .*This is a bug in bpmp-virt/s,
    ],
  ],
  130: (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map((signal) => [
    signal,
    () => stopped(signal),
    /^Stopped\. /,
  ]),
};

/** The numbers in the first column of the table. */
const ROWS = [
  ...readFileSync(join(import.meta.dirname, '../../../docs/cli.md'), 'utf8').matchAll(/^\| *(\d+) *\|/gm),
].map(([, code = '']) => code);

test('the table has each exit code of the program once, and each row has a test', () => {
  expect(ROWS.map(Number)).toEqual(Object.values(ExitCode));
  expect(Object.keys(WAYS)).toEqual(ROWS);
  for (const ways of Object.values(WAYS)) expect(ways).not.toEqual([]);
});

test.each(Object.entries(WAYS).flatMap(([code, ways]) => ways.map((way) => [code, ...way] as const)))(
  'exit code %s: %s',
  async (wanted, _what, run, says) => {
    const { code, stderr } = await run();
    expect([String(code), stderr]).toEqual([wanted, expect.stringMatching(says)]);
  },
);
