// SPDX-License-Identifier: Apache-2.0
import { lstat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { isSynced, ownChanges, ownCommits } from '../git/own-work.ts';
import { exec } from '../process/exec.ts';
import { exists } from './folder.ts';
import { readWritten, type Written, within } from './spans.ts';
import { treeRecords } from './tree-records.ts';

/** Something in a work folder that we did not make: a path relative to the work folder, and what it is where that is not a file. */
export type Foreign = { readonly path: string; readonly what?: string };

/**
 * What is below `folder` and is not ours: files that came to be or were changed while none of our steps wrote there; in a repository
 * that we made, its local changes and commits; any other repository.
 *
 * @param work the work folder, absolute; `folder` lies in it, or is it
 * @param before only what our steps did until then (ms since 1970) counts as ours
 */
export async function foreignIn(
  work: string,
  folder: string,
  before = Number.POSITIVE_INFINITY,
): Promise<readonly Foreign[]> {
  if (!(await exists(folder))) return [];
  const written = (await readWritten(work)).map(({ place, spans }) => ({
    place,
    spans: spans.filter(([from]) => from < before),
  }));
  const { files, repositories, trees } = await listAll(folder);
  const records = new Map(
    await Promise.all(trees.map(async (tree) => [tree, await treeRecords(join(folder, tree))] as const)),
  );
  const base = relative(work, folder);
  const isOurRecord = async (path: string) => {
    const tree = longest(path, trees);
    return tree !== undefined && (await records.get(tree)?.(relative(tree, path))) === true;
  };
  const found: Foreign[] = [];
  for (const { path, ctimeMs } of files) {
    if (isAside(join(base, path), written)) continue;
    if (longest(path, repositories) !== undefined) continue;
    const full = join(base, path);
    if (isOurTime(full, ctimeMs, written)) continue;
    if (!(await isOurRecord(path))) found.push({ path: full });
  }
  for (const repository of repositories)
    found.push(...(await foreignOfRepository(join(base, repository), work, written)));
  return found;
}

/** Whether the file at `path` (relative to the work folder) was last changed while a step wrote to its place. */
export async function isOurFile(work: string, path: string): Promise<boolean> {
  const { ctimeMs } = await lstat(join(work, path));
  return isOurTime(path, ctimeMs, await readWritten(work));
}

/** The place that is nearest above a file decides: a tree inside another one has its own times. */
function isOurTime(path: string, ctimeMs: number, written: readonly Written[]): boolean {
  const place = longest(
    path,
    written.map((one) => one.place),
  );
  const owner = written.find((one) => one.place === place);
  return owner !== undefined && within(ctimeMs, owner);
}

/** Whether `path` is, or lies below, what we put beside a place of ours while it is filled; only we give such names there. */
function isAside(path: string, written: readonly Written[]): boolean {
  if (/\/\.[^/]+\.\d+-[0-9a-f]{8}\.part$/.test(path)) return true;
  const parts = path.split('/');
  return parts.some((part, at) => {
    const [, name] = /^\.(.+)\.(part|old)(\.deb|\.slirp)?$/.exec(part) ?? [];
    const place = name === undefined ? undefined : [...parts.slice(0, at), name].join('/');
    return written.some((one) => one.place === place);
  });
}

function longest(path: string, roots: readonly string[]): string | undefined {
  const above = roots.filter((root) => root === '' || path === root || path.startsWith(`${root}/`));
  return above.reduce<string | undefined>(
    (best, root) => (best === undefined || root.length > best.length ? root : best),
    undefined,
  );
}

async function foreignOfRepository(
  path: string,
  work: string,
  written: readonly Written[],
): Promise<readonly Foreign[]> {
  const tree = join(work, path);
  if (!(await isSynced(tree))) return [{ path, what: 'a git repository of yours' }];
  const commits = await ownCommits(tree);
  const changes = await ownChanges(tree, true);
  const files: Foreign[] = [];
  for (const name of changes) {
    const file = join(path, name);
    const info = await lstat(join(work, file)).catch(() => undefined);
    // With a file that is missing nothing is lost.
    if (info === undefined || isOurTime(file, info.ctimeMs, written)) continue;
    files.push({ path: file });
  }
  return [...commits.map((commit) => ({ path, what: commit })), ...files];
}

type Listing = {
  readonly files: readonly { readonly path: string; readonly ctimeMs: number }[];
  /** Folders with a .git, relative. */
  readonly repositories: readonly string[];
  /** Folders with records of ours, relative. */
  readonly trees: readonly string[];
};

/** All that `folder` holds, by find(1): a kernel's hundred thousand files take Node several times as long. */
async function listAll(folder: string): Promise<Listing> {
  const print = (kind: string) => ['-printf', `${kind}\\t%C@\\t%P\\0`];
  const words = [
    ...[folder, '(', '-name', '.git', ...print('g'), '-prune', ')'],
    ...['-o', '(', '-name', '.bpmp-virt', ...print('t'), '-prune', ')'],
    ...['-o', '(', '-name', '__pycache__', '-prune', ')'],
    ...['-o', '!', '-type', 'd', ...print('f')],
  ];
  const text = await exec(['find', ...words], '/', { emit: () => undefined });
  const entries = text
    .split('\0')
    .filter((entry) => entry !== '')
    .map((entry) => {
      const [kind = '', time = '', ...name] = entry.split('\t');
      return { kind, ctimeMs: Number(time) * 1000, path: name.join('\t') };
    });
  const above = (kind: string) =>
    entries
      .filter((entry) => entry.kind === kind)
      .map(({ path }) => (dirname(path) === '.' ? '' : dirname(path)));
  return {
    files: entries.filter(({ kind }) => kind === 'f'),
    repositories: above('g'),
    trees: above('t'),
  };
}

/** At most `most` of them in words, and how many more there are. */
export function describeForeign(foreign: readonly Foreign[], most = 5): string {
  const words = foreign
    .slice(0, most)
    .map(({ path, what }) => (what === undefined ? path : `${path}: ${what}`));
  const more = foreign.length - words.length;
  return [...words, ...(more > 0 ? [`and ${more} more`] : [])].map((line) => `  ${line}`).join('\n');
}
