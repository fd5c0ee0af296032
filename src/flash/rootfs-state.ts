// SPDX-License-Identifier: Apache-2.0
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../errors.ts';
import { readText } from '../read-file.ts';
import { isCode, writeFileWhole } from '../tools/files/write-file.ts';
import type { RootfsState } from './flash-plan.ts';

/** Our mark beside the root file system: it is of the very folder whose inode it has. */
const MARK = '.bpmp-virt-rootfs.json';
/** NVIDIA's file in a BSP whose root file system is not unpacked. */
const STOCK_FILES: readonly string[] = ['README.txt'];

/** How far the root file system has come: each word is written after the step before it has ended well. */
export type RootfsStage = 'unpacking' | 'unpacked' | 'applied';
type Mark = { readonly stage: RootfsStage; readonly inode: number };

/**
 * What has been done to Linux_for_Tegra's root file system, as our own mark says: the sight of a file says nothing, since
 * a run that a full disk cut off leaves most of them.
 *
 * @param isReady whether its owner says that it is unpacked and that apply_binaries.sh has run
 * @throws {UsageError} there are files, and nobody says that they are whole
 */
export async function readRootfs(l4t: string, isReady = false): Promise<RootfsState> {
  const rootfs = join(l4t, 'rootfs');
  const names = await namesIn(rootfs);
  const isEmpty = names.every((name) => STOCK_FILES.includes(name));
  const mark = await readMark(l4t);
  if (!isEmpty && mark !== undefined)
    return { unpacked: mark.stage !== 'unpacking', applied: mark.stage === 'applied' };
  if (isReady && !isEmpty) return { unpacked: true, applied: true };
  if (isReady)
    throw new UsageError(
      `${rootfs} is empty`,
      'Leave --rootfs-ready out, and give the archive with --rootfs.',
    );
  if (isEmpty) return { unpacked: false, applied: false };
  throw new UsageError(
    `${rootfs} has files, and no mark of this tool says that they are whole: an earlier run, or somebody else’s, may have been cut off`,
    `If you have unpacked it and run apply_binaries.sh yourself, and both ended well, say so with --rootfs-ready. Else remove it (sudo rm -rf ${rootfs}; sudo mkdir ${rootfs}) and give the archive with --rootfs.`,
  );
}

/** Write down how far it has come. */
export async function markRootfs(l4t: string, stage: RootfsStage): Promise<void> {
  const { ino } = await stat(join(l4t, 'rootfs'));
  const mark: Mark = { stage, inode: ino };
  await writeFileWhole(join(l4t, MARK), `${JSON.stringify(mark)}\n`, { mode: 0o644 });
}

async function readMark(l4t: string): Promise<Mark | undefined> {
  try {
    const mark = JSON.parse(await readText(join(l4t, MARK))) as Partial<Mark>;
    const { ino } = await stat(join(l4t, 'rootfs'));
    const isStage = mark.stage === 'unpacking' || mark.stage === 'unpacked' || mark.stage === 'applied';
    return isStage && mark.inode === ino ? { stage: mark.stage, inode: ino } : undefined;
  } catch (error) {
    // No mark, or one that cannot be read: then nothing says that it is whole.
    if (error instanceof SyntaxError || isCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch((error: unknown) => {
    if (isCode(error, 'ENOENT')) return [];
    throw error;
  });
}
