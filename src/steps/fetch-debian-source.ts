// SPDX-License-Identifier: Apache-2.0
import { readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { shellQuote } from '../command.ts';
import type { StepOptions } from '../plan/step-options.ts';
import { type Apt, candidates, fetchNewest, fetchSource, openApt } from '../tools/apt/apt.ts';
import type { Step, StepContext } from './step.ts';

type Options = StepOptions['fetch-debian-source'];

/** A source tree as Debian ships it, with its patches; what apt downloads is checked by Debian's signatures. */
export const fetchDebianSourceStep: Step<'fetch-debian-source'> = {
  kind: 'fetch-debian-source',
  tools: ({ form }) => {
    const common = ['apt-get', 'apt-cache', 'flock'];
    return form === 'linux-source' ? [...common, 'dpkg-deb', 'tar', 'xz'] : [...common, 'dpkg-source'];
  },
  title: ({ package: name, suites }) => `fetch ${name} from ${suites.join(', ')}`,
  outputs: ({ into }) => [into],
  inputs: () => [],
  replaces: ({ into }) => [into],

  shell: async ({ form, package: name, version, mirror, suites, into }, ctx) => {
    const { shellAptLine, openAptLines, sourcePackageLines } = await import('./shell/apt.ts');
    const full = version === undefined ? name : `${name}=${version}`;
    const open = await openAptLines('apt', { mirror, suites }, ctx);
    if (form === 'source-package') return [...open, ...sourcePackageLines('apt', full, ctx.path(into))];
    const folder = shellQuote(ctx.path(into));
    return [
      ...open,
      shellAptLine('apt', ['apt-get', 'download', full]),
      `dpkg-deb -x ${shellQuote(name)}_*.deb unpacked && rm -rf ${folder} && mkdir -p ${folder}`,
      `tar -xf ${shellQuote(`unpacked/usr/src/${name}.tar.xz`)} --strip-components=1 --no-same-owner -C ${folder}`,
    ];
  },

  async run(options, ctx) {
    const { package: name, version, mirror, suites } = options;
    const apt = await openApt({ mirror, suites }, { run: ctx.exec, ...ctx });
    const source = options.form === 'source-package';
    const file = await (source ? fetchSource : fetchLinux)(apt, name, version);
    const exact = basename(file).replace(/\.(dsc|deb)$/, '');
    await ctx.replaceSource(
      ctx.path(options.into),
      { from: `${mirror} ${suites.join(' ')}`, exact },
      (aside) => (source ? unpackDsc(file, aside, ctx) : unpackLinux(file, aside, options, ctx)),
    );
  },
};

/** Download a package of all architectures; gives its .deb. */
async function fetchLinux(apt: Apt, name: string, version: string | undefined): Promise<string> {
  return fetchNewest(name, await candidates(apt, name, false), version, async (exact) => {
    await apt.run('apt-get', ['download', `${name}=${exact}`], apt.pool);
    // apt writes the epoch's colon as %3a.
    const start = `${name}_${exact.replaceAll(':', '%3a')}_`;
    const files = (await readdir(apt.pool)).filter((file) => file.startsWith(start) && file.endsWith('.deb'));
    return join(apt.pool, files[0] ?? `${start}all.deb`);
  });
}

async function unpackDsc(dsc: string, aside: string, ctx: StepContext): Promise<void> {
  // dpkg-source wants to make the folder itself. apt has checked the files by the archive's signature already.
  await rm(aside, { recursive: true });
  await ctx.exec(['dpkg-source', '--no-check', '-x', dsc, aside], ctx.work);
}

/** The package holds usr/src/linux-source-X.tar.xz, which holds the tree. */
async function unpackLinux(deb: string, aside: string, options: Options, ctx: StepContext): Promise<void> {
  const outer = `${aside}.deb`;
  ctx.defer(() => rm(outer, { recursive: true, force: true }));
  await rm(outer, { recursive: true, force: true });
  await ctx.exec(['dpkg-deb', '-x', deb, outer], ctx.work);
  const tarball = join(outer, 'usr/src', `${options.package}.tar.xz`);
  const words = ['--strip-components=1', '--no-same-owner', '-C', aside, '-xf', tarball];
  await ctx.exec(['tar', ...words], ctx.work);
}
