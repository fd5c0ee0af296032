// SPDX-License-Identifier: Apache-2.0
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { toyBench } from '../../helpers/toy-bench.ts';

test('a network that is lost midway: the run says so, the next one goes on from there to the same bundle', async () => {
  const { build, bundle, work, folder, network, asked } = await toyBench();
  await build();
  const wanted = bundle();
  for (const gone of [work, join(folder, 'cache')]) rmSync(gone, { recursive: true });

  network.fault = { after: 500, end: 'breaks' };
  const cut = await build();
  expect(cut.code).toBe(4);
  expect(cut.stderr).toMatch(/no address has the file that is wanted .*\n.*\n.*\n.*--mirror/s);
  network.fault = undefined;
  const before = asked.length;
  const { code, stderr } = await build();
  expect([code, stderr]).toEqual([0, '']);
  // Every attempt of the run before brought a bit more.
  expect(asked.slice(before)).toContainEqual(expect.stringMatching(/^\/linux\.tar\.gz from [1-9]\d+$/));
  expect(bundle()).toEqual(wanted);
});

test('offline, what the cache has is enough; what it has not is named, with where it belongs', async () => {
  const { build, bundle, work, folder, asked } = await toyBench();
  const cache = join(folder, 'cache/bpmp-virt/downloads');
  const empty = await build(['--offline']);
  expect(empty.code).toBe(3);
  expect(empty.stderr).toContain(`${cache}/`);
  expect(empty.stderr).toMatch(/(linux|qemu)\.tar\.gz is not there, and the network may not be used/);
  expect(asked).toEqual([]);

  await build();
  const wanted = bundle();
  rmSync(work, { recursive: true });
  const count = asked.length;
  expect((await build(['--offline'])).stderr).toBe('');
  expect(asked).toHaveLength(count);
  expect(bundle()).toEqual(wanted);
});

test.each(['--mirror', 'BPMP_VIRT_MIRROR'])(
  '%s leads to where a site has the sources, the second address where the first has none',
  async (by) => {
    const { build, toys, mirror, asked } = await toyBench({ address: 'site' });
    const recipe = parse(readFileSync(toys.recipe, 'utf8'));
    const { urls } = recipe.kernel.source;
    urls.unshift(urls[0].replace('linux', 'nowhere'));
    writeFileSync(toys.recipe, stringify(recipe));
    const { code, stderr } =
      by === '--mirror' ? await build([by, mirror]) : await build([], { env: { [by]: mirror } });
    expect(stderr).toContain('nowhere.tar.gz: the server answers 404');
    expect(code).toBe(0);
    expect(asked.toSorted()).toEqual(['/linux.tar.gz', '/nowhere.tar.gz', '/qemu.tar.gz']);
  },
);
