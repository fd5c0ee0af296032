// SPDX-License-Identifier: Apache-2.0
import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Apt, type AptContext, openApt } from '../../../src/tools/apt/apt.ts';
import { exists, fillFolder, listFiles } from '../../../src/tools/files/folder.ts';
import { exec } from '../../../src/tools/process/exec.ts';
import { CACHE, labPlace } from './lab-place.ts';
import { MIRROR } from './lab-sources.ts';

const run: AptContext['run'] = (command, cwd) => exec(command, cwd, { emit: () => undefined });
const CONTEXT: AptContext = { run, cache: CACHE, offline: false, url: (address) => address };
/** Its C library runs the host programs of all these kernels; that of the machine may be too old. */
const LIBC_SUITE = 'trixie';

/** Unpacked headers of one kernel, and a folder to build modules in; both absolute. */
export type DebianHeaders = {
  readonly root: string;
  readonly out: string;
  readonly alone: <T>(action: () => Promise<T>) => Promise<T>;
};

/**
 * The newest headers for arm64 of a Debian release, unpacked, with the host programs (modpost, fixdep) for this machine. Fetched
 * once: remove the folder to have newer ones.
 */
export async function debianHeaders(suite: string): Promise<DebianHeaders> {
  const { folder, alone } = await labPlace(`headers-${suite}`, ['test/helpers/lab/debian-headers.ts']);
  const root = join(folder, 'root');
  await alone(async () => {
    if (!(await exists(root))) await fillFolder(root, (aside) => fetchHeaders(suite, aside));
  });
  return { root, out: join(folder, 'build'), alone };
}

async function fetchHeaders(suite: string, into: string): Promise<void> {
  const machine = (await run(['dpkg', '--print-architecture'], '/')).trim();
  const archive = (name: string, architecture: string) =>
    openApt({ mirror: MIRROR, suites: [name], architecture }, CONTEXT);
  const arm64 = await archive(suite, 'arm64');
  const newest = await needed(arm64, 'linux-headers-arm64', /^linux-headers-.*-arm64$/);
  const common = await needed(arm64, newest, /^linux-headers-.*-common$/);
  const kbuild = await needed(arm64, newest, /^linux-kbuild-/);
  await unpack(arm64, [newest, common], into);
  await unpack(await archive(suite, machine), [kbuild], into);
  await unpack(await archive(LIBC_SUITE, machine), ['libc6'], join(into, 'libc'));
  await runAnywhere(into);
  await forOurCompiler(into);
}

/** What a package depends on that has a name like this. */
async function needed(apt: Apt, name: string, like: RegExp): Promise<string> {
  const stanza = await apt.run('apt-cache', ['show', '--no-all-versions', name], apt.pool);
  const depends = /^Depends: (.*)$/m.exec(stanza)?.[1] ?? '';
  const found = depends.split(/[,|]/).map((each) => each.trim().replace(/[ :(].*/, ''));
  const match = found.find((each) => like.test(each));
  if (match === undefined) throw new Error(`${name} depends on nothing like ${like}: ${depends}`);
  return match;
}

async function unpack(apt: Apt, names: readonly string[], into: string): Promise<void> {
  const debs = `${into}-debs`;
  await mkdir(debs, { recursive: true });
  await apt.run('apt-get', ['download', ...names], debs);
  for (const deb of await readdir(debs)) await run(['dpkg-deb', '-x', join(debs, deb), into], debs);
  await rm(debs, { recursive: true });
}

/** Let the host programs run with the C library of `LIBC_SUITE`, wherever the folder is. */
async function runAnywhere(root: string): Promise<void> {
  const files = await listFiles(root);
  const loader = files.find((file) => /^libc\/.*\/ld-linux[^/]*\.so\.\d$/.test(file));
  const library = files.find((file) => /^libc\/.*\/libc\.so\.6$/.test(file))?.replace(/\/[^/]*$/, '');
  const programs = files.filter((file) => /\/(fixdep|modpost|modpost\.real-lsb-64)$/.test(file));
  for (const program of programs) {
    const path = join(root, program);
    await rename(path, `${path}.elf`);
    const up = '../'.repeat(program.split('/').length - 1);
    const lines = [
      '#!/bin/sh',
      `top=$(dirname "$0")/${up}`,
      `exec "$top/${loader}" --library-path "$top/${library}" --argv0 "$0" "$0.elf" "$@"`,
    ];
    await writeFile(path, lines.map((line) => `${line}\n`).join(''));
    await chmod(path, 0o755);
  }
}

/** Kconfig has noted what Debian's compiler can do, and ours need not be as new: no more than this is used by headers and flags. */
async function forOurCompiler(root: string): Promise<void> {
  const files = await listFiles(root);
  for (const file of files.filter((name) =>
    /-arm64\/include\/(config\/auto\.conf|generated\/autoconf\.h)$/.test(name),
  )) {
    const text = await readFile(join(root, file), 'utf8');
    await writeFile(
      join(root, file),
      text.replace(/^.*\bCONFIG_CC_HAS_(COUNTED_BY|MIN_FUNCTION_ALIGNMENT).*\n/gm, ''),
    );
  }
}
