// SPDX-License-Identifier: Apache-2.0
import { readdir } from 'node:fs/promises';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { readBytes } from '../read-file.ts';
import { RUN_VARIABLE } from '../tools/process/run-mark.ts';

/** How long to wait for killed processes to be gone, in ms: a process in disk sleep dies when its read is done. */
const PATIENCE_MS = 10_000;

/**
 * End what run `run` left running: after a SIGKILL of the tool its make and compilers live on. Only processes that carry
 * the run's own mark in their environment are touched.
 */
export async function killLeftovers(run: string): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (Date.now() < deadline) {
    const pids = await processesOf(run);
    if (pids.length === 0) return;
    for (const pid of pids) kill(pid);
    await sleep(20);
  }
}

async function processesOf(run: string): Promise<readonly number[]> {
  const entries = await readdir('/proc').catch(() => []);
  const pids = entries.filter((name) => /^\d+$/.test(name)).map(Number);
  const marked = await Promise.all(pids.map((pid) => carries(pid, run)));
  return pids.filter((_, at) => marked[at]);
}

async function carries(pid: number, run: string): Promise<boolean> {
  // Other users' processes cannot be read, and none of them is ours; a zombie's environment is empty.
  const environment = await readBytes(`/proc/${pid}/environ`)
    .then((bytes) => bytes.toString('latin1'))
    .catch(() => '');
  return environment.split('\0').includes(`${RUN_VARIABLE}=${run}`);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself meanwhile.
  }
}
