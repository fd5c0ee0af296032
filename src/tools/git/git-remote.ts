// SPDX-License-Identifier: Apache-2.0
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SimpleGit } from 'simple-git';
import { exists } from '../files/folder.ts';
import { makeFolder } from '../files/make-folder.ts';
import { gitIn, type OnProgress, revParse } from './git.ts';
import { markSynced } from './own-work.ts';

/** What a server has under a name: a tag's commit, or a branch's. */
export type RemoteRef = { readonly name: string; readonly commit: string };

/**
 * What `ref` is on the server at `url`: a tag first, else a branch; annotated tags are followed to their commit.
 *
 * @returns undefined where the server has neither
 * @throws {Error} the server does not answer
 */
export async function remoteRef(
  url: string,
  ref: string,
  signal?: AbortSignal,
): Promise<RemoteRef | undefined> {
  const names = [`refs/tags/${ref}^{}`, `refs/tags/${ref}`, `refs/heads/${ref}`];
  const listing = await gitIn('/', signal).listRemote([url, ...names]);
  const found = new Map(
    listing
      .split('\n')
      .filter((line) => line.includes('\t'))
      .map((line) => {
        const [commit = '', name = ''] = line.split('\t');
        return [name, commit] as const;
      }),
  );
  for (const name of names) {
    const commit = found.get(name);
    if (commit !== undefined) return { name: name.replace('^{}', ''), commit };
  }
  return undefined;
}

/**
 * Without a terminal git says nothing by itself while data flows, and would be taken for one that hangs; nor where it unpacks objects
 * one by one, as it does below 100 of them, however large they are.
 */
export const TELLING_FETCH = ['-c', 'fetch.unpackLimit=1', 'fetch', '--progress', '--no-tags'] as const;

/**
 * The bare repository `store`, made where it is missing. The caller has its lock, so that git's own locks and halves of packs are of
 * one that was killed: they would be in the way, and fill the disk.
 */
export async function openStore(
  store: string,
  signal?: AbortSignal,
  onProgress?: OnProgress,
): Promise<SimpleGit> {
  await makeFolder(store);
  for (const name of ['shallow.lock', 'config.lock', 'packed-refs.lock', 'HEAD.lock'])
    await rm(join(store, name), { force: true });
  const packs = join(store, 'objects/pack');
  const halves = (await exists(packs))
    ? (await readdir(packs)).filter((name) => name.startsWith('tmp_'))
    : [];
  for (const name of halves) await rm(join(packs, name), { force: true });
  const git = gitIn(store, signal, onProgress);
  await git.init(true);
  return git;
}

/**
 * Fetch `source` (a name or a commit) without its history from `url` into the bare repository `store`, which is made where it is missing,
 * under the name `name`.
 */
export async function fetchWhole(
  store: string,
  url: string,
  { source, name }: { readonly source: string; readonly name: string },
  signal?: AbortSignal,
  onProgress?: OnProgress,
): Promise<void> {
  const git = await openStore(store, signal, onProgress);
  await git.raw([...TELLING_FETCH, '--depth=1', url, `+${source}:${name}`]);
}

/**
 * Whether the repository `store` has `commit` with all that belongs to it. Its name tells: git writes that when all objects are there,
 * and the objects of a small fetch one by one before.
 */
export async function hasCommit(store: string, commit: string): Promise<boolean> {
  if (!(await exists(store)) || (await revParse(store, `${commit}^{tree}`)) === undefined) return false;
  return (await namesOf(store, commit)).length > 0;
}

/** The names that the repository `store` has for `commit`. */
async function namesOf(store: string, commit: string): Promise<readonly string[]> {
  const names = await gitIn(store).raw(['for-each-ref', '--points-at', commit, '--format=%(refname)']);
  return names.split('\n').filter((name) => name !== '');
}

/**
 * Bring `commit` (and the names that `store` has for it) from `store` into the repository `folder`, and check it out.
 *
 * @throws {Error} git refuses: a file of the user's would be overwritten
 */
export async function checkOut(
  folder: string,
  store: string,
  commit: string,
  signal?: AbortSignal,
): Promise<void> {
  const git = gitIn(folder, signal);
  await git.init();
  const refs = (await namesOf(store, commit)).map(
    (name) => `+${name}:${name.replace(/^refs\/heads\//, 'refs/remotes/origin/')}`,
  );
  await git.raw(['fetch', '--quiet', '--no-tags', '--depth=1', `file://${store}`, ...refs]);
  await markSynced(folder, commit);
  // Not forced: a file of the user's that is in the way stops it, also one that git ignores.
  await git.raw(['checkout', '--quiet', '--no-overwrite-ignore', '--detach', commit]);
}

/** A submodule as a tree names it: where, from where, and at which commit. */
export type Submodule = { readonly path: string; readonly url: string; readonly commit: string };

/** The submodules of the tree `folder`. */
export async function listSubmodules(folder: string): Promise<readonly Submodule[]> {
  if (!(await exists(join(folder, '.gitmodules')))) return [];
  const git = gitIn(folder);
  const lines = await git.raw([
    'config',
    '--file',
    '.gitmodules',
    '--get-regexp',
    '^submodule\\..*\\.(path|url)$',
  ]);
  const found = new Map<string, { path?: string; url?: string }>();
  for (const line of lines.split('\n')) {
    const [, name, key, value] = /^submodule\.(.*)\.(path|url) (.*)$/.exec(line) ?? [];
    if (name !== undefined && key !== undefined) found.set(name, { ...found.get(name), [key]: value });
  }
  const submodules: Submodule[] = [];
  for (const { path, url } of found.values()) {
    if (path === undefined || url === undefined) continue;
    const entry = await git.raw(['ls-tree', 'HEAD', '--', path]);
    const commit = /^160000 commit ([0-9a-f]{40})/.exec(entry)?.[1];
    if (commit !== undefined) submodules.push({ path, url, commit });
  }
  return submodules;
}
