// SPDX-License-Identifier: Apache-2.0
// exec.ts cannot hand an open file on, and costs every start 0.1 s.
import { spawnSync } from 'node:child_process';
import { EnvironmentError } from '../../errors.ts';

/** Exit code that flock(1) is told to give where the lock is taken; no other failure of it has this code. */
const TAKEN = 75;

/**
 * Lock the open file `fd` for this process, without waiting. Node has no flock(2); flock(1) locks the open file
 * that it inherits from us, and the lock stays with that open file: it ends when we close it or die, whatever kills us.
 *
 * @returns whether the lock is ours now
 * @throws {EnvironmentError} flock(1) is not there or the file system knows no locks
 */
export function lockOpenFile(fd: number): boolean {
  const { status, error, stderr } = spawnSync(
    'flock',
    ['--nonblock', '--conflict-exit-code', `${TAKEN}`, '3'],
    { stdio: ['ignore', 'ignore', 'pipe', fd], encoding: 'utf8' },
  );
  if (status === 0) return true;
  if (status === TAKEN) return false;
  throw new EnvironmentError(
    `cannot lock the work folder: ${error?.message ?? stderr}`,
    'Install util-linux, or take a work folder (--work) on a file system that knows flock(2).',
  );
}
