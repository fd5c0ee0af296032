// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { exec } from '../../src/tools/process/exec.ts';
import { git, gitInit } from './git.ts';

const quiet = { emit: () => undefined };
const SCRIPT = resolve(import.meta.dirname, '../fixtures/mini-bsp/source_sync.sh');

/** A Jetson Linux driver package of a few kB, its public sources and its git server. */
export type MiniBsp = {
  readonly dir: string;
  readonly bsp: string;
  readonly bspSha256: string;
  readonly publicSources: string;
  readonly publicSourcesSha256: string;
  /** `file://…/`, in the place of git://nv-tegra.nvidia.com/. */
  readonly server: string;
  /** Folder below source/ → commit of the tag. */
  readonly commits: Readonly<Record<string, string>>;
};

export type MiniBspWish = {
  /** Where all of it is made. */
  readonly dir: string;
  /** Folder below source/ → repository on the server. */
  readonly trees: Readonly<Record<string, string>>;
  readonly tag: string;
  /** A .sha1sum in public_sources is wrong. */
  readonly badSum?: boolean;
};

/** Make a miniature BSP with the layout of Jetson Linux 36.3, archives and bare repositories included. */
export async function makeMiniBsp(wish: MiniBspWish): Promise<MiniBsp> {
  const { dir } = wish;
  await makeDriverPackage(wish);
  const bsp = await pack(join(dir, 'bsp'), join(dir, 'jetson_linux_r36.3.0_aarch64.tbz2'), 'Linux_for_Tegra');
  await makePublicSources(wish);
  const publicSources = await pack(join(dir, 'public'), join(dir, 'public_sources.tbz2'), 'Linux_for_Tegra');
  const commits: Record<string, string> = {};
  for (const [folder, repo] of Object.entries(wish.trees)) commits[folder] = await makeRepository(wish, repo);
  return {
    dir,
    bsp,
    bspSha256: await sum('sha256', bsp),
    publicSources,
    publicSourcesSha256: await sum('sha256', publicSources),
    server: `file://${dir}/server/`,
    commits,
  };
}

async function makeDriverPackage({ dir, trees }: MiniBspWish): Promise<void> {
  const top = join(dir, 'bsp/Linux_for_Tegra');
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the shell's
  const stub = '#!/bin/sh\necho "$0 $*" >>"${STUB_LOG:-/dev/null}"\nexit "${STUB_EXIT:-0}"\n';
  for (const name of ['flash.sh', 'apply_binaries.sh', 'tools/kernel_flash/l4t_initrd_flash.sh']) {
    await put(join(top, name), stub, 0o755);
  }
  await put(join(top, 'p3737-0000-p3701-0000.conf'), 'DTB_FILE=tegra234-p3737-0000+p3701-0000-nv.dtb;\n');
  await symlink('p3737-0000-p3701-0000.conf', join(top, 'jetson-agx-orin-devkit.conf'));
  await put(join(top, 'nv_tegra/nv_tegra_release'), '# R36 (release), REVISION: 3.0, GCID: 36191598\n');
  await put(join(top, 'nv_tegra/bsp_version'), 'BSP_BRANCH=36\nBSP_MAJOR=3\nBSP_MINOR=0\n');
  await put(join(top, 'rootfs/README.txt'), 'Unpack the sample root file system here.\n');
  const table = Object.entries(trees).map(([folder, repo]) => `k:${folder}:${repo}:`);
  const script = (await readFile(SCRIPT, 'utf8')).replace('@TABLE@', table.join('\n'));
  await put(join(top, 'source/source_sync.sh'), script, 0o755);
}

async function makePublicSources({ dir, badSum }: MiniBspWish): Promise<void> {
  const source = join(dir, 'public/Linux_for_Tegra/source');
  const inner = {
    kernel_src: { 'kernel/Makefile': 'all:\n', 'kernel/kernel-jammy-src/Makefile': 'VERSION = 5\n' },
    kernel_oot_modules_src: { 'nvidia-oot/Makefile': 'all:\n', 'kernel/extra': 'merged\n' },
    nvidia_kernel_display_driver_source: { 'nvdisplay/Makefile': 'all:\n' },
  };
  for (const [name, files] of Object.entries(inner)) {
    const folder = join(dir, 'inner', name);
    for (const [file, text] of Object.entries(files)) await put(join(folder, file), text);
    await mkdir(source, { recursive: true });
    const archive = await pack(folder, join(source, `${name}.tbz2`), '.');
    const sha1 = badSum === true ? '0'.repeat(40) : await sum('sha1', archive);
    await put(`${archive}.sha1sum`, `${sha1}  ${name}.tbz2\n`);
  }
}

/** A bare repository with an annotated tag, and a commit after it; gives the tag's commit. */
async function makeRepository({ dir, tag }: MiniBspWish, repo: string): Promise<string> {
  const work = join(dir, 'repositories', repo);
  await put(join(work, 'README'), `${repo}\n`);
  await gitInit(work);
  await git(work, 'tag', '-a', '-m', tag, tag);
  const commit = await git(work, 'rev-parse', 'HEAD');
  await put(join(work, 'later'), 'more\n');
  await git(work, 'add', '.');
  await git(work, 'commit', '-qm', 'after the release');
  const bare = join(dir, 'server', repo);
  await mkdir(dirname(bare), { recursive: true });
  await git(dir, 'clone', '-q', '--bare', work, bare);
  return commit;
}

async function put(file: string, text: string, mode = 0o644): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  await chmod(file, mode);
}

async function pack(from: string, archive: string, what: string): Promise<string> {
  await exec(['tar', '-C', from, '-cjf', archive, what], from, quiet);
  return archive;
}

async function sum(algorithm: string, file: string): Promise<string> {
  return createHash(algorithm)
    .update(await readFile(file))
    .digest('hex');
}
