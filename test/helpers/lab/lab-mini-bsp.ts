// SPDX-License-Identifier: Apache-2.0
import { copyFile, mkdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parse, stringify } from 'yaml';
import { exists } from '../../../src/tools/files/folder.ts';
import { type CliResult, runCli } from '../cli.ts';
import { type MiniBspWish, makeMiniBsp } from '../mini-bsp.ts';
import { makeToys } from '../trees/toy-trees.ts';
import { labPlace } from './lab-place.ts';

const RECIPES = resolve(import.meta.dirname, '../../../recipes');
const yaml = async (name: string) => parse(await readFile(join(RECIPES, `${name}.yaml`), 'utf8'));
/** Where the recipe has its toys from; --mirror maps it to a server of the test's. */
const TOYS = 'http://toys.invalid';

/** l4t-36.3 on this machine, in a folder with a blank in its name; nobody else has it until `release` is called. */
export type LabMiniBsp = {
  readonly folder: string;
  readonly work: string;
  readonly bspSha256: string;
  /** How many trees are fetched from NVIDIA's git server. */
  readonly trees: number;
  /** `bpmp-virt build`, where `url` serves what lies in `served` below the folder. */
  readonly build: (url: string) => Promise<CliResult>;
  readonly release: () => void;
};

/**
 * NVIDIA's servers in a folder and a recipe for them: the kernel is the real one of Debian with the small configuration, in the BSP's
 * folder; QEMU is a toy that knows the tree of its machine, since the real one is built by the test of debian-6.12 in the same way.
 * With `anew` nothing is there of what an earlier test has made.
 */
export async function labMiniBsp({ anew = false } = {}): Promise<LabMiniBsp> {
  // One folder, whatever it is made from: each run makes it anew, and its largest part lies elsewhere, where no old one would be removed.
  const place = await labPlace('mini', []);
  const folder = join(place.folder, 'mini bsp');
  const work = join(folder, 'work');
  const { l4t } = await yaml('l4t-36.3');
  const recipe = join(folder, 'mini.yaml');
  const release = await place.hold();
  try {
    // A link, because of the blank: what it leads to lies in the cache.
    if (anew && (await exists(work))) await rm(await realpath(work), { recursive: true });
    if (anew || !(await exists(recipe))) await makeServers(folder, recipe, l4t);
  } catch (error) {
    release();
    throw error;
  }
  const servers = (url: string) => [
    `${l4t.bsp.urls[0].replace(/release\/[^/]*$/, '')}=${url}/`,
    `${l4t.servers[0]}=file://${folder}/nvidia/server/`,
    `${TOYS}/=${url}/`,
  ];
  return {
    folder,
    work,
    trees: Object.keys(l4t.trees).length,
    bspSha256: parse(await readFile(recipe, 'utf8')).l4t.bsp.sha256,
    build: (url) =>
      runCli(['build', recipe, '--work', work, ...servers(url).flatMap((server) => ['--mirror', server])]),
    release,
  };
}

async function makeServers(
  folder: string,
  recipe: string,
  l4t: Pick<MiniBspWish, 'trees' | 'tag'>,
): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await makeToys(folder, TOYS);
  const toy = parse(await readFile(join(folder, 'toy.yaml'), 'utf8'));
  const { kernel } = await yaml('debian-6.12');
  const bsp = await makeMiniBsp({ dir: join(folder, 'nvidia'), trees: l4t.trees, tag: l4t.tag });
  await mkdir(join(folder, 'served/release'));
  await copyFile(bsp.bsp, join(folder, 'served/release/jetson_linux_r36.3.0_aarch64.tbz2'));
  const mine = {
    version: 1,
    description: 'l4t-36.3 with what one machine can have',
    extends: 'l4t-36.3',
    l4t: { bsp: { sha256: bsp.bspSha256 }, commits: bsp.commits },
    kernel: { ...kernel, targets: ['Image', 'dtbs', 'modules'] },
    qemu: { ...toy.qemu, overlay: null, patches: null, sysroot: null },
  };
  await writeFile(recipe, stringify(mine));
}
