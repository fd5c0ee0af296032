// SPDX-License-Identifier: Apache-2.0
import { cp, mkdir, mkdtemp, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runPlan } from '../../../src/engine/run-plan.ts';
import type { RunEvent } from '../../../src/events.ts';
import { planL4t } from '../../../src/plan/l4t-steps.ts';
import { loadRecipe } from '../../../src/recipe/load.ts';
import { loadStep } from '../../../src/steps/index.ts';
import { readSources } from '../../../src/tools/fetch/source-record.ts';
import { exists } from '../../../src/tools/files/folder.ts';
import { exec } from '../../../src/tools/process/exec.ts';
import { type FileServer, serveFiles } from '../../helpers/file-server.ts';
import { type MiniBsp, type MiniBspWish, makeMiniBsp } from '../../helpers/mini-bsp.ts';
import { tmpDir } from '../../helpers/tmp-dir.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
/** What of the miniature is not as it should be: repositories without the tag, a wrong .sha1sum. */
type Variant = { readonly untagged?: readonly string[]; readonly badSum?: boolean };

const PREFIX = 'https://developer.nvidia.com/downloads/embedded/l4t/r36_release_v3.0';

/** The steps that l4t-36.3 itself leads to, on a miniature BSP that stands in NVIDIA's place by `--mirror` alone. */
describe('the steps of l4t-36.3 on a miniature BSP', () => {
  let dir: string;
  let work: string;
  let server: FileServer;
  let events: RunEvent[];
  beforeEach(() => {
    dir = tmpDir('mini bsp');
    work = join(dir, 'work here');
    events = [];
  });
  afterEach(() => server?.close());
  let shared: MiniBsp | undefined;
  afterAll(() => (shared === undefined ? undefined : rm(shared.dir, { recursive: true })));

  const start = async (more: Variant = {}) => {
    const { recipe } = await loadRecipe('l4t-36.3', { recipes: join(ROOT, 'recipes'), cwd: ROOT });
    const l4t = recipe.l4t;
    if (l4t === undefined) throw new Error('l4t-36.3 without l4t');
    const wish = { dir: join(dir, 'nvidia'), trees: l4t.trees, tag: l4t.tag };
    const mini =
      more.badSum === true ? await makeMiniBsp({ ...wish, badSum: true }) : await copyOf(wish, more);
    const content = (file: string) => readFile(file);
    server = await serveFiles({
      '/release/jetson_linux_r36.3.0_aarch64.tbz2': { content: await content(mini.bsp), breaksAfter: 1000 },
      '/sources/public_sources.tbz2': { content: await content(mini.publicSources) },
    });
    return { l4t, mini };
  };
  /** Nine repositories take their time: they are made once, and copied. */
  const copyOf = async (wish: MiniBspWish, { untagged = [] }: Variant) => {
    shared ??= await makeMiniBsp({ ...wish, dir: await mkdtemp(join(tmpdir(), 'mini-bsp-')) });
    await cp(shared.dir, wish.dir, { recursive: true });
    for (const repo of untagged) {
      await exec(['git', 'tag', '-d', wish.tag], join(wish.dir, 'server', repo), { emit: () => undefined });
    }
    return { ...shared, server: `file://${wish.dir}/server/` };
  };
  type Started = Awaited<ReturnType<typeof start>>;

  const run = async (
    { l4t, mini }: Started,
    sources: Started['l4t']['sources'],
    commits: MiniBsp['commits'] = mini.commits,
  ) => {
    const bsp = { ...l4t.bsp, sha256: mini.bspSha256 };
    const publicSources = { ...l4t.publicSources, ...bsp, sha256: mini.publicSourcesSha256 };
    publicSources.urls = [`${PREFIX}/sources/public_sources.tbz2`];
    const steps = planL4t({ ...l4t, bsp, publicSources, sources, commits });
    const url = (address: string) =>
      address
        .replace(PREFIX, server.url(''))
        .replace('git://nv-tegra.nvidia.com/', mini.server)
        .replace('https://gitlab.com/nvidia/nv-tegra/', mini.server);
    await runPlan(
      { version: 1, recipe: 'l4t-36.3', steps },
      {
        roots: { work, cache: join(dir, 'cache'), tool: ROOT },
        jobs: 1,
        offline: false,
        url,
        emit: (event) => events.push(event),
        signal: new AbortController().signal,
        toolVersion: 'test',
        command: 'test',
        redo: [],
        load: loadStep,
        before: async () => undefined,
      },
    );
  };
  const source = (...names: string[]) => join(work, 'Linux_for_Tegra/source', ...names);

  it('fetch, unpack and sync: every tree at its tag and commit, modes and links kept, nothing done twice', async () => {
    const started = await start();
    await run(started, 'sync');
    const top = join(work, 'Linux_for_Tegra');
    expect((await stat(join(top, 'flash.sh'))).mode & 0o777).toBe(0o755);
    expect(await readlink(join(top, 'jetson-agx-orin-devkit.conf'))).toBe('p3737-0000-p3701-0000.conf');
    for (const [folder, commit] of Object.entries(started.mini.commits)) {
      const head = await exec(['git', 'rev-parse', 'HEAD'], source(folder), { emit: () => undefined });
      expect(head).toBe(commit);
      expect(await exists(source(folder, 'later'))).toBe(false);
    }
    events = [];
    await run(started, 'sync');
    expect(events.filter((event) => event.type === 'step-start')).toEqual([]);
  });

  it('run the BSP’s own script without a question', async () => {
    const started = await start();
    await run(started, 'source-sync');
    expect(await exists(source('nvgpu/README'))).toBe(true);
    const records = await readSources(work);
    const tree = 'Linux_for_Tegra/source/nvgpu';
    expect(records).toContainEqual(expect.objectContaining({ tree, exact: started.mini.commits['nvgpu'] }));
    expect(await exists(source('nvgpu/later'))).toBe(false);
  });

  it('say which trees the BSP’s script left wrong, although it went on', async () => {
    const started = await start({ untagged: ['linux-hwpm.git'] });
    const wish = run(started, 'source-sync');
    await expect(wish).rejects.toThrow(
      /source_sync\.sh exited 1, but:\n {2}hwpm is at [^\n]*, not at jetson_36\.3$/m,
    );
    const wrong = run(await restart(started), 'source-sync', {
      ...started.mini.commits,
      nvgpu: '0'.repeat(40),
    });
    await expect(wrong).rejects.toThrow(/nvgpu: jetson_36\.3 is [0-9a-f]{40}, not 0{40}/);
  });

  const restart = async (started: Started) => {
    await rm(work, { recursive: true });
    return started;
  };

  it('name the repository that lacks the tag in a sync of our own', async () => {
    const started = await start({ untagged: ['linux-hwpm.git'] });
    const { hwpm: _, ...commits } = started.mini.commits;
    await expect(run(started, 'sync', commits)).rejects.toThrow(
      /no mirror has jetson_36\.3 of .*linux-hwpm\.git/,
    );
  });

  it('refuse a BSP whose script is not where release 36 has it', async () => {
    const started = await start();
    await run(started, 'none');
    await rm(source('source_sync.sh'));
    await expect(run(started, 'source-sync')).rejects.toThrow(/has no source_sync\.sh/);
  });

  it('unpack public_sources over the BSP, inner archives and all', async () => {
    const started = await start();
    await run(started, 'public-sources');
    expect(await readFile(source('kernel/kernel-jammy-src/Makefile'), 'utf8')).toBe('VERSION = 5\n');
    expect(await readFile(source('kernel/extra'), 'utf8')).toBe('merged\n');
    const exact = started.mini.publicSourcesSha256;
    const tree = 'Linux_for_Tegra/source';
    expect(await readSources(work)).toContainEqual({ tree, from: 'public_sources.tbz2', exact });
    expect(await exists(source('nvdisplay/Makefile'))).toBe(true);
    expect(await exists(source('source_sync.sh'))).toBe(true);
    expect(await exists(join(work, '.public-sources'))).toBe(false);
  });

  it('refuse an inner archive whose .sha1sum does not hold', async () => {
    const started = await start({ badSum: true });
    await expect(run(started, 'public-sources')).rejects.toThrow(
      /kernel_src\.tbz2 has sha1 [0-9a-f]{40}, its \.sha1sum says 0{40}/,
    );
    expect(await exists(source('kernel'))).toBe(false);
  });

  it('leave a folder of somebody else’s alone', async () => {
    const started = await start();
    await run(started, 'none');
    await mkdir(source('nvgpu'), { recursive: true });
    await writeFile(source('nvgpu/mine'), '');
    await expect(run(started, 'sync')).rejects.toThrow(/nvgpu is in the way and is not a git repository/);
  });
});
