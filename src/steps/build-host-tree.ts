// SPDX-License-Identifier: Apache-2.0
import { basename } from 'node:path';
import { formatCommand } from '../command.ts';
import type { StepOptions } from '../plan/step-options.ts';
import { kernelMake } from '../tools/build/kernel-make.ts';
import { hasProgram } from '../tools/process/programs.ts';
import type { ShellContext, Step } from './step.ts';

type Options = StepOptions['build-host-tree'];

/** Compile the host's device tree out of a configured kernel: seconds, and what cannot be given away is known by it. */
export const buildHostTreeStep: Step<'build-host-tree'> = {
  kind: 'build-host-tree',
  tools: ({ crossCompile }) => ['make', 'gcc', 'flex', 'bison', `${crossCompile}gcc`],
  title: ({ dtb }) => `compile the host's device tree: ${basename(dtb)}`,
  outputs: ({ out, dtb }) => [`${out}/arch/arm64/boot/dts/${dtb}`],
  inputs: () => [],
  writes: ({ out }) => [out],
  watches: ({ tree }) => [tree],

  shell: (options, ctx) => [formatCommand(make(options, ctx, false))],

  async run(options, ctx) {
    await ctx.exec(make(options, ctx, await hasProgram('ccache')), ctx.work);
  },
};

/** The words are those of the kernel's own build, which goes on from what this leaves. */
function make({ tree, out, dtb, crossCompile, epoch }: Options, ctx: ShellContext, ccache: boolean) {
  const build = { tree: ctx.path(tree), out: ctx.path(out), crossCompile, epoch, ccache };
  return kernelMake(build, [`-j${ctx.jobs}`, dtb]);
}
