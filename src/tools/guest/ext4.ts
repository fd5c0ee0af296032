// SPDX-License-Identifier: Apache-2.0
import { truncate, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { Run } from '../process/exec.ts';
import { withSbin } from '../process/sbin.ts';

/** The same in every image: two builds of the same files are the same bytes. Chosen once by uuidgen. */
const UUID = '3a1c7d52-6b0f-4d0e-9a4e-5f2b8c1d7e60';
const HASH_SEED = '9d3e1f84-27c5-4b6a-8e1d-0c7a5b94f213';
/** The first inode that is not mke2fs's own, and the root's. */
const ROOT_INODE = 2;
const FIRST_INODE = 11;

/** What an ext4 image is made of. */
type Ext4Image = {
  /** The folder that becomes its root. */
  readonly root: string;
  /** What fakeroot(1) wrote of the folder's owners (`-s`); scratch files are made beside it. */
  readonly owners: string;
  readonly mib: number;
  /** No time in it is later; seconds since 1970. */
  readonly epoch: number;
};

/** A raw, sparse ext4 `image` of a folder that was filled under fakeroot; the same bytes for the same files. */
export async function makeExt4(
  image: string,
  { root, owners, mib, epoch }: Ext4Image,
  run: Run,
): Promise<void> {
  const folder = dirname(owners);
  // fakeroot(1) is a shell script that takes a path with a blank for two words.
  const fake = ['fakeroot', '-i', basename(owners)] as const;
  const env = { PATH: withSbin(), E2FSPROGS_FAKE_TIME: String(epoch) };
  const late = ['find', root, '-newermt', `@${epoch}`, '-exec', 'touch', '-h', '-d', `@${epoch}`, '{}', '+'];
  await run([...fake, '-s', basename(owners), '--', ...late], folder);
  await writeFile(image, '');
  await truncate(image, mib * 2 ** 20);
  const words = ['-q', '-F', '-t', 'ext4', '-U', UUID, '-E', `hash_seed=${HASH_SEED},root_owner=0:0`];
  await run([...fake, '--', 'mke2fs', ...words, '-d', root, image], folder, env);
  const script = `${owners}.times`;
  await writeFile(script, timesScript(await run(['dumpe2fs', image], folder, env), epoch));
  await run(['debugfs', '-w', '-f', script, image], folder, env);
}

/** mke2fs takes over when the files were last read and changed here, which nobody can set beforehand. */
function timesScript(dump: string, epoch: number): string {
  const free = new Set<number>();
  for (const [, list = ''] of dump.matchAll(/^\s+Free inodes: (.*)$/gm))
    for (const range of list.split(', ').filter((text) => text !== '')) {
      const [first = 0, last = first] = range.split('-').map(Number);
      for (let inode = first; inode <= last; inode++) free.add(inode);
    }
  const all = Number(/^Inode count:\s+(\d+)$/m.exec(dump)?.[1]);
  const lines: string[] = [];
  for (let inode = ROOT_INODE; inode <= all; inode++) {
    if (free.has(inode) || (inode > ROOT_INODE && inode < FIRST_INODE)) continue;
    lines.push(`sif <${inode}> ctime @${epoch}`, `sif <${inode}> atime @${epoch}`);
  }
  return `${lines.join('\n')}\n`;
}
