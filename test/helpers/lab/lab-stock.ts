// SPDX-License-Identifier: Apache-2.0
import { join, resolve } from 'node:path';
import type { Command } from '../../../src/command.ts';
import { makeProgramsDisk } from '../../../src/emulate/disk.ts';
import type { AptContext } from '../../../src/tools/apt/apt.ts';
import { unpackPrograms } from '../../../src/tools/apt/apt-programs.ts';
import { type StockKernel, stockKernel as unpackStockKernel } from '../../../src/tools/build/stock-kernel.ts';
import { exists } from '../../../src/tools/files/folder.ts';
import { exec } from '../../../src/tools/process/exec.ts';
import { labPristineKernel } from './lab.ts';
import { labPlace } from './lab-place.ts';
import { MIRROR } from './lab-sources.ts';

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

/** Debian's 6.12 for arm64, unpatched. */
export async function stockKernel(): Promise<StockKernel> {
  const source = await labPristineKernel();
  const inputs = ['test/helpers/lab/lab-stock.ts', 'src/tools/build/stock-kernel.ts', 'scmi/module'];
  const place = await labPlace('stock-kernel', inputs);
  const build = join(ROOT, 'scmi/module/build.sh');
  return place.alone(() => unpackStockKernel(source, build, place.folder, archive(place.folder)));
}
