// SPDX-License-Identifier: Apache-2.0
// inputs: -
// tools: git
// labs: -
// minutes: 14
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { RunEvent } from '../../../src/events.ts';
import { syncTree } from '../../../src/tools/git/git-sync.ts';
import { git, gitInit } from '../../helpers/git.ts';
import { serveGit } from '../../helpers/serve-git.ts';
import { tmpDir } from '../../helpers/tmp-dir.ts';

const SIZE = 30e6;
/** Bytes a second. */
const SPEED = 40_000;

it('a repository of 30 MB comes whole over a link of 40 KB/s, in one go, and says all the while how far it is', async () => {
  const dir = tmpDir('slow git');
  const folder = join(dir, 'served/linux');
  mkdirSync(folder, { recursive: true });
  // Bytes that no compression makes fewer.
  const parts = Array.from({ length: 30 }, () => randomBytes(SIZE / 30));
  for (const [at, part] of parts.entries()) writeFileSync(join(folder, `part-${at}`), part);
  await gitInit(folder);
  await git(folder, 'tag', '-a', '-m', 'release', 'v1');
  const served = await serveGit(join(dir, 'served'));
  served.link.speed = SPEED;

  const events: RunEvent[] = [];
  const into = join(dir, 'work/tree');
  const start = performance.now();
  const sent: number[] = [];
  await syncTree(
    { urls: [`${served.url}/linux`], ref: 'v1', into },
    {
      cache: join(dir, 'cache'),
      offline: false,
      url: (address) => address,
      emit: (event) => {
        events.push(event);
        if (event.type === 'progress') sent.push(performance.now());
      },
      signal: new AbortController().signal,
      pauseMs: 10,
    },
  );
  expect(events.filter(({ type }) => type === 'warning')).toEqual([]);
  // Longer than any limit on the whole: 300 s was one.
  expect(performance.now() - start).toBeGreaterThan((SIZE / SPEED) * 0.9 * 1000);
  for (const [at, part] of parts.entries())
    expect(readFileSync(join(into, `part-${at}`)).equals(part)).toBe(true);
  expect(served.asked.packs).toBe(1);
  const silences = sent.slice(1).map((at, before) => at - (sent[before] ?? 0));
  expect(Math.max(...silences)).toBeLessThan(60_000);
});
