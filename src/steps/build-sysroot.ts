// SPDX-License-Identifier: Apache-2.0
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openApt } from '../tools/apt/apt.ts';
import { downloadPackages, type Package, resolveDevelopment } from '../tools/apt/apt-closure.ts';
import { ARM64_LIBRARIES } from '../tools/build/cross.ts';
import { buildStaticSlirp, SLIRP_SOURCE } from '../tools/build/static-slirp.ts';
import { recordSource } from '../tools/fetch/source-record.ts';
import { exists } from '../tools/files/folder.ts';
import type { Step } from './step.ts';

/** The board's libraries in a folder: two architectures' libfdt-dev cannot be installed side by side. */
export const buildSysrootStep: Step<'build-sysroot'> = {
  kind: 'build-sysroot',
  tools: () => ['apt-get', 'apt-cache', 'dpkg-deb', 'dpkg-source', 'flock', 'meson', 'ninja', 'pkg-config'],
  title: ({ packages, architecture }) =>
    `unpack ${packages.length} packages of ${architecture} and what they depend on`,
  outputs: ({ into }) => [`${into}/${ARM64_LIBRARIES}/libglib-2.0.a`],
  inputs: () => [],
  writes: ({ into }) => [into],

  shell: async (options, ctx) => (await import('./shell/sysroot.ts')).sysrootLines(options, ctx),

  async run({ architecture, mirror, suites, packages, versions = {}, into }, ctx) {
    const tools = { run: ctx.exec, ...ctx };
    const apt = await openApt({ mirror, suites, architecture }, tools);
    const chosen = await resolveDevelopment(apt, packages, versions);
    const debs = await downloadPackages(apt, chosen);
    let slirp: string | undefined;
    await ctx.replaceProduct(ctx.path(into), async (aside) => {
      for (const deb of debs) await ctx.exec(['dpkg-deb', '-x', deb, aside], ctx.work);
      if (!packages.includes('libslirp-dev')) return;
      if (await exists(join(aside, ARM64_LIBRARIES, 'libslirp.a'))) return;
      const scratch = `${aside}.slirp`;
      ctx.defer(() => rm(scratch, { recursive: true, force: true }));
      await rm(scratch, { recursive: true, force: true });
      const version = versions[`src:${SLIRP_SOURCE}`];
      const archive = { mirror, suites, ...(version === undefined ? {} : { version }) };
      slirp = await buildStaticSlirp(archive, { sysroot: aside, scratch }, tools);
    });
    const from = `${mirror} ${suites.join(' ')}`;
    await recordSource(ctx.work, ctx.path(into), { from, exact: exactly(chosen, slirp) });
  },
};

/** All that the sysroot was made of, in one line. */
function exactly(packages: readonly Package[], dsc: string | undefined): string {
  const words = packages.map(({ name, version }) => `${name}=${version}`);
  return [...words, ...(dsc === undefined ? [] : [dsc])].join(' ');
}
