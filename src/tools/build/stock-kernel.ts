// SPDX-License-Identifier: Apache-2.0
import { copyFile, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { UsageError } from '../../errors.ts';
import { readText } from '../../read-file.ts';
import type { AptContext } from '../apt/apt.ts';
import { unpackPackage } from '../apt/apt-package.ts';
import { exists } from '../files/folder.ts';
import { makeFolder } from '../files/make-folder.ts';
import { writeFileWhole } from '../files/write-file.ts';

const ARCHIVE = { mirror: 'http://deb.debian.org/debian', suites: ['bookworm', 'bookworm-security'] };

/** Debian's own arm64 kernel, and modules for a guest over SCMI, in the order in which they are loaded; absolute. */
export type StockKernel = { readonly vmlinuz: string; readonly modules: readonly string[] };

/**
 * Debian's arm64 kernel of the release of `source`, unpatched: unpacked into `into`, with the module that it lacks compiled beside it.
 *
 * @param source Debian's kernel source, unpacked
 * @param build scmi/module/build.sh
 * @throws {UsageError} `source` is not Debian's
 */
export async function stockKernel(
  source: string,
  build: string,
  into: string,
  ctx: AptContext,
): Promise<StockKernel> {
  const version = `${await releaseOf(source)}+deb12`;
  const folder = join(into, version);
  const at = (name: string) => join(folder, name);
  await makeFolder(folder);
  const unpack = async (name: string, architecture: string, to: string) => {
    if (!(await exists(at(to)))) await unpackPackage({ name }, { ...ARCHIVE, architecture }, at(to), ctx);
  };
  await unpack(`linux-image-${version}-arm64`, 'arm64', 'image');
  const found = {
    vmlinuz: at(`image/boot/vmlinuz-${version}-arm64`),
    modules: [at('scmi_transport_virtio.ko'), at('virtio_blk.ko')],
  };
  const [scmi = '', disk = ''] = found.modules;
  if ((await exists(scmi)) && (await exists(disk))) return found;
  await unpack(`linux-headers-${version}-arm64`, 'arm64', 'headers');
  await unpack(`linux-headers-${version}-common`, 'amd64', 'common');
  // The build's own programs, for the machine that builds.
  await unpack(`linux-kbuild-${version}`, process.arch === 'arm64' ? 'arm64' : 'amd64', 'kbuild');
  const headers = await joinHeaders(folder, version);
  const packed = at(`image/lib/modules/${version}-arm64/kernel/drivers/block/virtio_blk.ko.xz`);
  await copyFile(packed, `${disk}.xz`);
  await ctx.run(['xz', '-d', '-f', `${disk}.xz`], folder);
  await ctx.run([build, source, headers, `${scmi}.part`], folder);
  await rename(`${scmi}.part`, scmi);
  return found;
}

/** `6.12.117` */
async function releaseOf(source: string): Promise<string> {
  const makefile = await readText(join(source, 'Makefile'));
  const numbers = ['VERSION', 'PATCHLEVEL', 'SUBLEVEL'].map(
    (name) => new RegExp(`^${name} = (\\d+)$`, 'm').exec(makefile)?.[1],
  );
  if (numbers[0] === '6' && numbers[1] === '12') return numbers.join('.');
  throw new UsageError(
    `${source} is Linux ${numbers.join('.')}: the guest's kernel is taken from Debian's 6.12, with the same source`,
    'Take a recipe that builds linux-source-6.12.',
  );
}

/** The packages name each other by places in an installed system; gives the build folder of modules. */
async function joinHeaders(folder: string, version: string): Promise<string> {
  const headers = join(folder, 'headers/usr/src', `linux-headers-${version}-arm64`);
  const common = join(folder, 'common/usr/src', `linux-headers-${version}-common`);
  const kbuild = join(folder, 'kbuild/usr/lib', `linux-kbuild-${version}`);
  await writeFileWhole(join(headers, 'Makefile'), `include ${common}/Makefile\n`);
  for (const place of [headers, common]) {
    for (const name of ['scripts', 'tools']) {
      await rm(join(place, name), { recursive: true, force: true });
      await symlink(join(kbuild, name), join(place, name));
    }
  }
  // With it the module would get BTF, which needs a program that nothing else here does.
  await rm(join(headers, 'vmlinux'), { force: true });
  return headers;
}
