// SPDX-License-Identifier: Apache-2.0
import { mkdir, rm, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { inTurn, row } from '../../helpers/bench/row.ts';
import { labPristineKernel } from '../../helpers/lab/lab.ts';
import { tmpDir } from '../../helpers/tmp-dir.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
/** Of NVIDIA's archives, the largest has 700 MB. */
const MIN_BYTES = 100 * 2 ** 20;
/** Runs a program, then prints the memory (KiB) of the largest process of it. */
const MEASURE =
  'import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)';

async function measured(...command: string[]): Promise<{ seconds: number; mib: number }> {
  const start = performance.now();
  const { stdout } = await execa('python3', ['-c', MEASURE, ...command]);
  return { seconds: (performance.now() - start) / 1000, mib: Number(stdout) / 1024 };
}

it('unpacks NVIDIA’s kind of archive faster than tar', async () => {
  const folder = tmpDir('bench-extract');
  const [archive, into, program] = ['linux.tbz2', 'into', 'program'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  await execa('sh', ['-c', 'tar c -C "$1" . | lbzip2 >"$2"', 'sh', await labPristineKernel(), archive]);
  const { size } = await stat(archive);
  expect(size).toBeGreaterThan(MIN_BYTES);
  const entry = join(ROOT, 'test/helpers/bench/extract-one.ts');
  await execa(join(ROOT, 'node_modules/.bin/rolldown'), [entry, '--platform', 'node', '--dir', program], {
    cwd: ROOT,
  });
  const most: number[] = [];
  const { ours, theirs } = await inTurn(
    3,
    async () => {
      await rm(into, { recursive: true, force: true });
      const { seconds, mib } = await measured(
        process.execPath,
        join(program, 'extract-one.js'),
        archive,
        into,
      );
      most.push(mib);
      return seconds;
    },
    async () => {
      await rm(into, { recursive: true, force: true });
      await mkdir(into);
      return (await measured('tar', 'xpf', archive, '-C', into)).seconds;
    },
  );
  await row({
    id: '6-extract',
    what: `unpacking a .tbz2 of ${Math.round(size / 2 ** 20)} MiB on ${availableParallelism()} processors`,
    ...{ unit: 's', ours, ratio: 'against/ours', atLeast: 1.7 },
    against: { what: '`tar xpf`', samples: theirs },
  });
  const what = 'the largest process of that';
  await row({ id: '6-extract-memory', what, unit: 'MiB', ours: most, atMost: 300 });
});
