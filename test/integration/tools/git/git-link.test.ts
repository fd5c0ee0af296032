// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import type { RunEvent } from '../../../../src/events.ts';
import { syncTree } from '../../../../src/tools/git/git-sync.ts';
import type { CliOptions } from '../../../helpers/cli.ts';
import { git, gitInit } from '../../../helpers/git.ts';
import { serveGit } from '../../../helpers/serve-git.ts';
import { tmpDir } from '../../../helpers/tmp-dir.ts';
import { anonymous, toyBench } from '../../../helpers/toy-bench.ts';

/** Bytes that no compression makes fewer. */
const CONTENT = randomBytes(200_000);
/** More than one step of what is asked for in steps. */
const FILES = 120;

async function makeRepository(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (let at = 0; at < FILES; at++) writeFileSync(join(folder, `small-${at}`), randomBytes(500));
  writeFileSync(join(folder, 'large'), CONTENT);
  await gitInit(folder);
  await git(folder, 'tag', '-a', '-m', 'release', 'v1');
}

describe('a git server behind a bad link', () => {
  let dir: string;
  let served: Awaited<ReturnType<typeof serveGit>>;
  let events: RunEvent[];
  beforeEach(async () => {
    dir = tmpDir('git link');
    await makeRepository(join(dir, 'served/linux'));
    served = await serveGit(join(dir, 'served'));
    events = [];
  });
  const into = () => join(dir, 'work/tree');
  type More = { offline?: boolean; ref?: string; signal?: AbortSignal; onEvent?: (event: RunEvent) => void };
  const sync = (more: More = {}) =>
    syncTree(
      { urls: [`${served.url}/linux`], ref: more.ref ?? 'v1', into: into() },
      {
        cache: join(dir, 'cache'),
        offline: more.offline ?? false,
        url: (address) => address,
        emit: (event) => {
          events.push(event);
          more.onEvent?.(event);
        },
        signal: more.signal ?? new AbortController().signal,
        pauseMs: 10,
      },
    );
  const content = () => readFileSync(join(into(), 'large'));

  it('slow, it brings the tree and tells how far it is', async () => {
    served.link.speed = 150_000;
    const start = performance.now();
    await sync();
    expect(performance.now() - start).toBeGreaterThan(1000);
    expect(content().equals(CONTENT)).toBe(true);
    const stages = events.flatMap((event) => (event.type === 'progress' ? [event.what] : []));
    expect(stages).toContainEqual(expect.stringMatching(/receiving/i));
  });

  it('lost midway, it asks again by itself; what had come is not left in the cache', async () => {
    served.link.fault = { after: 60_000, end: 'breaks', once: true };
    await sync();
    expect(content().equals(CONTENT)).toBe(true);
    expect(served.asked.packs).toBe(2);
    expect(events).toContainEqual({
      type: 'warning',
      text: expect.stringMatching(/linux: .*\n*.*asked again/s),
    });
    const [store = ''] = readdirSync(join(dir, 'cache/git')).filter((name) => name.endsWith('.git'));
    const packs = readdirSync(join(dir, 'cache/git', store, 'objects/pack'));
    expect(packs.filter((name) => name.startsWith('tmp_'))).toEqual([]);
  });

  it('that lets no more than a part through at once, it brings the tree in steps; a killed run’s are gone on with', async () => {
    // All together they are three times what the link lets through; one by one they fit.
    for (let at = 0; at < FILES; at++)
      writeFileSync(join(dir, 'served/linux', `small-${at}`), randomBytes(2000));
    rmSync(join(dir, 'served/linux/large'));
    await git(join(dir, 'served/linux'), 'add', '-A');
    await git(join(dir, 'served/linux'), 'commit', '-qm', 'second');
    await git(join(dir, 'served/linux'), 'tag', 'v2');
    const files = async () => {
      const names = readdirSync(into()).filter((name) => name.startsWith('small-'));
      return [names.length, await git(into(), 'status', '--porcelain')];
    };
    served.link.fault = { after: 80_000, end: 'breaks' };
    const stop = new AbortController();
    const stopped = sync({
      ref: 'v2',
      signal: stop.signal,
      onEvent: (event) => {
        if (event.type === 'progress' && event.what.endsWith(' files')) stop.abort();
      },
    });
    await expect(stopped).rejects.toThrow();
    const before = events.length;
    await sync({ ref: 'v2' });
    expect(await files()).toEqual([FILES, '']);
    // What the first run had is not asked for again.
    const steps = events.slice(before).filter((event) => event.type === 'progress');
    const totals = steps.flatMap(({ what, total }) => (what.endsWith(' files') ? [total ?? 0] : []));
    expect(Math.max(...totals)).toBeGreaterThan(0);
    expect(Math.max(...totals)).toBeLessThan(FILES);
    expect(readdirSync(join(dir, 'cache/git')).filter((name) => name.endsWith('.steps'))).toEqual([]);
    const packs = served.asked.packs;
    rmSync(into(), { recursive: true });
    await sync({ ref: 'v2', offline: true });
    expect([await files(), served.asked.packs]).toEqual([[FILES, ''], packs]);
  });

  it('with a server that knows no parts: whole as soon as the link lets it through', async () => {
    served.link.noFilter = true;
    served.link.fault = { after: 60_000, end: 'breaks', once: true };
    await sync();
    expect(content().equals(CONTENT)).toBe(true);
  });

  it('lost for good, it says so, and the next run brings it; then no network is needed', async () => {
    served.link.fault = { after: 60_000, end: 'breaks' };
    await expect(sync()).rejects.toThrow(/no mirror has v1 of .*linux:/);
    expect(served.asked.packs).toBeGreaterThan(1);
    expect(existsSync(into())).toBe(false);
    served.link.fault = undefined;
    await sync();
    expect(content().equals(CONTENT)).toBe(true);
    const { packs } = served.asked;
    rmSync(into(), { recursive: true });
    await sync({ offline: true });
    expect(content().equals(CONTENT)).toBe(true);
    expect(served.asked.packs).toBe(packs);
  });
});

