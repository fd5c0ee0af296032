// SPDX-License-Identifier: Apache-2.0
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openApt } from '../tools/apt.ts';
import { fetchDevelopment } from '../tools/apt-closure.ts';
import { ARM64_LIBRARIES } from '../tools/cross.ts';
import { exists, fillFolder } from '../tools/folder.ts';
import { buildStaticSlirp } from '../tools/static-slirp.ts';
import type { Step } from './step.ts';

/** The board's libraries in a folder: two architectures' libfdt-dev cannot be installed side by side. */
export const buildSysroot: Step<'build-sysroot'> = {
  kind: 'build-sysroot',
  tools: () => ['apt-get', 'apt-cache', 'dpkg-deb', 'dpkg-source', 'flock', 'meson', 'ninja', 'pkg-config'],
  title: ({ packages, architecture }) =>
    `unpack ${packages.length} packages of ${architecture} and their like`,
  outputs: ({ into }) => [`${into}/${ARM64_LIBRARIES}/libglib-2.0.a`],
  inputs: () => [],

  shell: async (options, ctx) => (await import('./sysroot-shell.ts')).sysrootLines(options, ctx),

  async run({ architecture, mirror, suites, packages, into }, ctx) {
    const tools = { run: ctx.exec, ...ctx };
    const apt = await openApt({ mirror, suites, architecture }, tools);
    const debs = await fetchDevelopment(apt, packages);
    await fillFolder(ctx.path(into), async (aside) => {
      for (const deb of debs) await ctx.exec(['dpkg-deb', '-x', deb, aside], ctx.work);
      if (!packages.includes('libslirp-dev')) return;
      if (await exists(join(aside, ARM64_LIBRARIES, 'libslirp.a'))) return;
      const scratch = `${aside}.slirp`;
      ctx.defer(() => rm(scratch, { recursive: true, force: true }));
      await rm(scratch, { recursive: true, force: true });
      await buildStaticSlirp({ mirror, suites }, { sysroot: aside, scratch }, tools);
    });
  },
};
