// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EnvironmentError } from '../errors.ts';
import { writeFileWhole } from './write-file.ts';

/** What util-linux's flock is told to exit with when somebody else has the lock. */
const HELD_BY_OTHER = 75;

export type LockRequest = {
  /** Wait for whoever has it. */
  readonly wait: boolean;
  /** One line about the taker, for those who find the lock taken. */
  readonly who: string;
  readonly signal?: AbortSignal;
};

/** A lock that is held: it ends with `release`, or with this process however that ends. */
export type HeldLock = { readonly release: () => Promise<void> };

/**
 * Take the lock `file`. A child `flock` holds it for as long as its input is open, and the kernel closes that after
 * a kill -9 too: no stale lock is ever left. Beside it, `file`.holder says who has it or had it last.
 *
 * @returns the lock, or who holds it (only where `wait` is not set)
 * @throws {EnvironmentError} flock is not installed or cannot open the file
 */
export async function takeLock(
  file: string,
  { wait, who, signal }: LockRequest,
): Promise<HeldLock | { readonly holder: string }> {
  await mkdir(dirname(file), { recursive: true });
  const options = wait ? [] : ['--nonblock', `--conflict-exit-code=${HELD_BY_OTHER}`];
  const { execa } = await import('execa');
  const child = execa('flock', [...options, file, 'sh', '-c', 'echo held; exec cat >/dev/null'], {
    // A group of its own: Ctrl-C must not take the lock from us while we still tidy up.
    detached: true,
    stdin: 'pipe',
    buffer: { stderr: true },
    reject: false,
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  });
  const held = await Promise.race([once(child.stdout, 'data').then(() => true), child.then(() => false)]);
  if (held) {
    await writeFileWhole(`${file}.holder`, `${who}\n`);
    return {
      release: async () => {
        child.stdin.end();
        await child;
      },
    };
  }
  signal?.throwIfAborted();
  const { exitCode, stderr, shortMessage } = await child;
  if (exitCode === HELD_BY_OTHER) return { holder: await readHolder(file) };
  throw new EnvironmentError(`cannot lock ${file}: ${stderr || shortMessage}`, 'Make the folder writable.');
}

/** Run `action` alone among all processes that use the lock `file`, after those who came before. */
export async function withLock<T>(
  file: string,
  request: Omit<LockRequest, 'wait'>,
  action: () => Promise<T>,
): Promise<T> {
  const lock = await takeLock(file, { ...request, wait: true });
  if (!('release' in lock)) throw new Error('a lock that was waited for is not held');
  try {
    return await action();
  } finally {
    await lock.release();
  }
}

async function readHolder(file: string): Promise<string> {
  const text = await readFile(`${file}.holder`, 'utf8').catch(() => 'another process');
  return text.trim();
}
