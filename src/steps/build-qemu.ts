// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import process from 'node:process';
import { formatCommand, shellQuote } from '../command.ts';
import { Bug } from '../errors.ts';
import type { StepOptions } from '../plan/step-options.ts';
import { readText } from '../read-file.ts';
import { ccacheEnv } from '../tools/build/ccache.ts';
import { shellEnv, sysrootEnv, systemFirst } from '../tools/build/cross.ts';
import { configureWords, type QemuBuild } from '../tools/build/qemu-configure.ts';
import { exists } from '../tools/files/folder.ts';
import { writeFileWhole } from '../tools/files/write-file.ts';
import { hasProgram } from '../tools/process/programs.ts';
import type { ShellContext, Step, StepContext } from './step.ts';

type Options = StepOptions['build-qemu'];

const PROGRAM = 'qemu-system-aarch64';
/** What a build folder was configured with; written once that has worked. */
const CONFIGURED = 'bpmp-virt-configured.json';

/** Build qemu-system-aarch64 out of its tree, for this machine or, linked statically, for the board. */
export const buildQemuStep: Step<'build-qemu'> = {
  kind: 'build-qemu',
  tools: ({ host, crossCompile }) => [
    ...['python3', 'meson', 'ninja', 'pkg-config', 'gcc', 'flock', 'strip'],
    ...(host === 'arm64' ? [`${crossCompile}gcc`] : HOST_LIBRARIES),
  ],
  title: ({ host }) => `build QEMU for ${host === 'arm64' ? 'the board' : 'this machine'}`,
  outputs: ({ out }) => [`${out}/${PROGRAM}`],
  inputs: () => [],
  writes: ({ out }) => [out],
  watches: ({ tree }) => [tree],

  shell: async (options, ctx) => {
    const { mesonLines } = await import('./shell/meson.ts');
    const build = describe(options, ctx, false);
    const env = shellEnv(environment(build));
    const configure = (version: string) =>
      `${env} ${formatCommand([`${build.tree}/configure`, ...configureWords(build, version)])}`;
    const out = shellQuote(build.out);
    return [
      ...(await mesonLines(build.tree, options.meson, ctx)),
      `mkdir -p ${out} && cd ${out}`,
      `case $(cat ${shellQuote(join(build.tree, 'VERSION'))}) in`,
      `[0-7].* | 8.0*) ${configure('')} ;;`,
      `*) ${configure('8.1')} ;;`,
      'esac',
      `${env} ${formatCommand(['ninja', `-j${ctx.jobs}`, PROGRAM])}`,
    ];
  },

  async run(options, ctx) {
    const build = describe(options, ctx, await hasProgram('ccache'));
    const { mesonEnv, wantedMeson } = await import('../tools/build/meson.ts');
    const wanted = await wantedMeson(build.tree);
    const apt = { run: ctx.exec, ...ctx };
    const env = {
      ...environment(build),
      ...(wanted === undefined ? {} : await mesonEnv(wanted, options.meson, apt)),
    };
    await configure(build, ctx, env, await readVersion(build.tree));
    await ctx.exec(['ninja', `-j${ctx.jobs}`, PROGRAM], build.out, { ...env, ...ccacheEnv(ctx.work) });
  },
};

/** What pkg-config must find on this machine for a QEMU that runs here. */
const HOST_LIBRARIES = [
  ...['pkg-config:glib-2.0', 'pkg-config:pixman-1', 'pkg-config:slirp', 'pkg-config:libseccomp'],
  'header:libfdt.h',
];

function describe(options: Options, ctx: ShellContext, ccache: boolean): QemuBuild {
  const { host, sysroot, configure: words, crossCompile } = options;
  const common = { tree: ctx.path(options.tree), out: ctx.path(options.out), words, ccache };
  if (host === 'build') return { ...common, host };
  if (sysroot === undefined) throw new Bug('a plan builds QEMU for arm64 without a sysroot');
  return { ...common, host, crossCompile, sysroot: ctx.path(sysroot) };
}

function environment(build: QemuBuild): Readonly<Record<string, string>> {
  const { PATH = '' } = process.env;
  return { ...systemFirst(PATH), ...(build.host === 'arm64' ? sysrootEnv(build.sysroot) : {}) };
}

/** Configure where that has not been done just so; what was configured otherwise is thrown away. */
async function configure(
  build: QemuBuild,
  ctx: StepContext,
  env: Readonly<Record<string, string>>,
  version: string,
): Promise<void> {
  const command = [join(build.tree, 'configure'), ...configureWords(build, version)] as const;
  const record = JSON.stringify({ command, version, env: { ...env, PATH: '' } });
  const file = join(build.out, CONFIGURED);
  if ((await exists(file)) && (await readText(file)) === record) return;
  await ctx.replaceProduct(build.out, async () => undefined);
  await ctx.exec(command, build.out, env);
  await writeFileWhole(file, record);
}

async function readVersion(tree: string): Promise<string> {
  return (await readText(join(tree, 'VERSION'))).trim();
}
