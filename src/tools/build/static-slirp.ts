// SPDX-License-Identifier: Apache-2.0
import { basename, join } from 'node:path';
import process from 'node:process';
import type { Command } from '../../command.ts';
import { type AptContext, fetchSource, openApt } from '../apt/apt.ts';
import { makeFolder } from '../files/make-folder.ts';
import { writeFileWhole } from '../files/write-file.ts';
import { ARM64_LIBRARIES, sysrootEnv, systemFirst } from './cross.ts';

/** Debian's source package of it. */
export const SLIRP_SOURCE = 'libslirp';

/**
 * Build libslirp.a for arm64 into `sysroot` from Debian's source, the newest or `version`: its package has the shared library
 * only. `scratch` is a folder of the caller's. Gives the name of the source's .dsc.
 */
export async function buildStaticSlirp(
  archive: { readonly mirror: string; readonly suites: readonly string[]; readonly version?: string },
  place: { readonly sysroot: string; readonly scratch: string },
  ctx: AptContext,
): Promise<string> {
  const { scratch } = place;
  const { PATH = '' } = process.env;
  const slirp = describeSlirp(place, systemFirst(PATH));
  await makeFolder(scratch);
  const apt = await openApt({ mirror: archive.mirror, suites: archive.suites }, ctx);
  const dsc = await fetchSource(apt, SLIRP_SOURCE, archive.version);
  await ctx.run(['dpkg-source', '--no-check', '-x', dsc, slirp.source], scratch);
  await writeFileWhole(slirp.cross, slirp.crossFile);
  for (const command of [slirp.setup, ...slirp.build]) await ctx.run(command, scratch, slirp.env);
  return basename(dsc);
}

/** How libslirp is built: its files and commands, which `env` and a place decide. */
export function describeSlirp(
  { sysroot, scratch }: { readonly sysroot: string; readonly scratch: string },
  env: Readonly<Record<string, string>>,
) {
  const [source, out, cross] = ['source', 'build', 'cross.ini'].map((name) => join(scratch, name)) as [
    string,
    string,
    string,
  ];
  const options = ['--prefix=/usr', `--libdir=${ARM64_LIBRARIES.replace('usr/', '')}`, '--buildtype=release'];
  const map = `-Dc_args=-ffile-prefix-map=${scratch}=.`;
  const kind = ['-Ddefault_library=static', map];
  const setup: Command = ['meson', 'setup', `--cross-file=${cross}`, ...options, ...kind, out, source];
  const build: readonly Command[] = [
    // Its test programs would want shared libraries that a sysroot of static ones lacks.
    ['ninja', '-C', out, 'libslirp.a'],
    ['meson', 'install', '-C', out, '--no-rebuild', `--destdir=${sysroot}`],
  ];
  const all = { ...env, ...sysrootEnv(sysroot) };
  return { source, cross, crossFile: crossFile(sysroot), env: all, setup, build };
}

function crossFile(sysroot: string): string {
  return `[binaries]
c = ['aarch64-linux-gnu-gcc', '--sysroot=${sysroot}']
ar = 'aarch64-linux-gnu-ar'
strip = 'aarch64-linux-gnu-strip'
pkgconfig = 'pkg-config'
[properties]
sys_root = '${sysroot}'
pkg_config_libdir = '${sysroot}/${ARM64_LIBRARIES}/pkgconfig'
[host_machine]
system = 'linux'
cpu_family = 'aarch64'
cpu = 'aarch64'
endian = 'little'
`;
}
