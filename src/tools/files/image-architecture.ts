// SPDX-License-Identifier: Apache-2.0
import { basename, dirname } from 'node:path';
import { CommandError, UsageError } from '../../errors.ts';
import { readPart } from '../../read-file.ts';
import type { Run } from '../process/exec.ts';
import { withSbin } from '../process/sbin.ts';
import type { ExtFileSystem } from './disk-image.ts';

/** Programs that are files and not links, in one distribution or another. */
const PROGRAMS = [
  '/usr/lib/systemd/systemd',
  '/lib/systemd/systemd',
  '/usr/bin/bash',
  '/bin/bash',
  '/usr/bin/dash',
  '/bin/dash',
  '/usr/bin/busybox',
  '/bin/busybox',
  '/usr/sbin/init',
  '/sbin/init',
];
/** e_machine of ELF's header. */
const ARM64 = 183;
/** What debugfs may use on an image that anybody made: seconds, bytes of address space. */
const BOUNDS = ['timeout', '60', 'prlimit', `--as=${2 ** 31}`] as const;

/**
 * Look at the programs in an image: where the first block of one is, debugfs says; the ELF header is read there, so that a file
 * which claims to be huge costs nothing.
 *
 * @throws {UsageError} they are of another architecture, or there is none by which to tell
 */
export async function requireArm64(
  image: string,
  name: string,
  { at, blockSize }: ExtFileSystem,
  run: Run,
): Promise<void> {
  for (const program of PROGRAMS) {
    const block = await firstBlock(image, name, at, program, run);
    const header = block === 0 ? undefined : await readPart(image, at + block * blockSize, 20);
    if (header?.toString('latin1', 0, 4) !== '\x7fELF' || header.length < 20) continue;
    const machine = header.readUInt16LE(18);
    if (machine === ARM64) return;
    throw new UsageError(
      `${name} is not of arm64: ${program} in it has ELF machine ${machine}, not ${ARM64}`,
      'Name an image for arm64 (aarch64).',
    );
  }
  throw new UsageError(
    `${name} has no program by which its architecture could be told: none of ${PROGRAMS.join(', ')}`,
    'If it is right all the same, leave it out of the recipe and set VM_DRIVE (docs/board.md, step 4).',
  );
}

/** Number of the first block of `program`; 0 where there is none. */
async function firstBlock(
  image: string,
  name: string,
  at: number,
  program: string,
  run: Run,
): Promise<number> {
  const device = `./${basename(image)}${at === 0 ? '' : `?offset=${at}`}`;
  try {
    const words = [...BOUNDS, 'debugfs', '-R', `bmap ${program} 0`, device] as const;
    const said = await run(words, dirname(image), { PATH: withSbin(), DEBUGFS_PAGER: '__none__' });
    return Number(/^\d+$/m.exec(said)?.[0] ?? 0);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new UsageError(`${name} is damaged: debugfs cannot read it`, 'Look at it with `e2fsck -fn`.', {
      cause: error,
    });
  }
}
