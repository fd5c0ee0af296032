// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { shellQuote } from '../../command.ts';

/** Where Debian's libraries of arm64 lie in a sysroot. */
export const ARM64_LIBRARIES = 'usr/lib/aarch64-linux-gnu';

/** pkg-config that sees the packages of `sysroot` and no other. */
export function sysrootEnv(sysroot: string): Readonly<Record<string, string>> {
  return {
    PKG_CONFIG: 'pkg-config',
    PKG_CONFIG_LIBDIR: [`${ARM64_LIBRARIES}/pkgconfig`, 'usr/share/pkgconfig']
      .map((folder) => join(sysroot, folder))
      .join(':'),
    PKG_CONFIG_SYSROOT_DIR: sysroot,
    PKG_CONFIG_PATH: '',
  };
}

/** A PATH with the system's own folders first: a python3 of pyenv or conda lacks what Debian's build tools need. */
export function systemFirst(path: string): Readonly<Record<string, string>> {
  return { PATH: `/usr/bin:/bin:${path}` };
}

/** `env` as words before a command of a shell script; PATH is the reader's own, with the system's folders first. */
export function shellEnv(env: Readonly<Record<string, string>>): string {
  const words = Object.entries(env)
    .filter(([name]) => name !== 'PATH')
    .map(([name, value]) => `${name}=${shellQuote(value)}`);
  return ['PATH=/usr/bin:/bin:"$PATH"', ...words].join(' ');
}
