// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, readFileSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { runPlan } from '../../../src/engine/run-plan.ts';
import { hashFile } from '../../../src/read-file.ts';
import { loadStep } from '../../../src/steps/index.ts';
import { findRoot } from '../../../src/tools/files/disk-image.ts';
import { withSbin } from '../../../src/tools/process/sbin.ts';
import { tmpDir } from '../../helpers/tmp-dir.ts';

const MIB = 2 ** 20;
const NAME = 'rootfs_ubuntu_nvidia_orin.img.raw';
const ARM64 = 183;
const X86 = 62;

/** An ext4 of 8 MiB in which `programs` (path → ELF machine, or a link's target) are, with `before` bytes in front of it. */
async function makeImage(
  programs: Readonly<Record<string, number | string>> = { 'usr/lib/systemd/systemd': ARM64 },
  before = 0,
): Promise<string> {
  const folder = tmpDir('my images');
  const root = join(folder, 'root');
  for (const [path, what] of Object.entries(programs)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    if (typeof what === 'string') symlinkSync(what, join(root, path));
    else writeFileSync(join(root, path), elf(what));
  }
  const image = join(folder, 'a guest.img');
  const at = before === 0 ? [] : ['-E', `offset=${before}`];
  writeFileSync(image, '');
  truncateSync(image, before + 8 * MIB);
  const words = ['-q', '-F', '-t', 'ext4', ...at, '-d', root, image, '8M'];
  await execa('mke2fs', words, { env: { PATH: withSbin() } });
  return image;
}

function elf(machine: number): Buffer {
  const header = Buffer.alloc(64);
  header.write('\x7fELF', 'latin1');
  header.writeUInt16LE(machine, 18);
  return header;
}

function spoil(image: string, edit: (bytes: Buffer) => void): string {
  const bytes = readFileSync(image);
  edit(bytes);
  writeFileSync(image, bytes);
  return image;
}

/** First partition from `start` on, in sectors. */
function mbr(start: number, sectors: number) {
  return (bytes: Buffer) => {
    bytes[450] = 0x83;
    bytes.writeUInt32LE(start, 454);
    bytes.writeUInt32LE(sectors, 458);
    bytes.writeUInt16BE(0x55aa, 510);
  };
}

/** A GPT with one partition; as large as `entries` of `entryBytes` say. */
function gpt({ entries = 128, entryBytes = 128, copyAt = 0, table = 2 } = {}) {
  return (bytes: Buffer) => {
    bytes.write('EFI PART', 512);
    bytes.writeBigUInt64LE(BigInt(copyAt), 512 + 32);
    bytes.writeBigUInt64LE(BigInt(table), 512 + 72);
    bytes.writeUInt32LE(entries, 512 + 80);
    bytes.writeUInt32LE(entryBytes, 512 + 84);
    bytes.fill(0xab, 1024, 1040);
    bytes.writeBigUInt64LE(2048n, 1024 + 32);
    bytes.writeBigUInt64LE(BigInt(2048 + 8 * 2048 - 1), 1024 + 40);
  };
}

async function build(image: string, root = '/dev/vda', sha256?: string, work = tmpDir('work here')) {
  const into = `work:image/${NAME}`;
  const options = { image, root, into, ...(sha256 === undefined ? {} : { sha256 }) };
  const steps = [{ id: 'guest-image', kind: 'guest-image', options, after: [] }] as const;
  await runPlan(
    { version: 1, recipe: 'test', steps },
    {
      roots: { work, cache: join(work, 'cache'), tool: '/nowhere' },
      jobs: 1,
      offline: false,
      url: (address) => address,
      emit: () => undefined,
      signal: new AbortController().signal,
      toolVersion: 'test',
      command: 'test',
      redo: [],
      load: loadStep,
      before: async () => undefined,
    },
  );
  return { copy: join(work, 'image', NAME), work };
}

