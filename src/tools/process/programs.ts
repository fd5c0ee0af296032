// SPDX-License-Identifier: Apache-2.0
import { constants } from 'node:fs';
import { access, readdir } from 'node:fs/promises';
import { arch } from 'node:os';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { exists } from '../files/folder.ts';

/** Where `name` is on PATH, or undefined. */
export async function findProgram(name: string, path = searchPath()): Promise<string | undefined> {
  for (const folder of path.split(delimiter)) {
    const file = join(folder === '' ? '.' : folder, name);
    try {
      await access(file, constants.X_OK);
      return file;
    } catch {
      // Not here, or not to be run: the next folder may have it.
    }
  }
  return undefined;
}

function searchPath(): string {
  const { PATH = '' } = process.env;
  return PATH;
}

/** Where administrators' programs are; Debian has it on root's PATH only, and the kernel's scripts look there by themselves. */
const SBIN = '/sbin';

/**
 * Whether this machine has `name`: a program on PATH or in /sbin; `pkg-config:NAME`, a library with its headers; `header:NAME`, a C
 * header of a library without a .pc file.
 */
export async function hasProgram(name: string): Promise<boolean> {
  const [, kind, rest = ''] = /^(pkg-config|header):(.*)$/.exec(name) ?? [];
  if (kind === undefined)
    return (await findProgram(name, [searchPath(), SBIN].join(delimiter))) !== undefined;
  const folders = kind === 'header' ? await headerFolders() : await packageFolders();
  const file = kind === 'header' ? rest : `${rest}.pc`;
  const found = await Promise.all(folders.map((folder) => exists(join(folder, file))));
  return found.includes(true);
}

/** Debian puts what differs between architectures into a folder of that architecture: `x86_64-linux-gnu`. */
async function headerFolders(): Promise<readonly string[]> {
  return ['/usr/include', '/usr/local/include', ...(await architectureFolders('/usr/include'))];
}

async function packageFolders(): Promise<readonly string[]> {
  const { PKG_CONFIG_PATH = '' } = process.env;
  const own = PKG_CONFIG_PATH.split(delimiter).filter((folder) => folder !== '');
  const libraries = ['/usr/lib', '/usr/lib64', '/usr/share', '/usr/local/lib', '/usr/local/share'];
  const all = [...libraries, ...(await architectureFolders('/usr/lib'))];
  return [...own, ...all.map((folder) => join(folder, 'pkgconfig'))];
}

/** Of this machine's architecture only: another one's libraries do not help a program that runs here. */
async function architectureFolders(parent: string): Promise<readonly string[]> {
  const machine = arch() === 'arm64' ? 'aarch64' : 'x86_64';
  const names = await readdir(parent).catch(() => []);
  return names.filter((name) => name.startsWith(`${machine}-linux-gnu`)).map((name) => join(parent, name));
}
