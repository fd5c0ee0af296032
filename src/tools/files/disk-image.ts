// SPDX-License-Identifier: Apache-2.0
import { UsageError } from '../../errors.ts';
import { readPart, sizeOfFile } from '../../read-file.ts';

/** A part of an image, in bytes. */
type Extent = { readonly at: number; readonly bytes: number };
/** An ext2, ext3 or ext4 file system in an image: where it starts, and the size of its blocks, in bytes. */
export type ExtFileSystem = { readonly at: number; readonly blockSize: number };

/** Partition tables count in sectors of this many bytes. */
const SECTOR = 512;
/** More and larger entries than any partition tool writes (128 of 128 bytes each) are a damaged table. */
const GPT_MOST = { entries: 1024, entryBytes: 4096 };
const UNPACK = 'Unpack it, and name the raw image.';

/** Formats that are not raw, by their first bytes, and what to do about each. */
const FORMATS: readonly { readonly magic: string; readonly name: string; readonly hint: string }[] = [
  ...(
    [
      ['514649fb', 'a qcow image'],
      ['4b444d56', 'a VMDK image'],
      ['7668647866696c65', 'a VHDX image'],
      ['636f6e6563746978', 'a VHD image'],
    ] as const
  ).map(([magic, name]) => ({
    magic,
    name,
    hint: 'Make a raw one of it: `qemu-img convert -O raw FROM TO`. Look with `qemu-img info` first: it may name other files.',
  })),
  { magic: '3aff26ed', name: 'an Android sparse image', hint: 'Make a raw one of it with `simg2img`.' },
  { magic: '1f8b', name: 'packed by gzip', hint: UNPACK },
  { magic: 'fd377a585a00', name: 'packed by xz', hint: UNPACK },
  { magic: '28b52ffd', name: 'packed by zstd', hint: UNPACK },
  { magic: '425a68', name: 'packed by bzip2', hint: UNPACK },
  { magic: '504b0304', name: 'a zip archive', hint: UNPACK },
];

/**
 * The file system in the raw image `path` that a guest sees as `root` (`/dev/vda`, `/dev/vda1`). Only headers are read.
 *
 * @throws {UsageError} it is not a raw image, is cut off, or has no ext file system there
 */
export async function findRoot(path: string, root: string): Promise<ExtFileSystem> {
  const size = await sizeOfFile(path);
  const head = await readPart(path, 0, 2 * SECTOR);
  const format = FORMATS.find(({ magic }) => head.toString('hex', 0, magic.length / 2) === magic);
  if (format !== undefined) throw new UsageError(`${path} is ${format.name}, not a raw image`, format.hint);
  const part = Number(root.replace(/^\D*/, ''));
  const whole = await readExt(path, { at: 0, bytes: size });
  if (whole !== undefined) {
    if (part === 0) return whole;
    throw new UsageError(`${path} has a file system and no partitions`, 'Let root be /dev/vda.');
  }
  const table = tableOf(head);
  if (table === undefined)
    throw new UsageError(
      `${path} has neither an ext2, ext3 or ext4 file system nor a partition table`,
      'Name a raw image whose root the kernel mounts without an initrd.',
    );
  if (part === 0)
    throw new UsageError(`${path} has a partition table (${table})`, 'Let root be /dev/vda1, or what it is.');
  const extent = table === 'GPT' ? await gptExtent(path, head, part, size) : mbrExtent(head, part);
  if (extent === undefined) throw new UsageError(`${path} has no partition ${part}`, 'Correct root.');
  if (extent.bytes <= 0 || extent.at + extent.bytes > size)
    throw cutOff(path, `partition ${part}`, extent.at + extent.bytes, size);
  const found = await readExt(path, extent);
  if (found !== undefined) return found;
  throw new UsageError(`partition ${part} of ${path} has no ext2, ext3 or ext4`, 'Correct root.');
}

function cutOff(path: string, what: string, end: number, size: number): UsageError {
  return new UsageError(
    `${path} is cut off or damaged: ${what} ends at byte ${end}, and the file has ${size}`,
    'Fetch or make it again.',
  );
}

function tableOf(head: Buffer): 'GPT' | 'MBR' | undefined {
  if (head.toString('latin1', SECTOR, SECTOR + 8) === 'EFI PART') return 'GPT';
  return head.toString('hex', SECTOR - 2, SECTOR) === '55aa' ? 'MBR' : undefined;
}

/** Of the four that are in the table itself. */
function mbrExtent(head: Buffer, part: number): Extent | undefined {
  const entry = 446 + (part - 1) * 16;
  if (part > 4 || head[entry + 4] === 0) return undefined;
  return { at: head.readUInt32LE(entry + 8) * SECTOR, bytes: head.readUInt32LE(entry + 12) * SECTOR };
}

/** UEFI specification 2.10, tables 5.5 and 5.6. */
async function gptExtent(
  path: string,
  head: Buffer,
  part: number,
  size: number,
): Promise<Extent | undefined> {
  const number = (at: number) => Number(head.readBigUInt64LE(SECTOR + at));
  if (head.length < 2 * SECTOR) throw cutOff(path, 'the GPT', 2 * SECTOR, size);
  const copy = (number(32) + 1) * SECTOR;
  if (copy > size) throw cutOff(path, 'the copy of the GPT', copy, size);
  const entries = head.readUInt32LE(SECTOR + 80);
  const bytes = head.readUInt32LE(SECTOR + 84);
  if (entries > GPT_MOST.entries || bytes < 128 || bytes > GPT_MOST.entryBytes)
    throw new UsageError(
      `${path} is damaged: its GPT has ${entries} entries of ${bytes} bytes`,
      'Make it again.',
    );
  if (part > entries) return undefined;
  const at = number(72) * SECTOR + (part - 1) * bytes;
  if (at + bytes > size) throw cutOff(path, 'the GPT', at + bytes, size);
  const entry = await readPart(path, at, 128);
  if (entry.subarray(0, 16).every((byte) => byte === 0)) return undefined;
  const first = Number(entry.readBigUInt64LE(32));
  const last = Number(entry.readBigUInt64LE(40));
  return { at: first * SECTOR, bytes: (last - first + 1) * SECTOR };
}

/** Documentation/filesystems/ext4/super.rst of the kernel: the superblock is 1024 bytes behind the start. */
async function readExt(path: string, { at, bytes }: Extent): Promise<ExtFileSystem | undefined> {
  const block = await readPart(path, at + 1024, 1024);
  if (block.length < 1024 || block.readUInt16LE(0x38) !== 0xef53) return undefined;
  const shift = block.readUInt32LE(0x18);
  const features = block.readUInt32LE(0x60);
  if (shift > 6 || (features & 0x8) !== 0)
    throw new UsageError(
      `${path} is damaged, or is the journal of another file system`,
      'Look at it with `e2fsck -fn`.',
    );
  const high = (features & 0x80) === 0 ? 0 : block.readUInt32LE(0x150);
  const blockSize = 1024 * 2 ** shift;
  const end = (high * 2 ** 32 + block.readUInt32LE(0x04)) * blockSize;
  if (end === 0 || end > bytes) throw cutOff(path, 'its file system', at + end, at + bytes);
  return { at, blockSize };
}
