// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { readdir, rm, rmdir } from 'node:fs/promises';
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
import { checkOut, fetchWhole, hasCommit, listSubmodules, remoteRef } from './git-remote.ts';
import { endSteps, type StepSize, takeStep } from './git-steps.ts';
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

/** Losses of the link in a row, without anything that came, before the next server is asked. */
const LOSSES = 6;
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
    const from = ctx.url(url);
    const wish = { ref, ...(commit === undefined ? {} : { commit }) };
    const found = await fetchOne(store, from, ctx, (way) => askServer(store, from, wish, way, ctx));
    if ('commit' in found) return found.commit;
    ctx.emit({ type: 'warning', text: `${url}: ${found.problem}` });
    problems.push(`  ${url}: ${found.problem}`);
  }
  throw new StepError(
    `no mirror has ${ref}${commit === undefined ? '' : ` at ${commit}`} of ${urls[0]}:\n${problems.join('\n')}`,
    'Correct the tag in the recipe, or map the server to one that has it with --mirror FROM=TO.',
  );
}

/** How far the asking of one server has come. */
type Way = StepSize & { inSteps: boolean; losses: number };

/**
 * Fetch from one server, again where the connection is lost: whole at first, then in steps, each of which is kept. Gives the commit, or
 * what is wrong.
 *
 * @throws {EnvironmentError} the disk is full
 */
async function fetchOne(
  store: string,
  url: string,
  ctx: SyncContext,
  ask: (way: Way) => Promise<Fetched>,
): Promise<Fetched> {
  // What an earlier run has begun in steps goes on so.
  const way: Way = { inSteps: await exists(stepsOf(store)), losses: 0 };
  let mayStep = true;
  for (;;) {
    try {
      return await ask(way);
    } catch (error) {
      ctx.signal.throwIfAborted();
      const problem = problemOf(error);
      const isLost = LOST.test(problem);
      // A server, or a git, that has no steps: all of it at once.
      mayStep &&= isLost || !way.inSteps;
      if ((!isLost && !way.inSteps) || ++way.losses === LOSSES) return { problem };
      way.inSteps = mayStep;
      ctx.emit({ type: 'warning', text: `${url}: ${problem}\nThe connection was lost; it is asked again.` });
      const wait = (ctx.pauseMs ?? PAUSE_MS) * Math.min(way.losses, 3);
      await pause(wait, undefined, { signal: ctx.signal });
    }
  }
}

function stepsOf(store: string): string {
  return `${store}.steps`;
}

type Fetched = { readonly commit: string } | { readonly problem: string };
type Bring = { readonly source: string; readonly commit: string; readonly name: string };

/** Bring a commit from `url` into `store` under a name, in the way that was come to. */
async function bring(
  store: string,
  url: string,
  { source, commit, name }: Bring,
  way: Way,
  ctx: SyncContext,
): Promise<Fetched> {
  const { signal } = ctx;
  const onProgress = progressOf(url, ctx);
  const folder = stepsOf(store);
  if (way.inSteps) {
    while (await takeStep({ folder, url, commit, source, signal, onProgress }, way)) way.losses = 0;
    await endSteps(folder, store, name);
  } else {
    await fetchWhole(store, url, { source, name }, signal, onProgress);
    await rm(folder, { recursive: true, force: true });
  }
  return { commit };
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
  way: Way,
  ctx: SyncContext,
): Promise<Fetched> {
  const remote = await remoteRef(url, wanted.ref, ctx.signal);
  if (remote === undefined) return { problem: `it has no tag or branch ${wanted.ref}` };
  const { name, commit } = remote;
  if (wanted.commit === undefined || wanted.commit === commit)
    return bring(store, url, { source: name, commit, name }, way, ctx);
  // A branch goes on, and its older commits stay; a tag that has moved is another release under the same name.
  if (name.startsWith('refs/tags/'))
    return { problem: `its tag ${wanted.ref} is ${commit}, not ${wanted.commit}` };
  return bring(store, url, single(wanted.commit), way, ctx);
}

/** One commit, under a name of ours. */
function single(commit: string): Bring {
  return { source: commit, commit, name: `refs/bpmp-virt/${commit}` };
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
    const from = ctx.url(url);
    const found = await fetchOne(store, from, ctx, (way) => bring(store, from, single(commit), way, ctx));
    if ('commit' in found) return;
    throw new StepError(
      `${url} does not give ${commit}: ${found.problem}`,
      'Run the same command again, or map the server to one that has it with --mirror FROM=TO.',
    );
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
