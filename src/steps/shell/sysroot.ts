// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { formatCommand, shellQuote } from '../../command.ts';
import type { StepOptions } from '../../plan/step-options.ts';
import { ARM64_LIBRARIES, shellEnv } from '../../tools/build/cross.ts';
import { describeSlirp, SLIRP_SOURCE } from '../../tools/build/static-slirp.ts';
import type { ShellContext } from '../step.ts';
import { hereFile, openAptLines, shellAptLine, sourcePackageLines } from './apt.ts';

type Options = StepOptions['build-sysroot'];

/** The sysroot by hand: the packages, the development packages that they need, and a static libslirp. */
export async function sysrootLines(options: Options, ctx: ShellContext): Promise<readonly string[]> {
  const { packages, architecture, mirror, suites, versions = {} } = options;
  const pins = Object.entries(versions).map(([name, version]) => `${name}=${version}`);
  const repeated = (flag: string, words: readonly string[]) => words.flatMap((word) => [flag, word]);
  const into = shellQuote(ctx.path(options.into));
  return [
    ...(await openAptLines('apt', { mirror, suites, architecture }, ctx)),
    `${formatCommand([
      ...(['bpmp-virt', 'plumbing', 'sysroot', ...packages, '--mirror', ctx.url(mirror)] as const),
      ...repeated('--suite', suites),
      ...['--architecture', architecture],
      ...repeated('--pin', pins),
    ])} >packages`,
    `xargs ${shellAptLine('apt', ['apt-get', 'download'])} <packages`,
    `rm -rf ${into} && mkdir ${into}`,
    `for deb in ./*.deb; do dpkg-deb -x "$deb" ${into}; done`,
    ...(packages.includes('libslirp-dev') ? await slirpLines(options, ctx) : []),
  ];
}

async function slirpLines(
  { into, mirror, suites, versions }: Options,
  ctx: ShellContext,
): Promise<readonly string[]> {
  const version = versions?.[`src:${SLIRP_SOURCE}`];
  const sysroot = ctx.path(into);
  const scratch = `${sysroot}.slirp`;
  const slirp = describeSlirp({ sysroot, scratch }, {});
  const env = shellEnv(slirp.env);
  const there = shellQuote(join(sysroot, ARM64_LIBRARIES, 'libslirp.a'));
  return [
    `if [ ! -e ${there} ]; then`,
    `rm -rf ${shellQuote(scratch)} && mkdir ${shellQuote(scratch)}`,
    ...(await openAptLines('apt-source', { mirror, suites }, ctx)),
    ...sourcePackageLines(
      'apt-source',
      version === undefined ? SLIRP_SOURCE : `${SLIRP_SOURCE}=${version}`,
      slirp.source,
    ),
    hereFile(shellQuote(slirp.cross), slirp.crossFile),
    ...[slirp.setup, ...slirp.build].map((command) => `${env} ${formatCommand(command)}`),
    `rm -rf ${shellQuote(scratch)}`,
    'fi',
  ];
}
