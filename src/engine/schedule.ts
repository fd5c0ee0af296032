// SPDX-License-Identifier: Apache-2.0
import type { StepKind } from '../plan/step-options.ts';

/** Kinds that mostly wait for a network: several at once, beside one that computes. */
const NETWORK: ReadonlySet<StepKind> = new Set([
  'fetch-archive',
  'sync-tree',
  'sync-bsp',
  'fetch-debian-source',
  'build-sysroot',
]);
const NETWORK_AT_ONCE = 3;

/** What the order of steps depends on. */
export type Job = { readonly id: string; readonly kind: StepKind; readonly after: readonly string[] };

/**
 * Run jobs, each after those it waits for: one computing job at a time (each uses all cores by itself), and up to three
 * downloads beside it. After the first failure nothing new is started; it is thrown when the running ones have ended.
 *
 * @param run gets a signal that is aborted when another job failed
 */
export async function schedule<J extends Job>(
  jobs: readonly J[],
  run: (job: J, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const waiting = new Set(jobs);
  const running = new Map<J, Promise<void>>();
  const failed = new AbortController();
  let failure: { readonly error: unknown } | undefined;

  const start = (job: J) => {
    waiting.delete(job);
    const ended = run(job, failed.signal)
      .catch((error: unknown) => {
        failure ??= { error };
        failed.abort();
      })
      .finally(() => running.delete(job));
    running.set(job, ended);
  };

  for (;;) {
    if (failure === undefined) {
      for (let job = next(waiting, running); job !== undefined; job = next(waiting, running)) start(job);
    }
    if (running.size === 0) break;
    await Promise.race(running.values());
  }
  if (failure !== undefined) throw failure.error;
}

function next<J extends Job>(waiting: ReadonlySet<J>, running: ReadonlyMap<J, unknown>): J | undefined {
  const unfinished = new Set([...waiting, ...running.keys()].map((job) => job.id));
  const downloads = [...running.keys()].filter((job) => NETWORK.has(job.kind)).length;
  const computing = running.size - downloads;
  return [...waiting].find(
    (job) =>
      !job.after.some((id) => unfinished.has(id)) &&
      (NETWORK.has(job.kind) ? downloads < NETWORK_AT_ONCE : computing === 0),
  );
}
