// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { constants, type ReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { UsageError } from './errors.ts';

/** Most bytes of a text that we read whole: the largest that we know, a kernel's .config or a device tree as source, have 1 MiB. */
const TEXT_MOST = 32 * 2 ** 20;
/** The same of other files: a kernel's Image has 50 MiB, a QEMU with debug information 400 MiB. */
const BYTES_MOST = 2 ** 30;
/** Bytes to begin with where a file does not say how many it has; doubled while there are more. */
const FIRST = 4096;

/**
 * The only way in which files are read: regular ones alone, and no more of them than `most` bytes, so that a pipe, a device or a file
 * that grows under us cannot hold or fill this process.
 *
 * @throws {UsageError} it is not a regular file, or is larger
 * @throws what the system says where it cannot be opened (ENOENT, EACCES …)
 */
export async function readBytes(path: string, most = BYTES_MOST): Promise<Buffer> {
  const { file, size } = await openRegular(path);
  try {
    // Files of /proc say that they have no bytes, those of /sys that they have a page.
    let bytes = Buffer.allocUnsafe(size === 0 ? FIRST : Math.min(size, most + 1));
    let filled = 0;
    for (;;) {
      const { bytesRead } = await file.read(bytes, filled, bytes.length - filled);
      filled += bytesRead;
      if (filled > most)
        throw new UsageError(
          `${path} has more than ${most} bytes, which nothing here needs`,
          'Name another file.',
        );
      if (bytesRead === 0 || filled === size) return bytes.subarray(0, filled);
      if (filled === bytes.length) bytes = Buffer.concat([bytes, Buffer.alloc(bytes.length)]);
    }
  } finally {
    await file.close();
  }
}

/** The same as UTF-8. */
export async function readText(path: string, most = TEXT_MOST): Promise<string> {
  return (await readBytes(path, most)).toString('utf8');
}

/** `length` bytes of a regular file of any size from the byte `at` on, fewer where it ends before. @throws as `readBytes` */
export async function readPart(path: string, at: number, length: number): Promise<Buffer> {
  const { file } = await openRegular(path);
  try {
    const part = Buffer.alloc(length);
    const { bytesRead } = await file.read(part, 0, length, at);
    return part.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Bytes of a regular file. @throws as `readBytes` */
export async function sizeOfFile(path: string): Promise<number> {
  const { file, size } = await openRegular(path);
  await file.close();
  return size;
}

/** Hash of a regular file of any size, in hex. @throws as `readBytes` */
export async function hashFile(path: string, algorithm: 'sha1' | 'sha256' = 'sha256'): Promise<string> {
  const hash = createHash(algorithm);
  await pipeline(await readStream(path), hash);
  return hash.digest('hex');
}

/** A regular file of any size, in parts. Whoever takes it reads it to its end or destroys it. @throws as `readBytes` */
export async function readStream(path: string, highWaterMark = 65_536): Promise<ReadStream> {
  return (await openRegular(path)).file.createReadStream({ highWaterMark });
}

/** A regular file to read from, and its size. Without waiting: a pipe that nobody writes to would hold the call for ever. @throws as `readBytes` */
export async function openRegular(
  path: string,
): Promise<{ readonly file: FileHandle; readonly size: number }> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const info = await file.stat();
  if (info.isFile()) return { file, size: info.size };
  await file.close();
  throw new UsageError(`${path} is not a regular file`, 'Name a file, and not a folder, a pipe or a device.');
}
