// SPDX-License-Identifier: Apache-2.0
import { chmod, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../tools/files/make-folder.ts';
import type { Run } from '../tools/process/exec.ts';
import { withSbin } from '../tools/process/sbin.ts';
import { type FileEntry, withFolders } from './file-tree.ts';

/** The file system: busybox is 2 MB, the rest is room for what a guest writes. guest/init knows this number. */
const FILE_SYSTEM_MB = 24;
/** Behind it the guest leaves its kernel log. */
const LOG_MB = 1;

/**
 * A raw ext4 image with `entries`, made without root: mke2fs copies a folder in. What is in it belongs to who runs
 * this, which process 1, as root, does not mind. Devices are left out: the kernel mounts devtmpfs over /dev first.
 */
export async function makeDisk(image: string, entries: readonly FileEntry[], run: Run): Promise<void> {
  const staged = `${image}.root`;
  await rm(staged, { recursive: true, force: true });
  await rm(image, { force: true });
  await makeFolder(staged);
  try {
    await stageFiles(staged, entries);
    await makeFileSystem(image, staged, { size: FILE_SYSTEM_MB, file: FILE_SYSTEM_MB + LOG_MB }, run);
  } finally {
    await rm(staged, { recursive: true, force: true });
  }
}

/** Besides what is in it, for inodes and tables. */
const ROOM = 1.25;

/** A raw ext4 image of the folder `root`, for a machine that only reads it; whole or not at all. */
export async function makeProgramsDisk(image: string, root: string, run: Run): Promise<void> {
  const kb = Number.parseInt(await run(['du', '-sk', root], root), 10);
  const size = Math.ceil((kb * ROOM) / 1024) + 8;
  const aside = `${image}.part`;
  await makeFileSystem(aside, root, { size, file: size }, run);
  await rename(aside, image);
}

/** Sizes in MiB. */
async function makeFileSystem(
  image: string,
  root: string,
  { size, file }: { readonly size: number; readonly file: number },
  run: Run,
): Promise<void> {
  await writeFile(image, '');
  await truncate(image, file * 1024 * 1024);
  // No journal: the image is made anew for each run.
  const options = ['-O', '^has_journal', '-E', 'root_owner=0:0,lazy_itable_init=0'];
  await run(['mke2fs', '-q', '-F', '-t', 'ext4', ...options, '-d', root, image, `${size}M`], root, {
    PATH: withSbin(),
  });
}

/** Put `entries` into the folder `root`; devices are left out. */
export async function stageFiles(root: string, entries: readonly FileEntry[]): Promise<void> {
  for (const entry of withFolders(entries)) await stage(root, entry);
}

async function stage(root: string, entry: FileEntry): Promise<void> {
  const path = join(root, entry.path);
  if (entry.type === 'folder') {
    await makeFolder(path);
    // The umask of who runs this is not the guest's.
    await chmod(path, 0o755);
  }
  if (entry.type === 'link') await symlink(entry.target, path);
  if (entry.type !== 'file') return;
  await writeFile(path, entry.content);
  await chmod(path, entry.mode);
}