it('SIGKILL amid a git fetch: nothing of it runs on or is left, and the next run comes to the same bundle', async () => {
  const { build, bundle, folder, work, toys } = await toyBench();
  await build();
  const wanted = bundle();
  for (const gone of [work, join(folder, 'cache')]) rmSync(gone, { recursive: true });

  const linux = join(folder, 'trees/linux');
  writeFileSync(join(linux, 'large'), CONTENT);
  await gitInit(linux);
  await git(linux, 'tag', 'v6.12.5');
  const served = await serveGit(join(folder, 'trees'));
  const recipe = parse(readFileSync(toys.recipe, 'utf8'));
  const commit = await git(linux, 'rev-parse', 'HEAD');
  recipe.kernel.source = { kind: 'git', urls: [`${served.url}/linux`], ref: 'v6.12.5', commit };
  writeFileSync(toys.recipe, stringify(recipe));

  served.link.fault = { after: 60_000, end: 'stalls' };
  let isKilled = false;
  const onLine: CliOptions['onLine'] = (line, child) => {
    const event = JSON.parse(line);
    if (isKilled || event.type !== 'step-start' || event.step !== 'kernel-source') return;
    isKilled = true;
    const wait = setInterval(() => {
      if (served.asked.packs === 0) return;
      clearInterval(wait);
      setTimeout(() => child.kill('SIGKILL'), 500);
    }, 50);
  };
  expect((await build(['--json'], { onLine })).signal).toBe('SIGKILL');
  const [name = ''] = readdirSync(join(folder, 'cache/bpmp-virt/git')).filter((each) =>
    each.endsWith('.git'),
  );
  const store = join(folder, 'cache/bpmp-virt/git', name);
  // As an older git leaves them, and one that was killed itself.
  writeFileSync(join(store, 'shallow.lock'), '');
  writeFileSync(join(store, 'objects/pack/tmp_pack_left00'), CONTENT);

  served.link.fault = undefined;
  const { code, stderr } = await build();
  expect([code, stderr]).toEqual([0, '']);
  expect(anonymous(bundle())).toEqual(anonymous(wanted));
  expect(readdirSync(join(store, 'objects/pack')).filter((each) => each.startsWith('tmp_'))).toEqual([]);
  rmSync(work, { recursive: true });
  const { packs } = served.asked;
  expect((await build(['--offline'])).code).toBe(0);
  expect(served.asked.packs).toBe(packs);
});
