// SPDX-License-Identifier: Apache-2.0
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Command } from '../../../src/command.ts';
import { makeProgramsDisk } from '../../../src/emulate/disk.ts';
import type { AptContext } from '../../../src/tools/apt/apt.ts';
import { unpackPackage } from '../../../src/tools/apt/apt-package.ts';
import { unpackPrograms } from '../../../src/tools/apt/apt-programs.ts';
import { exists } from '../../../src/tools/files/folder.ts';
import { exec } from '../../../src/tools/process/exec.ts';
import { labPristineKernel } from './lab.ts';
import { labPlace } from './lab-place.ts';
import { BOOKWORM, MIRROR } from './lab-sources.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const quietly: AptContext['run'] = (command, cwd, env) =>
  exec(command, cwd, { emit: () => undefined, ...(env === undefined ? {} : { env }) });

const archive = (cache: string): AptContext => ({
  run: quietly,
  cache,
  offline: false,
  url: (address) => address,
});

/** What a machine needs to run a guest over SCMI, and the archive that it comes from. */
const PROGRAMS = ['qemu-system-arm', 'device-tree-compiler'];
const TRIXIE = { mirror: MIRROR, suites: ['trixie', 'trixie-security'] };

/** Debian trixie's own qemu-system-aarch64 and fdtoverlay, unpatched, with their libraries, unpacked. */
function stockRoot(architecture: 'amd64' | 'arm64', then: (root: string) => Promise<void>): Promise<string> {
  const inputs = ['test/helpers/lab/lab-stock.ts', 'src/tools/apt/apt-programs.ts'];
  return labPlace(`stock-programs-${architecture}`, inputs).then((place) =>
    place.alone(async () => {
      const root = join(place.folder, 'root');
      if (!(await exists(root)))
        await unpackPrograms(PROGRAMS, { ...TRIXIE, architecture }, root, archive(place.folder));
      await then(place.folder);
      return root;
    }),
  );
}

/**
 * Debian trixie's own qemu-system-aarch64, unpatched, with its libraries: words to begin a command line with. It is run through its
 * own loader; nothing is installed.
 */
export async function stockQemu(): Promise<Command> {
  const root = await stockRoot('amd64', async () => undefined);
  const libraries = ['usr/lib/x86_64-linux-gnu', 'usr/lib/x86_64-linux-gnu/pulseaudio'];
  const path = libraries.map((folder) => join(root, folder)).join(':');
  return [
    join(root, 'usr/lib64/ld-linux-x86-64.so.2'),
    '--library-path',
    path,
    join(root, 'usr/bin/qemu-system-aarch64'),
    '-L',
    join(root, 'usr/share/qemu'),
  ];
}

/** The same of arm64, as a file system for a board that has them. */
export async function stockHostDisk(): Promise<string> {
  const root = await stockRoot('arm64', async (folder) => {
    const image = join(folder, 'root.img');
    if (!(await exists(image))) await makeProgramsDisk(image, join(folder, 'root'), quietly);
  });
  return join(root, '../root.img');
}

/** Debian's own arm64 kernel, the module that it lacks, made by scmi/module/build.sh, and its driver of disks; absolute. */
export type StockKernel = { readonly vmlinuz: string; readonly module: string; readonly disk: string };

/** Debian's 6.12 for arm64, unpatched. */
export async function stockKernel(): Promise<StockKernel> {
  const source = await labPristineKernel();
  const version = `${await releaseOf(source)}+deb12`;
  const inputs = ['test/helpers/lab/lab-stock.ts', 'scmi/module'];
  const place = await labPlace('stock-kernel', inputs);
  const root = join(place.folder, 'root');
  const module = join(place.folder, 'scmi_transport_virtio.ko');
  const disk = join(place.folder, 'virtio_blk.ko');
  const headers = join(root, 'headers/usr/src', `linux-headers-${version}-arm64`);
  await place.alone(async () => {
    if (await exists(module)) return;
    const unpack = async (name: string, architecture: string, into: string) => {
      const request = { mirror: MIRROR, suites: BOOKWORM, architecture };
      if (!(await exists(join(root, into))))
        await unpackPackage({ name }, request, join(root, into), archive(place.folder));
    };
    await unpack(`linux-image-${version}-arm64`, 'arm64', 'image');
    await unpack(`linux-headers-${version}-arm64`, 'arm64', 'headers');
    await unpack(`linux-headers-${version}-common`, 'amd64', 'common');
    // The build's own programs, for the machine that builds.
    await unpack(`linux-kbuild-${version}`, 'amd64', 'kbuild');
    await joinHeaders(root, headers, version);
    const packed = join(
      root,
      'image/lib/modules',
      `${version}-arm64`,
      'kernel/drivers/block/virtio_blk.ko.xz',
    );
    await copyFile(packed, `${disk}.xz`);
    await quietly(['xz', '-d', '-f', `${disk}.xz`], place.folder);
    await quietly([join(ROOT, 'scmi/module/build.sh'), source, headers, module], place.folder);
  });
  return { vmlinuz: join(root, 'image/boot', `vmlinuz-${version}-arm64`), module, disk };
}

/** `6.12.117` */
async function releaseOf(source: string): Promise<string> {
  const makefile = await readFile(join(source, 'Makefile'), 'utf8');
  return ['VERSION', 'PATCHLEVEL', 'SUBLEVEL']
    .map((name) => new RegExp(`^${name} = (\\d+)$`, 'm').exec(makefile)?.[1])
    .join('.');
}

/** The packages name each other by places in an installed system. */
async function joinHeaders(root: string, headers: string, version: string): Promise<void> {
  const common = join(root, 'common/usr/src', `linux-headers-${version}-common`);
  const kbuild = join(root, 'kbuild/usr/lib', `linux-kbuild-${version}`);
  await writeFile(join(headers, 'Makefile'), `include ${common}/Makefile\n`);
  for (const folder of [headers, common]) {
    for (const name of ['scripts', 'tools'])
      await quietly(['ln', '-sfn', join(kbuild, name), join(folder, name)], root);
  }
  // With it the module would get BTF, which needs a program that nothing else here does.
  await quietly(['rm', '-f', join(headers, 'vmlinux')], root);
}
