// SPDX-License-Identifier: Apache-2.0
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../../errors.ts';
import { readPart } from '../../read-file.ts';
import { lockOpenFile } from './flock.ts';
import { exists } from './folder.ts';
import { isCode } from './is-code.ts';
import { makeFolder } from './make-folder.ts';
import { writeFileWhole } from './write-file.ts';

/** Bytes by which a file of ours is known. */
const HEAD = 4096;

/** What a file that a person names is to hold. */
export type OutputKind = {
  /** `a transcript`. */
  readonly what: string;
  /** Whether a file that begins so (up to 4096 bytes) is one. */
  readonly isOurs: (head: string) => boolean;
};

/**
 * A file that a person names for something to be written to: new, or empty, or one that this tool wrote, which is emptied. It is locked
 * until it is closed. Devices (/dev/null, a terminal) are written to as they are.
 *
 * @throws {UsageError} anything else is there: it is untouched; or there is no folder for it
 */
export async function openOutput(path: string, kind: OutputKind): Promise<FileHandle> {
  // A pipe without a reader would hold an open that waits for ever.
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_NONBLOCK;
  const file = await open(path, flags, 0o666).catch((error: unknown) => {
    if (isCode(error, 'ENOENT'))
      throw new UsageError(`${path} cannot be made: its folder is not there`, 'Make the folder first.');
    throw isCode(error, 'ENXIO', 'EISDIR') ? taken(path, kind) : error;
  });
  try {
    const info = await file.stat();
    if (info.isCharacterDevice()) return file;
    if (!info.isFile() || (info.size > 0 && !kind.isOurs(await headOf(path)))) throw taken(path, kind);
    if (!lockOpenFile(file.fd))
      throw new UsageError(`${path} is being written by another run`, 'Name another file.');
    await file.truncate(0);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function headOf(path: string): Promise<string> {
  return (await readPart(path, 0, HEAD)).toString('utf8');
}

function taken(path: string, { what }: OutputKind): UsageError {
  return new UsageError(
    `${path} is there, and is not ${what} that bpmp-virt wrote`,
    'Name another file, or move that one away.',
  );
}

/** In a folder that runs write to. */
const MARK = '.bpmp-virt-logs';

/**
 * Make a folder that a person names for files of a run, which are written anew by each run.
 *
 * @param names what the run writes there
 * @throws {UsageError} files of these names are there, and no run of this tool wrote to that folder before
 */
export async function claimFolder(folder: string, names: readonly string[]): Promise<void> {
  await makeFolder(folder);
  if (await exists(join(folder, MARK))) return;
  const there: string[] = [];
  for (const name of names) if (await exists(join(folder, name))) there.push(name);
  if (there.length > 0)
    throw new UsageError(
      `${folder} has files of somebody else where this run would write: ${there.join(', ')}`,
      'Name another folder, or move them away.',
    );
  await writeFileWhole(join(folder, MARK), 'bpmp-virt run --emulate writes its files here anew each time.\n');
}
