// SPDX-License-Identifier: Apache-2.0
import { dirname } from 'node:path';
import { formatCommand } from '../command.ts';
import type { StepOptions } from '../plan/step-options.ts';
import { shellEnv } from '../tools/build/cross.ts';
import { makeFolder } from '../tools/files/make-folder.ts';
import type { Step, StepContext } from './step.ts';

type Options = StepOptions['build-scmi'];

/** What bpmp-scmi is made of; it is built where it lies. */
const SOURCES = [
  'tool:scmi',
  'tool:qemu-overlay/include/hw/misc/bpmp-frame.h',
  'tool:kernel-overlay/include/uapi/linux/bpmp-host.h',
];

/** Build bpmp-scmi, linked statically, for this machine or for the board. */
export const buildScmiStep: Step<'build-scmi'> = {
  kind: 'build-scmi',
  tools: ({ host, crossCompile }) => [host === 'arm64' ? `${crossCompile}gcc` : 'gcc'],
  title: ({ host }) => `build bpmp-scmi for ${host === 'arm64' ? 'the board' : 'this machine'}`,
  outputs: ({ out }) => [out],
  inputs: () => SOURCES,

  shell: (options, ctx) => [
    `${formatCommand(['mkdir', '-p', dirname(ctx.path(options.out))])}`,
    `${shellEnv(environment(options))} ${formatCommand(command(options, ctx))}`,
  ],

  async run(options, ctx) {
    await makeFolder(dirname(ctx.path(options.out)));
    await ctx.exec(command(options, ctx), ctx.work, environment(options));
  },
};

function command({ qemu, out }: Options, { path }: Pick<StepContext, 'path'>) {
  return [path('tool:scmi/build.sh'), path(qemu), path(out)] as const;
}

function environment({ host, crossCompile, epoch }: Options): Readonly<Record<string, string>> {
  return { CC: host === 'arm64' ? `${crossCompile}gcc` : 'gcc', SOURCE_DATE_EPOCH: String(epoch) };
}
