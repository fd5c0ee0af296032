// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { execa } from 'execa';
import { Unpack } from 'tar';
import { EnvironmentError, StepError } from '../errors.ts';
import { fillFolder } from './folder.ts';
import { findProgram } from './programs.ts';

export type Extraction = {
  readonly archive: string;
  /** The folder that shall hold what is in the archive. */
  readonly into: string;
  /** How many leading folders of each name are dropped. */
  readonly strip: number;
  /** What the archive must hash to; checked while it is read, before anything of it is in place. */
  readonly sha256?: string;
  readonly signal?: AbortSignal;
};

/**
 * Unpack a tar archive, compressed with bzip2, xz, gzip, zstd or not at all, so that `into` holds it: aside first, renamed when all
 * is there and the hash holds. Modes are kept whatever the umask, symlinks as they are.
 *
 * @throws {StepError} it is damaged, has another hash, or an entry lies or leads outside the folder; `into` is as it was
 * @throws {EnvironmentError} the program that decompresses it is not installed
 */
export async function extractArchive(extraction: Extraction): Promise<void> {
  await fillFolder(extraction.into, (aside) => unpackInto(aside, extraction));
}

async function unpackInto(folder: string, extraction: Extraction): Promise<void> {
  const { archive, strip, sha256, signal } = extraction;
  const hash = createHash('sha256');
  const file = createReadStream(archive, { highWaterMark: 1 << 20 });
  file.on('data', (chunk) => hash.update(chunk));
  const links: AbsoluteLink[] = [];
  try {
    await pipeline(await decompressed(archive, file), unpacker(folder, strip, links), { signal });
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof EnvironmentError) throw cause;
    throw new StepError(
      `${archive} cannot be unpacked: ${cause instanceof Error ? cause.message : String(cause)}`,
      'If it is damaged, remove it: the next run fetches it again. An entry that leads outside its folder is an attack or a mistake of who packed it.',
      { cause },
    );
  }
  const found = hash.digest('hex');
  if (sha256 !== undefined && sha256 !== found) {
    throw new StepError(
      `${archive} has sha256 ${found}, wanted ${sha256}`,
      'Remove it: the next run fetches it again.',
    );
  }
  for (const { path, target } of links) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await symlink(target, join(folder, path));
  }
}

type AbsoluteLink = { readonly path: string; readonly target: string };

/**
 * tar's own checks, every warning being an error: no `..`, no absolute name, no hard link or relative symlink that leads
 * outside, nothing below a symlink. Symlinks to absolute places are normal in root file systems: they are made
 * last, so that nothing can be written through them.
 */
function unpacker(cwd: string, strip: number, links: AbsoluteLink[]): Unpack {
  return new Unpack({
    cwd,
    strip,
    strict: true,
    chmod: true,
    processUmask: 0,
    preserveOwner: false,
    filter: (path, entry) => {
      if (!('linkpath' in entry) || entry.type !== 'SymbolicLink') return true;
      const target = entry.linkpath ?? '';
      if (!target.startsWith('/')) return true;
      const parts = path.split('/').filter((part) => part !== '' && part !== '.');
      if (path.startsWith('/') || parts.includes('..')) return true;
      if (parts.length > strip) links.push({ path: parts.slice(strip).join('/'), target });
      return false;
    },
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

/** The tar inside; `file` is read by whoever decompresses it. */
async function decompressed(archive: string, file: Readable): Promise<Readable> {
  const start = await firstBytes(archive);
  const format = FORMATS.find(({ magic }) => start.startsWith(magic));
  if (format === undefined) return file;
  const program = await firstInstalled(format.programs);
  const child = execa(program, ['-dc'], {
    stdin: 'pipe',
    stdout: 'pipe',
    buffer: { stderr: true, stdout: false },
  });
  const tar = new PassThrough();
  const feed = pipeline(file, child.stdin);
  // What the program says at its end decides: a cut-off archive is an error although all of its tar came out.
  Promise.all([pipeline(child.stdout, tar, { end: false }), feed, child]).then(
    () => tar.end(),
    (error: unknown) => tar.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  return tar;
}

async function firstBytes(path: string): Promise<string> {
  const handle = await open(path);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(LONGEST_MAGIC), 0, LONGEST_MAGIC, 0);
    return buffer.subarray(0, bytesRead).toString('hex');
  } finally {
    await handle.close();
  }
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
