// SPDX-License-Identifier: Apache-2.0
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { EnvironmentError, StepError, UsageError } from '../../../../src/errors.ts';
import { syncTree } from '../../../../src/tools/git/git-sync.ts';
import { git } from '../../../helpers/git.ts';
import { tmpDir } from '../../../helpers/tmp-dir.ts';

describe('syncTree', () => {
  let dir: string;
  let into: string;
  let ctx: Parameters<typeof syncTree>[1];
  beforeEach(() => {
    dir = tmpDir('git sync');
    into = join(dir, 'work/tree');
    const signal = new AbortController().signal;
    ctx = {
      cache: join(dir, 'cache'),
      offline: false,
      url: (address) => address,
      emit: () => undefined,
      signal,
    };
  });

  const repository = async (name: string, tags: string[]) => {
    const folder = join(dir, name);
    await mkdir(folder);
    await git(folder, 'init', '-q', '-b', 'main');
    const commits: string[] = [];
    for (const tag of tags) {
      await writeFile(join(folder, 'file'), tag);
      await git(folder, 'add', '.');
      await git(folder, 'commit', '-qm', tag);
      await git(folder, 'tag', '-a', '-m', tag, tag);
      commits.push(await git(folder, 'rev-parse', 'HEAD'));
    }
    return { url: `file://${folder}`, commits };
  };

  it('brings a tag without its history, from the first mirror that has it', async () => {
    const { url, commits } = await repository('good', ['jetson_36.2', 'jetson_36.3', 'later']);
    const bare = await repository('old', ['jetson_36.2']);
    const commit = commits[1] ?? '';
    const urls = [`file://${dir}/nowhere`, bare.url, url];
    expect(await syncTree({ urls, ref: 'jetson_36.3', commit, into }, ctx)).toBe(commit);
    expect(await readFile(join(into, 'file'), 'utf8')).toBe('jetson_36.3');
    expect(await git(into, 'describe', '--tags', '--exact-match')).toBe('jetson_36.3');
    expect(await git(into, 'rev-list', '--count', 'HEAD')).toBe('1');
  });

  it('names the repository where the tag is missing', async () => {
    const { url } = await repository('good', ['jetson_36.3']);
    const error = await syncTree({ urls: [url], ref: 'jetson_36.6', into }, ctx).catch(
      (cause: unknown) => cause,
    );
    expect(error).toBeInstanceOf(StepError);
    expect(String(error)).toContain(`${url}: it has no tag or branch jetson_36.6`);
  });

  it('refuses a tag that has moved', async () => {
    const { url } = await repository('good', ['jetson_36.3']);
    const wish = syncTree({ urls: [url], ref: 'jetson_36.3', commit: '0'.repeat(40), into }, ctx);
    await expect(wish).rejects.toThrow(/its tag jetson_36\.3 is [0-9a-f]{40}, not 0000/);
  });

  it('needs no network for what the cache has, and says so where it has not', async () => {
    const { url, commits } = await repository('good', ['v1']);
    const request = { urls: [url], ref: 'v1', commit: commits[0] ?? '', into };
    await syncTree(request, ctx);
    await rm(into, { recursive: true });
    await rm(join(dir, 'good'), { recursive: true });
    expect(await syncTree(request, { ...ctx, offline: true })).toBe(commits[0]);
    const other = { urls: [url], ref: 'v2', into };
    await expect(syncTree(other, { ...ctx, offline: true })).rejects.toThrow(EnvironmentError);
  });

  it('moves a tree to another commit, but not over changes of the user’s', async () => {
    const { url } = await repository('good', ['v1', 'v2']);
    await syncTree({ urls: [url], ref: 'v1', into }, ctx);
    await syncTree({ urls: [url], ref: 'v2', into }, ctx);
    expect(await readFile(join(into, 'file'), 'utf8')).toBe('v2');
    await writeFile(join(into, 'file'), 'mine');
    await expect(syncTree({ urls: [url], ref: 'v1', into }, ctx)).rejects.toThrow(
      /changes that are not ours: file/,
    );
    expect(await readFile(join(into, 'file'), 'utf8')).toBe('mine');
  });

  /** A QEMU with two submodules, of which a build wants one. */
  const withSubmodules = async () => {
    const keymaps = await repository('keycodemapdb', ['first', 'used', 'later']);
    const firmware = await repository('seabios', ['one']);
    await repository('qemu', ['v7.2.0']);
    const folder = join(dir, 'qemu');
    const modules = { 'ui/keycodemapdb': keymaps, 'roms/seabios': firmware };
    let text = '';
    for (const [path, { url, commits }] of Object.entries(modules)) {
      const commit = commits[1] ?? commits[0];
      text += `[submodule "${path}"]\n\tpath = ${path}\n\turl = ${url.replace('file://', 'https://gitlab.example')}\n`;
      await git(folder, 'update-index', '--add', '--cacheinfo', `160000,${commit},${path}`);
    }
    await writeFile(join(folder, '.gitmodules'), text);
    await git(folder, 'add', '.gitmodules');
    await git(folder, 'commit', '-qm', 'submodules');
    await git(folder, 'tag', 'v7.2.0-bpmp');
    const url = (address: string) => address.replace('https://gitlab.example', 'file://');
    return { request: { urls: [`file://${folder}`], ref: 'v7.2.0-bpmp', into }, url };
  };

  it('brings of QEMU’s submodules the one that is built, at its commit, by the site’s mirror; then offline', async () => {
    const { request, url } = await withSubmodules();
    const tree = await syncTree(request, { ...ctx, url });
    expect(await readFile(join(into, 'ui/keycodemapdb/file'), 'utf8')).toBe('used');
    expect(await readdir(join(into, 'roms/seabios'))).toEqual([]);

    await rm(into, { recursive: true });
    for (const name of ['keycodemapdb', 'seabios', 'qemu']) await rm(join(dir, name), { recursive: true });
    expect(await syncTree(request, { ...ctx, url, offline: true })).toBe(tree);
    expect(await readFile(join(into, 'ui/keycodemapdb/file'), 'utf8')).toBe('used');
  });

  it('does not touch a folder that is not a repository', async () => {
    const { url } = await repository('good', ['v1']);
    await mkdir(into, { recursive: true });
    await expect(syncTree({ urls: [url], ref: 'v1', into }, ctx)).rejects.toThrow(UsageError);
  });
});
