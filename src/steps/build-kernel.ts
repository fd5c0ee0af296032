// SPDX-License-Identifier: Apache-2.0
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { formatCommand, shellQuote } from '../command.ts';
import type { StepOptions } from '../plan/step-options.ts';
import { ccacheEnv } from '../tools/build/ccache.ts';
import { kernelMake } from '../tools/build/kernel-make.ts';
import { makeFolder } from '../tools/files/make-folder.ts';
import { hasProgram } from '../tools/process/programs.ts';
import type { ShellContext, Step, StepContext } from './step.ts';

type Options = StepOptions['build-kernel'];

const DTS = 'arch/arm64/boot/dts';
/** In what is installed: a folder for each release of the kernel. */
const MODULES = 'lib/modules';

/** Build an arm64 kernel out of its tree; the same sources give the same Image, whoever builds where and when. */
export const buildKernelStep: Step<'build-kernel'> = {
  kind: 'build-kernel',
  tools: ({ crossCompile, modulesInto }) => [
    ...['make', 'gcc', 'bc', 'flex', 'bison', `${crossCompile}gcc`],
    // Without it the kernel's own script warns and goes on, and no board can load the modules.
    ...(modulesInto === undefined ? [] : ['depmod']),
  ],
  title: ({ targets }) => `build the kernel: ${targets.join(', ')}`,
  outputs: ({ out, targets, modulesInto }) => [
    ...(targets.includes('Image') ? [`${out}/arch/arm64/boot/Image`] : []),
    ...(targets.includes('dtbs') ? [`${out}/arch/arm64/boot/dts/nvidia`] : []),
    ...(modulesInto === undefined ? [] : [modulesInto]),
  ],
  inputs: () => [],
  writes: ({ out, modulesInto }) => [out, ...(modulesInto === undefined ? [] : [modulesInto])],
  watches: ({ tree }) => [tree],

  shell: (options, ctx) => {
    const targets = options.targets.filter((target) => target !== 'dtbs');
    const lines = [formatCommand(make(options, ctx, false, [`-j${ctx.jobs}`, ...targets]))];
    if (options.targets.includes('dtbs')) {
      const folder = shellQuote(join(ctx.path(options.tree), DTS));
      const trees = `$(cd ${folder} && ls nvidia/tegra234-*.dts | sed 's/s$/b/')`;
      lines.push(
        '# shellcheck disable=SC2012,SC2046 # one plain word a tree',
        `${formatCommand(make(options, ctx, false, [`-j${ctx.jobs}`]))} ${trees}`,
      );
    }
    if (options.modulesInto !== undefined) {
      const into = ctx.path(options.modulesInto);
      lines.push(
        `mkdir -p ${shellQuote(into)}`,
        formatCommand(make(options, ctx, false, installWords(into))),
        `rm -f ${shellQuote(`${into}/${MODULES}`)}/*/build`,
      );
    }
    return lines;
  },

  async run(options, ctx) {
    const ccache = await hasProgram('ccache');
    await makeFolder(ctx.path(options.out));
    const command = make(options, ctx, ccache, [`-j${ctx.jobs}`, ...(await words(options, ctx))]);
    await ctx.exec(command, ctx.work, ccacheEnv(ctx.work));
    if (options.modulesInto === undefined) return;
    await ctx.replaceProduct(ctx.path(options.modulesInto), async (aside) => {
      await ctx.exec(make(options, ctx, ccache, installWords(aside)), ctx.work);
      await unlinkBuild(join(aside, MODULES));
    });
  },
};

function make(options: Options, ctx: ShellContext, ccache: boolean, words: readonly string[]) {
  const { crossCompile, epoch } = options;
  const build = { tree: ctx.path(options.tree), out: ctx.path(options.out), crossCompile, epoch, ccache };
  return kernelMake(build, words);
}

/** Of the device trees those of Orin only: the others are a thousand, and no board of ours has them. */
async function words({ targets, tree }: Options, ctx: StepContext): Promise<readonly string[]> {
  if (!targets.includes('dtbs')) return targets;
  const files = await readdir(join(ctx.path(tree), DTS, 'nvidia'));
  const sources = files.filter((file) => /^tegra234-.*\.dts$/.test(file)).sort();
  const trees = sources.map((file) => `nvidia/${file.replace(/s$/, 'b')}`);
  return [...targets.filter((target) => target !== 'dtbs'), ...trees];
}

function installWords(into: string): readonly string[] {
  return [`INSTALL_MOD_PATH=${into}`, 'INSTALL_MOD_STRIP=1', 'modules_install'];
}

/** `modules_install` links to the build folder: on a board that leads nowhere, and the bundle would tell where it was built. */
async function unlinkBuild(modules: string): Promise<void> {
  for (const release of await readdir(modules)) await rm(join(modules, release, 'build'), { force: true });
}
