// SPDX-License-Identifier: Apache-2.0
import { rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { formatCommand } from '../command.ts';
import { DEBIAN } from '../recipe/source-schema.ts';
import type { Step } from './step.ts';

/** Programs that make an image of a guest. */
export const IMAGE_TOOLS: readonly string[] = [
  ...['apt-cache', 'apt-get', 'cp', 'debugfs', 'dpkg-deb', 'dumpe2fs', 'fakeroot'],
  ...['find', 'flock', 'mke2fs', 'tar'],
];

/** A guest's root file system with a Debian. */
export const makeDebianImageStep: Step<'make-debian-image'> = {
  kind: 'make-debian-image',
  tools: () => IMAGE_TOOLS,
  title: ({ suites, mib }) => `make a guest with Debian ${suites[0]} (image of ${mib} MiB)`,
  outputs: ({ into }) => [into],
  inputs: ({ key }) => ['tool:guest/image', ...(key === undefined ? [] : [key])],
  writes: ({ into }) => [dirname(into)],

  shell: ({ into, key, modules, autologin, ...rest }, ctx) => {
    const words = [
      ...['--out', ctx.path(into), '--kind', 'debian', '--mirror', `${DEBIAN}=${ctx.url(rest.mirror)}`],
      ...rest.suites.flatMap((suite) => ['--suite', suite]),
      ...rest.packages.flatMap((name) => ['--package', name]),
      ...['--user', rest.user, '--hostname', rest.hostname, '--size', `${rest.mib}M`],
      ...(key === undefined ? [] : ['--key', ctx.path(key)]),
      ...(modules === undefined ? [] : ['--modules', ctx.path(modules)]),
      ...(autologin ? ['--autologin'] : []),
    ];
    return [
      formatCommand(['mkdir', '-p', dirname(ctx.path(into))]),
      `SOURCE_DATE_EPOCH=${rest.epoch} ${formatCommand(['bpmp-virt', 'image', 'guest', ...words])}`,
    ];
  },

  async run({ into, key, modules, ...rest }, ctx) {
    const { makeDebianImage } = await import('../tools/guest/debian-image.ts');
    const guest = {
      ...rest,
      ...(key === undefined ? {} : { key: ctx.path(key) }),
      ...(modules === undefined ? {} : { modules: ctx.path(modules) }),
    };
    const scripts = ctx.path('tool:guest/image');
    await ctx.replaceProduct(dirname(ctx.path(into)), async (aside) => {
      const scratch = `${aside}.scratch`;
      ctx.defer(() => rm(scratch, { recursive: true, force: true }));
      await rm(scratch, { recursive: true, force: true });
      await makeDebianImage(
        join(aside, basename(into)),
        guest,
        { scratch, scripts },
        { run: ctx.exec, ...ctx },
      );
    });
  },
};
