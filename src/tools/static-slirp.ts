// SPDX-License-Identifier: Apache-2.0
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { type AptContext, candidates, fetchNewest, openApt } from './apt.ts';
import { ARM64_LIBRARIES, sysrootEnv, systemFirst } from './cross.ts';
import { writeFileWhole } from './write-file.ts';

/**
 * Build libslirp.a for arm64 into `sysroot` from Debian's source: its package has the shared library only. `scratch` is
 * a folder of the caller's.
 */
export async function buildStaticSlirp(
  archive: { readonly mirror: string; readonly suites: readonly string[] },
  place: { readonly sysroot: string; readonly scratch: string },
  ctx: AptContext,
): Promise<void> {
  const { sysroot, scratch } = place;
  const source = join(scratch, 'source');
  const out = join(scratch, 'build');
  await mkdir(scratch, { recursive: true });
  const apt = await openApt(archive, ctx);
  const dsc = await fetchNewest(
    'libslirp',
    await candidates(apt, 'libslirp', true),
    undefined,
    async (version) => {
      await apt.run(
        'apt-get',
        ['source', '--download-only', '--only-source', `libslirp=${version}`],
        apt.pool,
      );
      return join(apt.pool, `libslirp_${version.replace(/^\d+:/, '')}.dsc`);
    },
  );
  await ctx.run(['dpkg-source', '--no-check', '-x', dsc, source], scratch);
  const cross = join(scratch, 'cross.ini');
  await writeFileWhole(cross, crossFile(sysroot));
  const { PATH = '' } = process.env;
  const env = { ...systemFirst(PATH), ...sysrootEnv(sysroot) };
  const options = ['--prefix=/usr', `--libdir=${ARM64_LIBRARIES.replace('usr/', '')}`, '--buildtype=release'];
  const map = `-Dc_args=-ffile-prefix-map=${scratch}=.`;
  const setup = [
    'meson',
    'setup',
    `--cross-file=${cross}`,
    ...options,
    '-Ddefault_library=static',
    map,
  ] as const;
  await ctx.run([...setup, out, source], scratch, env);
  // Its test programs would want shared libraries that a sysroot of static ones lacks.
  await ctx.run(['ninja', 'libslirp.a'], out, env);
  await ctx.run(['meson', 'install', '--no-rebuild', `--destdir=${sysroot}`], out, env);
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
