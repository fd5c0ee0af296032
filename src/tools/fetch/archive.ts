// SPDX-License-Identifier: Apache-2.0
import { createHash, type Hash } from 'node:crypto';
import { chmod, lstat, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import type { Readable } from 'node:stream';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { execa } from 'execa';
import { type ReadEntry, Unpack } from 'tar';
import { EnvironmentError, StepError } from '../../errors.ts';
import { hashFile, readStream } from '../../read-file.ts';
import { fillFolder } from '../files/folder.ts';
import { makeFolder } from '../files/make-folder.ts';
import { setAside } from '../files/write-file.ts';
import { findProgram } from '../process/programs.ts';
import { runMark } from '../process/run-mark.ts';

export type Extraction = {
  readonly archive: string;
  /** How many leading folders of each name are dropped. */
  readonly strip: number;
  /** What the archive must hash to; checked while it is read, before anything of it is in place. One that does not is set aside. */
  readonly sha256?: string;
  readonly signal?: AbortSignal;
};

/**
 * Unpack a tar archive, compressed with bzip2, xz, gzip, zstd or not at all, so that `into` holds it: aside first, renamed when all
 * is there and the hash holds. Modes are kept whatever the umask, but for setuid,
 * setgid, sticky and write permission for all; symlinks as they are.
 *
 * @param extraction.into the folder that shall hold what is in the archive
 * @throws {StepError} it is damaged, has another hash, or an entry lies or leads outside the folder; `into` is as it was
 * @throws {EnvironmentError} the program that decompresses it is not installed
 */
export async function extractArchive(extraction: Extraction & { readonly into: string }): Promise<void> {
  await fillFolder(extraction.into, (aside) => unpackInto(aside, extraction));
}

/** The same into the empty folder `folder`. @throws {StepError | EnvironmentError} as `extractArchive`; some of it may be in the folder */
export async function unpackInto(folder: string, extraction: Extraction): Promise<void> {
  const { archive, strip, sha256, signal } = extraction;
  const hash = createHash('sha256');
  const late: Late = { links: [], modes: [] };
  try {
    await pipeline(await openTar(archive, hash), unpacker(folder, strip, late), { signal });
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof EnvironmentError) throw cause;
    // A file that its reader cannot make sense of has not been hashed to its end.
    if (sha256 !== undefined) await refuseOther(archive, sha256, await hashFile(archive));
    throw new StepError(
      `${archive} cannot be unpacked: ${cause instanceof Error ? cause.message : String(cause)}`,
      'If it is damaged, remove it: the next run fetches it again. An entry that leads outside its folder is an attack or a mistake of who packed it.',
      { cause },
    );
  }
  if (sha256 !== undefined) await refuseOther(archive, sha256, hash.digest('hex'));
  for (const { path, target } of late.links) {
    await refuseThroughLink(archive, folder, path);
    await makeFolder(dirname(join(folder, path)));
    await symlink(target, join(folder, path));
  }
  // Innermost first: a folder may take away our own right to look into it.
  for (const { path, mode } of late.modes.toReversed()) {
    await refuseThroughLink(archive, folder, path);
    await chmod(join(folder, path), mode);
  }
}

/** @throws {StepError} a folder above `path`, or what is there, is a symlink: what is done there is done elsewhere */
async function refuseThroughLink(archive: string, folder: string, path: string): Promise<void> {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  for (const [at] of parts.entries()) {
    const place = join(folder, ...parts.slice(0, at + 1));
    const info = await lstat(place).catch(() => undefined);
    if (info?.isSymbolicLink() !== true) continue;
    throw new StepError(
      `${archive} cannot be unpacked: ${path} lies behind the symlink ${parts.slice(0, at + 1).join('/')}`,
      'An entry that leads outside its folder is an attack or a mistake of who packed it.',
    );
  }
}

/** @throws {StepError} `found` is not the sha256 that is wanted; the archive has been set aside */
async function refuseOther(archive: string, wanted: string, found: string): Promise<void> {
  if (found === wanted) return;
  const bad = await setAside(archive, archive, found);
  throw new StepError(
    `${archive} has sha256 ${found}, wanted ${wanted}; nothing of it was used; set aside as ${bad}`,
    'Somebody or a faulty disk changed it since it was fetched. Run the same command again: it fetches it again.',
  );
}