describe('an image of the user’s', () => {
  test.each([
    ['the whole image', '/dev/vda', 0, () => undefined],
    ['a partition of an MBR', '/dev/vda1', MIB, mbr(2048, 8 * 2048)],
    ['a partition of a GPT', '/dev/vda1', MIB, gpt()],
  ] as const)(
    '%s: a sparse copy with the same bytes, and the image as it was',
    async (_, root, before, table) => {
      const image = spoil(await makeImage(undefined, before), table);
      const was = { ...statSync(image), atimeMs: 0, atime: 0 };
      const { copy } = await build(image, root, await hashFile(image));
      expect(await hashFile(copy)).toBe(await hashFile(image));
      expect(statSync(copy).blocks * 512).toBeLessThan(4 * MIB);
      expect({ ...statSync(image), atimeMs: 0, atime: 0 }).toEqual(was);
    },
  );

  test('is copied again only when it changed', async () => {
    const image = await makeImage();
    const { copy, work } = await build(image);
    const before = statSync(copy).ino;
    await build(image, '/dev/vda', undefined, work);
    expect(statSync(copy).ino).toBe(before);
    truncateSync(image, 9 * MIB);
    await build(image, '/dev/vda', undefined, work);
    expect(statSync(copy).size).toBe(9 * MIB);
  });

  test('of another architecture is refused, and leaves nothing', async () => {
    const image = await makeImage({ 'bin/bash': X86 });
    const work = tmpDir();
    await expect(build(image, '/dev/vda', undefined, work)).rejects.toThrow(
      /not of arm64: \/bin\/bash in it has ELF machine 62/,
    );
    expect(() => statSync(join(work, 'image', NAME))).toThrow('ENOENT');
  });

  test.each([
    ['without programs', { 'etc/motd': 'x' }],
    ['with links that lead in a circle', { lib: 'lib', usr: 'usr', sbin: '/bin', bin: '/sbin' }],
    ['with a link out of it', { 'usr/bin/bash': '/bin/bash', 'sbin/init': '../../../../bin/busybox' }],
  ])('%s is refused', async (_, programs) => {
    await expect(build(await makeImage(programs))).rejects.toThrow('no program by which its architecture');
  });

  test('with another sha256 than the recipe’s is refused', async () => {
    await expect(build(await makeImage(), '/dev/vda', '0'.repeat(64))).rejects.toThrow(
      /has sha256 .*, not 0/,
    );
  });
});

describe('anything else is refused by its headers', () => {
  const file = (...parts: readonly (string | Buffer)[]) => {
    const path = join(tmpDir(), 'x.img');
    writeFileSync(path, Buffer.concat(parts.map((part) => Buffer.from(part as string))));
    return path;
  };

  test('a qcow2 whose backing file is a file of the system', async () => {
    const header = Buffer.alloc(4096);
    header.write('QFI\xfb', 'latin1');
    header.writeUInt32BE(3, 4);
    header.writeBigUInt64BE(512n, 8);
    header.writeUInt32BE(11, 16);
    header.write('/etc/shadow', 512);
    await expect(findRoot(file(header), '/dev/vda')).rejects.toThrow('is a qcow image, not a raw image');
  });

  test.each([
    ['empty', '', 'has neither'],
    ['text', 'x'.repeat(5000), 'has neither'],
    ['gzip', Buffer.from('1f8b0800', 'hex'), 'packed by gzip'],
    ['xz', Buffer.from('fd377a585a0000', 'hex'), 'packed by xz'],
  ])('%s', async (_, content, message) => {
    await expect(findRoot(file(content), '/dev/vda')).rejects.toThrow(message);
  });

  test.each([
    ['cut off', '/dev/vda', 0, (bytes: Buffer) => bytes.writeUInt32LE(0xffffffff, 1024 + 4), 'is cut off'],
    [
      'block size of 2^41',
      '/dev/vda',
      0,
      (bytes: Buffer) => bytes.writeUInt32LE(31, 1024 + 24),
      'is damaged',
    ],
    ['root in a partition it lacks', '/dev/vda1', 0, () => undefined, 'and no partitions'],
    ['root is the whole of an MBR', '/dev/vda', MIB, mbr(2048, 16384), 'has a partition table (MBR)'],
    ['MBR without it', '/dev/vda2', MIB, mbr(2048, 16384), 'has no partition 2'],
    ['MBR with 2 TiB', '/dev/vda1', MIB, mbr(2048, 0xffffffff), 'partition 1 ends at byte'],
    ['MBR, elsewhere', '/dev/vda1', MIB, mbr(2049, 8), 'has no ext2, ext3 or ext4'],
    ['MBR, too small', '/dev/vda1', MIB, mbr(2048, 8), 'its file system ends at byte'],
    ['GPT of huge entries', '/dev/vda1', MIB, gpt({ entryBytes: 0xffffffff }), 'entries of 4294967295 bytes'],
    ['GPT of many entries', '/dev/vda99', MIB, gpt({ entries: 0xffffffff }), 'has 4294967295 entries'],
    ['GPT whose copy is cut off', '/dev/vda1', MIB, gpt({ copyAt: 99999 }), 'the copy of the GPT ends'],
    ['GPT whose table is elsewhere', '/dev/vda1', MIB, gpt({ table: 2 ** 40 }), 'the GPT ends at byte'],
  ] as const)('%s', async (_, root, before, edit, message) => {
    const image = spoil(await makeImage(undefined, before), edit);
    await expect(findRoot(image, root)).rejects.toThrow(message);
  });
});
