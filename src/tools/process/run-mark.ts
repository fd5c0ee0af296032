// SPDX-License-Identifier: Apache-2.0
import { AsyncLocalStorage } from 'node:async_hooks';

/** Environment variable that marks the processes of one run, and theirs. */
export const RUN_VARIABLE = 'BPMP_VIRT_RUN';

const current = new AsyncLocalStorage<string>();

/** Call `action`; every program that it starts, by whatever way, carries the mark of `run`. */
export function inRun<T>(run: string, action: () => Promise<T>): Promise<T> {
  return current.run(run, action);
}

/** What goes into the environment of a program: the mark of the run that starts it, or nothing outside of one. */
export function runMark(): Readonly<Record<string, string>> {
  const run = current.getStore();
  return run === undefined ? {} : { [RUN_VARIABLE]: run };
}
