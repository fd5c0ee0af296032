// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { EnvironmentError, StepError, UsageError } from '../../errors.ts';
import type { Emit } from '../../events.ts';
import { diskFull } from '../files/disk-full.ts';
import { exists, fillFolder } from '../files/folder.ts';
import { removeOverlays } from '../files/overlay.ts';
import { withLock } from '../files/with-lock.ts';
import { isCode } from '../files/write-file.ts';
import { headCommit, localCommit, type OnProgress } from './git.ts';
import { checkOut, fetchCommit, fetchShallow, hasCommit, listSubmodules, remoteRef } from './git-remote.ts';
import { endMove, withMove } from './move-tree.ts';
import { markSynced, ownChanges, ownCommits, refuseOwnWork, standsOn } from './own-work.ts';
import { removeSeries } from './patch-series.ts';
import { QEMU_SUBMODULES } from './qemu-submodules.ts';

export type SyncRequest = {
  /** As the recipe has them. */
  readonly urls: readonly string[];
  /** A tag or a branch. */
  readonly ref: string;
  /** What it must be. */
  readonly commit?: string;
  readonly into: string;
};

export type SyncContext = {
  readonly cache: string;
  readonly offline: boolean;
  readonly url: (address: string) => string;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  /** ms between two attempts at one server; grows with each. */
  readonly pauseMs?: number;
};

/** Attempts at one server before the next is asked: git has no way to go on where a pack was cut off. */
const ATTEMPTS = 3;
const PAUSE_MS = 2_000;
/** What git and its libraries say where a connection was there and is no more, or a server is busy. */
const LOST =
  /early EOF|unexpected disconnect|hung up|RPC failed|curl (?:18|28|35|52|55|56|92)\b|connection (?:reset|timed out)|transfer closed|returned error: (?:429|5\d\d)|block timeout/i;

const SUBMODULES = new RegExp(`^(${QEMU_SUBMODULES})$`);

/**
 * Bring one repository to `into`, without its history, at `ref`: mirrors in order, objects kept in the cache. A tree that is
 * there at another commit is moved, after our own changes are taken out of it.
 *
 * @returns the commit
 * @throws {StepError} no mirror has `ref`, or none at `commit`; names the repository
 * @throws {UsageError} something of the user's is in the way
 */
export async function syncTree(request: SyncRequest, ctx: SyncContext): Promise<string> {
  const store = storeOf(request.urls[0] ?? '', ctx.cache);
  const commit = await withLock(`${store}.lock`, ctx.signal, () => fetchAny(store, request, ctx));
  await place(request.into, store, commit, ctx);
  for (const submodule of await listSubmodules(request.into)) {
    if (SUBMODULES.test(submodule.path)) await syncSubmodule(request.into, submodule, ctx);
  }
  return commit;
}

function storeOf(url: string, cache: string): string {
  const name = url.replace(/^.*\//, '').replace(/\.git$/, '');
  return join(cache, 'git', `${name}-${createHash('sha256').update(url).digest('hex').slice(0, 12)}.git`);
}

/** Have the wanted commit in `store`; gives it. */
async function fetchAny(
  store: string,
  { urls, ref, commit }: SyncRequest,
  ctx: SyncContext,
): Promise<string> {
  const known = commit ?? (ctx.offline && (await exists(store)) ? await localCommit(store, ref) : undefined);
  if (known !== undefined && (await hasCommit(store, known))) return known;
  if (ctx.offline) {
    throw new EnvironmentError(
      `${urls[0]} at ${ref} is not in ${store}, and the network may not be used`,
      'Run once without --offline on a machine that has the network, and bring its cache along.',
    );
  }
  const problems: string[] = [];
  for (const url of urls) {
    const found = await fetchOne(
      store,
      ctx.url(url),
      { ref, ...(commit === undefined ? {} : { commit }) },
      ctx,
    );
    if ('commit' in found) return found.commit;
    ctx.emit({ type: 'warning', text: `${url}: ${found.problem}` });
    problems.push(`  ${url}: ${found.problem}`);
  }
  throw new StepError(
    `no mirror has ${ref}${commit === undefined ? '' : ` at ${commit}`} of ${urls[0]}:\n${problems.join('\n')}`,
    'Correct the tag in the recipe, or map the server to one that has it with --mirror FROM=TO.',
  );
}

/**
 * Fetch from one server, again where the connection is lost. Gives the commit, or what is wrong.
 *
 * @throws {EnvironmentError} the disk is full
 */
async function fetchOne(
  store: string,
  url: string,
  wanted: RefWish,
  ctx: SyncContext,
): Promise<{ readonly commit: string } | { readonly problem: string }> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await askServer(store, url, wanted, ctx);
    } catch (error) {
      ctx.signal.throwIfAborted();
      const problem = problemOf(error);
      if (attempt === ATTEMPTS || !LOST.test(problem)) return { problem };
      ctx.emit({ type: 'warning', text: `${url}: ${problem}\nThe connection was lost; it is asked again.` });
      await pause((ctx.pauseMs ?? PAUSE_MS) * attempt, undefined, { signal: ctx.signal });
    }
  }
}

