// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { makeProgramsDisk } from '../../emulate/disk.ts';
import { DEBIAN } from '../../recipe/source-schema.ts';
import type { AptContext } from '../../tools/apt/apt.ts';
import { unpackPrograms } from '../../tools/apt/apt-programs.ts';
import { stockKernel } from '../../tools/build/stock-kernel.ts';
import { exists } from '../../tools/files/folder.ts';
import { makeFolder } from '../../tools/files/make-folder.ts';
import { withLock } from '../../tools/files/with-lock.ts';

/** What a guest over SCMI has of a distribution; absolute paths. */
export type StockParts = {
  readonly vmlinuz: string;
  readonly modules: readonly string[];
  /** ext4 image: an arm64 QEMU and fdtoverlay with their libraries. */
  readonly programs: string;
};

const PROGRAMS = ['qemu-system-arm', 'device-tree-compiler'];
/** The first of Debian's suites whose QEMU has both devices, and the last before one went. */
const TRIXIE = {
  mirror: DEBIAN,
  suites: ['trixie', 'trixie-security'],
  architecture: 'arm64',
};

/**
 * Debian's QEMU for the host inside the virtual Orin and Debian's kernel for its guest, from the cache or fetched.
 *
 * @param source the kernel source that the recipe took from Debian
 * @param build scmi/module/build.sh
 */
export async function stockParts(source: string, build: string, ctx: AptContext): Promise<StockParts> {
  const folder = join(ctx.cache, 'stock-arm64');
  await makeFolder(folder);
  return withLock(`${folder}.lock`, ctx.signal, async () => {
    const [root, programs] = [join(folder, 'programs'), join(folder, 'programs.img')];
    if (!(await exists(root))) await unpackPrograms(PROGRAMS, TRIXIE, root, ctx);
    if (!(await exists(programs))) await makeProgramsDisk(programs, root, ctx.run);
    return { programs, ...(await stockKernel(source, build, folder, ctx)) };
  });
}
