// SPDX-License-Identifier: Apache-2.0
import { type FileEntry, withFolders } from './file-tree.ts';

/** File types of st_mode. */
const MODE = { folder: 0o040755, file: 0o100000, link: 0o120777, device: 0o020000 } as const;

/**
 * An initramfs: the "newc" format that the kernel unpacks (Documentation/driver-api/early-userspace/buffer-format.rst).
 * Written here because a device node in it needs root with the cpio program.
 */
export function makeCpio(entries: readonly FileEntry[]): Buffer {
  const members = withFolders(entries).map((entry, index) => member(entry, index + 1));
  return Buffer.concat([...members.flat(), ...record('TRAILER!!!', 0, 0, Buffer.alloc(0), [0, 0])]);
}

function member(entry: FileEntry, inode: number): readonly Buffer[] {
  switch (entry.type) {
    case 'folder':
      return record(entry.path, inode, MODE.folder, Buffer.alloc(0), [0, 0]);
    case 'file':
      return record(entry.path, inode, MODE.file | entry.mode, Buffer.from(entry.content), [0, 0]);
    case 'link':
      return record(entry.path, inode, MODE.link, Buffer.from(entry.target), [0, 0]);
    case 'device':
      return record(entry.path, inode, MODE.device | entry.mode, Buffer.alloc(0), [entry.major, entry.minor]);
  }
}

type DeviceNumber = readonly [major: number, minor: number];

/** Head, name and content, the last two padded to 4 bytes. */
function record(
  path: string,
  inode: number,
  mode: number,
  content: Buffer,
  [major, minor]: DeviceNumber,
): Buffer[] {
  const name = Buffer.from(`${path}\0`);
  // ino mode uid gid nlink mtime size devmajor devminor rdevmajor rdevminor namesize check
  const fields = [inode, mode, 0, 0, 1, 0, content.length, 0, 0, major, minor, name.length, 0];
  const head = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`;
  return [padded(Buffer.concat([Buffer.from(head), name])), padded(content)];
}

function padded(bytes: Buffer): Buffer {
  const over = bytes.length % 4;
  return over === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(4 - over)]);
}