/** What git says. @throws {EnvironmentError} the disk is full, which no other server changes */
function problemOf(error: unknown): string {
  const full = diskFull(error);
  if (full !== undefined) throw full;
  return error instanceof Error ? error.message.trim() : String(error);
}

type RefWish = { readonly ref: string; readonly commit?: string };

async function askServer(
  store: string,
  url: string,
  wanted: RefWish,
  ctx: SyncContext,
): Promise<{ readonly commit: string } | { readonly problem: string }> {
  const remote = await remoteRef(url, wanted.ref, ctx.signal);
  if (remote === undefined) return { problem: `it has no tag or branch ${wanted.ref}` };
  if (wanted.commit === undefined || wanted.commit === remote.commit) {
    await fetchShallow(store, url, remote.name, ctx.signal, progressOf(url, ctx));
    return { commit: remote.commit };
  }
  // A branch goes on, and its older commits stay; a tag that has moved is another release under the same name.
  if (remote.name.startsWith('refs/tags/')) {
    return { problem: `its tag ${wanted.ref} is ${remote.commit}, not ${wanted.commit}` };
  }
  await fetchCommit(store, url, wanted.commit, ctx.signal, progressOf(url, ctx));
  return { commit: wanted.commit };
}

function progressOf(url: string, { emit }: SyncContext): OnProgress {
  return ({ stage, processed, total }) =>
    emit({ type: 'progress', what: `${url} ${stage}`, done: processed, total });
}

async function place(into: string, store: string, commit: string, ctx: SyncContext): Promise<void> {
  const { signal } = ctx;
  if (!(await exists(into))) {
    await fillFolder(into, (aside) => checkOut(aside, store, commit, signal));
    return;
  }
  if (await endMove(into, signal)) {
    const text = `${into}: an earlier run was cut off while it moved the tree to another commit, which is brought to its end`;
    ctx.emit({ type: 'note', text });
  }
  const head = await headCommit(into);
  if (head === commit) return markSynced(into, commit);
  if (!(await exists(join(into, '.git')))) {
    throw new UsageError(`${into} is in the way and is not a git repository`, 'Move it away and run again.');
  }
  if (await standsOn(into, commit)) {
    ctx.emit({
      type: 'note',
      text: `${into} stays where it is: it has commits of yours on top of ${commit}`,
    });
    return;
  }
  refuseOwnWork(into, commit, [...(await ownCommits(into)), ...(await ownChanges(into, false))]);
  await removeSeries(into);
  await removeOverlays(into);
  await withMove(into, { from: head ?? '', to: commit }, () => checkOut(into, store, commit, signal));
}

async function syncSubmodule(
  tree: string,
  { path, url, commit }: { path: string; url: string; commit: string },
  ctx: SyncContext,
): Promise<void> {
  const store = storeOf(url, ctx.cache);
  const folder = join(tree, path);
  const request = { urls: [url], ref: commit, commit, into: folder };
  await withLock(`${store}.lock`, ctx.signal, async () => {
    if (await hasCommit(store, commit)) return;
    if (ctx.offline) await fetchAny(store, request, ctx);
    await fetchCommit(store, ctx.url(url), commit, ctx.signal, progressOf(url, ctx));
  });
  // git makes an empty folder in a submodule's place.
  if (await isEmptyFolder(folder)) await rmdir(folder);
  await place(folder, store, commit, ctx);
}

async function isEmptyFolder(path: string): Promise<boolean> {
  try {
    return (await readdir(path)).length === 0;
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}