/** What is done after tar: symlinks to absolute places, and modes that the umask did not let through. */
type Late = {
  readonly links: { readonly path: string; readonly target: string }[];
  readonly modes: { readonly path: string; readonly mode: number }[];
};

/** Permission bits that an unpacked file may have. */
const SAFE_MODE = 0o775;

/**
 * tar's own checks, every warning being an error: no `..`, no absolute name, no hard link or relative symlink that leads
 * outside, nothing below a symlink. Symlinks to absolute places are normal in root file systems: they are made
 * last, so that nothing can be written through them.
 */
function unpacker(cwd: string, strip: number, late: Late): Unpack {
  const umask = process.umask();
  /** Whether tar itself makes an entry; what is done later is put down. */
  const keep = (name: string, entry: ReadEntry): boolean => {
    // Who unpacks may be root: nothing comes out as a program that runs as its owner, or that everybody may write.
    entry.mode = (entry.mode ?? 0o644) & SAFE_MODE;
    const parts = name.split('/').filter((part) => part !== '' && part !== '.');
    // What is wrong with the name is tar's to say.
    if (name.startsWith('/') || parts.includes('..') || parts.length <= strip) return true;
    const path = parts.slice(strip).join('/');
    const { type, linkpath = '', mode } = entry;
    if (type === 'SymbolicLink' && linkpath.startsWith('/')) {
      late.links.push({ path, target: linkpath });
      return false;
    }
    const hasMode = type === 'File' || type === 'Directory' || type === 'OldFile';
    if (hasMode && (mode & umask) !== 0) late.modes.push({ path, mode });
    return true;
  };
  return new Unpack({
    cwd,
    strip,
    strict: true,
    preserveOwner: false,
    filter: (name, entry) => !('linkpath' in entry) || keep(name, entry),
  });
}

/** What a compressed file begins with, and the programs that undo it: the first that is installed is taken. */
const FORMATS: readonly { readonly magic: string; readonly programs: readonly string[] }[] = [
  { magic: '425a68', programs: ['lbzip2', 'pbzip2', 'bzip2'] },
  { magic: 'fd377a585a00', programs: ['xz'] },
  { magic: '1f8b', programs: ['pigz', 'gzip'] },
  { magic: '28b52ffd', programs: ['zstd'] },
];
const LONGEST_MAGIC = 6;
const READ_BYTES = 1 << 20;

/** The tar inside `archive`, while all of the archive goes through `hash`. */
async function openTar(archive: string, hash: Hash): Promise<Readable> {
  const start = await firstBytes(archive);
  const format = FORMATS.find(({ magic }) => start.startsWith(magic));
  const program = format === undefined ? undefined : await firstInstalled(format.programs);
  const tap = async function* (source: AsyncIterable<Buffer>) {
    for await (const chunk of source) {
      hash.update(chunk);
      yield chunk;
    }
  };
  const file = await readStream(archive, READ_BYTES);
  const tar = new PassThrough();
  const done = program === undefined ? pipeline(file, tap, tar) : decompress(program, file, tap, tar);
  // Whoever reads `tar` is told through it.
  done.catch((error: unknown) => tar.destroy(error instanceof Error ? error : new Error(String(error))));
  return tar;
}

type Tap = (source: AsyncIterable<Buffer>) => AsyncGenerator<Buffer>;

async function decompress(program: string, file: Readable, tap: Tap, tar: PassThrough): Promise<void> {
  const child = execa(program, ['-dc'], {
    env: runMark(),
    stdin: 'pipe',
    stdout: 'pipe',
    buffer: { stderr: true, stdout: false },
  });
  // What the program says at its end decides: a cut-off archive is an error although much of its tar came out.
  await Promise.all([pipeline(child.stdout, tar, { end: false }), pipeline(file, tap, child.stdin), child]);
  tar.end();
}

async function firstBytes(path: string): Promise<string> {
  for await (const bytes of await readStream(path, LONGEST_MAGIC)) return (bytes as Buffer).toString('hex');
  return '';
}

async function firstInstalled(programs: readonly string[]): Promise<string> {
  for (const program of programs) {
    if ((await findProgram(program)) !== undefined) return program;
  }
  throw new EnvironmentError(
    `none of ${programs.join(', ')} is installed`,
    'Run `bpmp-virt check` for all that is missing and the line that installs it.',
  );
}
