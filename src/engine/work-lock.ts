// SPDX-License-Identifier: Apache-2.0
import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { z } from 'zod';
import { EnvironmentError } from '../errors.ts';
import { readText } from '../read-file.ts';
import { lockOpenFile } from '../tools/files/flock.ts';
import { makeFolder } from '../tools/files/make-folder.ts';
import { parseJson } from '../tools/files/read-json.ts';
import { isCode } from '../tools/files/write-file.ts';
import { killLeftovers } from './leftovers.ts';

/** Who holds a work folder; kept in the lock file for whoever finds it locked. */
const holderSchema = z.object({
  pid: z.number(),
  host: z.string(),
  command: z.string(),
  since: z.string(),
  /** Marks the processes that the run starts. */
  run: z.string(),
});
type Holder = Readonly<z.infer<typeof holderSchema>>;

/** Gives the work folder back. */
export type Release = () => Promise<void>;

/**
 * Take the work folder for one run. The lock is the kernel's and ends with this process, whatever kills it; what a killed
 * run left running (a make, its compilers) is ended first, so that two runs never write at once.
 *
 * @throws {EnvironmentError} another run has it: says which
 */
export async function lockWork(work: string, run: string, command: string): Promise<Release> {
  const path = join(work, '.bpmp-virt', 'lock');
  const file = await openLocked(path);
  if (file === undefined) throw inUse(work, await readHolder(path));
  const before = parseJson(await file.readFile('utf8'), holderSchema);
  if (before !== undefined) await killLeftovers(before.run);
  const holder: Holder = {
    pid: process.pid,
    host: hostname(),
    command,
    since: new Date().toISOString(),
    run,
  };
  await file.truncate(0);
  await file.write(JSON.stringify(holder), 0);
  return async () => {
    await file.truncate(0);
    await file.close();
  };
}

/** The lock file, open and locked; undefined where somebody else has it. */
async function openLocked(path: string): Promise<FileHandle | undefined> {
  await makeFolder(dirname(path));
  const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o644);
  let ours = false;
  try {
    if (!lockOpenFile(file.fd)) return undefined;
    // `clean` may have deleted the file between open and lock: then this lock is of a file that nobody sees.
    ours = await isSameFile(file, path);
    if (ours) return file;
  } finally {
    if (!ours) await file.close();
  }
  return openLocked(path);
}

async function isSameFile(file: FileHandle, path: string): Promise<boolean> {
  try {
    const [mine, seen] = await Promise.all([file.stat(), stat(path)]);
    return mine.ino === seen.ino && mine.dev === seen.dev;
  } catch (error) {
    if (isCode(error, 'ENOENT')) return false;
    throw error;
  }
}

async function readHolder(path: string): Promise<Holder | undefined> {
  return parseJson(await readText(path), holderSchema);
}

function inUse(work: string, holder: Holder | undefined): EnvironmentError {
  const who =
    holder === undefined
      ? 'another run'
      : `\`${holder.command}\` (process ${holder.pid} on ${holder.host}, since ${holder.since})`;
  return new EnvironmentError(
    `${work} is in use by ${who}`,
    'Wait until it ends, or give this run a folder of its own: --work DIR.',
  );
}
