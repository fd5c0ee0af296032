// SPDX-License-Identifier: Apache-2.0
import { rm } from 'node:fs/promises';
import type { SimpleGit } from 'simple-git';
import { exists } from '../files/folder.ts';
import { type OnProgress, revParse } from './git.ts';
import { openStore, TELLING_FETCH } from './git-remote.ts';

/** The commit in the folder of steps: whole there or not there. */
const WANTED = 'refs/bpmp-virt-steps/wanted';
/** Objects that are asked for at once, at first, at least and at most; 41 bytes of a command line each. */
const BATCH = { first: 128, least: 8, most: 2048 } as const;

/**
 * git keeps nothing of a pack that was cut off. So a folder of its own gets the commit with its trees and no files, then the files, some
 * at a time; what has come stays, also for the next run. A server that knows no filters sends all at the first step.
 *
 * The server is not told what is there ("noop"): it would take the files of a commit that is there for there as well.
 */
const STEP = [
  ...['-c', 'fetch.negotiationAlgorithm=noop', '-c', 'gc.auto=0', '-c', 'maintenance.auto=false'],
  ...TELLING_FETCH,
  ...['--no-write-fetch-head', '--filter=blob:none'],
] as const;

/** What is brought in steps. */
export type Steps = {
  /** A folder of its own, beside the store. */
  readonly folder: string;
  readonly url: string;
  readonly commit: string;
  /** The name of the commit on the server, or the commit. */
  readonly source: string;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress: OnProgress;
};

/** How many objects are asked for next, how fast that grows, and how many there were to ask for; kept by the caller between steps. */
export type StepSize = { batch?: number; growth?: number; total?: number };

/**
 * Take the next step; gives whether there was one to take. Where the link is lost, half as many are asked for at the next call.
 *
 * @throws {Error} git's: the link was lost, the server has it not, or does not give out single objects
 */
export async function takeStep(steps: Steps, size: StepSize): Promise<boolean> {
  const { folder, url, commit, source, signal, onProgress } = steps;
  if ((await exists(folder)) && (await revParse(folder, `${WANTED}^{commit}`)) !== commit)
    await rm(folder, { recursive: true });
  const git = await openStore(folder, signal, onProgress);
  if ((await revParse(folder, WANTED)) === undefined)
    await git.raw([...STEP, '--depth=1', url, `+${source}:${WANTED}`]);
  const missing = await missingIn(git);
  if (missing.length === 0) return false;
  size.total ??= missing.length;
  const count = size.batch ?? BATCH.first;
  const growth = size.growth ?? 2;
  Object.assign(size, { batch: Math.max(BATCH.least, Math.floor(count / 2)), growth: 1.25 });
  await git.raw([...STEP, url, ...missing.slice(0, count)]);
  Object.assign(size, { batch: Math.min(BATCH.most, Math.ceil(count * growth)), growth });
  const left = Math.max(0, missing.length - count);
  onProgress({ stage: 'files', processed: size.total - left, total: size.total });
  return true;
}

/** Bring what is whole in the folder of steps into `store` under `name`, and be rid of the folder. */
export async function endSteps(folder: string, store: string, name: string): Promise<void> {
  const git = await openStore(store);
  await git.raw(['fetch', '--quiet', '--no-tags', '--depth=1', `file://${folder}`, `+${WANTED}:${name}`]);
  await rm(folder, { recursive: true, force: true });
}

/** Ids of the objects that the commit needs and that are not there. */
async function missingIn(git: SimpleGit): Promise<readonly string[]> {
  const listing = await git.raw(['rev-list', '--objects', '--missing=print', WANTED]);
  return listing
    .split('\n')
    .filter((line) => line.startsWith('?'))
    .map((line) => line.slice(1));
}
