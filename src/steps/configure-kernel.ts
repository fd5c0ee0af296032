// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { formatCommand, shellQuote } from '../command.ts';
import { StepError } from '../errors.ts';
import type { StepOptions } from '../plan/step-options.ts';
import { readText } from '../read-file.ts';
import { findUnmet, type KernelConfig, parseConfig, type Unmet, unmetParts } from '../tools/build/kconfig.ts';
import { findDefinitions } from '../tools/build/kconfig-tree.ts';
import { kernelMake } from '../tools/build/kernel-make.ts';
import { makeFolder } from '../tools/files/make-folder.ts';
import { writeFileWhole } from '../tools/files/write-file.ts';
import { hasProgram } from '../tools/process/programs.ts';
import type { ShellContext, Step, StepContext } from './step.ts';

type Options = StepOptions['configure-kernel'];

/** All fragments in one file, in the build folder. */
const MERGED = 'bpmp-virt.config';
/** Configuring builds nothing that has a time in it. */
const NO_EPOCH = 0;

/** Make a kernel's .config and hold it against every symbol that was asked for: Kconfig drops some in silence. */
export const configureKernelStep: Step<'configure-kernel'> = {
  kind: 'configure-kernel',
  tools: ({ crossCompile }) => ['make', 'gcc', 'flex', 'bison', `${crossCompile}gcc`],
  title: ({ tree, base, fragments }) => `configure ${tree}: ${base} and ${fragments.length} fragments`,
  outputs: ({ out }) => [`${out}/.config`],
  inputs: ({ fragments }) => fragments,
  writes: ({ out }) => [out],
  watches: ({ tree }) => [tree],

  shell: (options, ctx) => {
    const out = ctx.path(options.out);
    const merged = shellQuote(join(out, MERGED));
    const fragments = options.fragments.map((path) => shellQuote(ctx.path(path))).join(' ');
    const line = `CONFIG_LOCALVERSION="${options.localVersion}"`;
    const config = shellQuote(join(out, '.config'));
    const wanted = Object.entries(options.wanted).flatMap(([symbol, value]) => [
      '--wanted',
      `${symbol}=${value}`,
    ]);
    return [
      `mkdir -p ${shellQuote(out)}`,
      `{ cat ${fragments}; printf '%s\\n' ${shellQuote(line)} '# CONFIG_LOCALVERSION_AUTO is not set'; } > ${merged}`,
      ...(options.base === 'allnoconfig'
        ? [`KCONFIG_ALLCONFIG=${merged} ${formatCommand(make(options, ctx, 'allnoconfig'))}`]
        : [
            formatCommand(make(options, ctx, 'defconfig')),
            `cat ${merged} >> ${config}`,
            formatCommand(make(options, ctx, 'olddefconfig')),
          ]),
      formatCommand(['bpmp-virt', 'plumbing', 'unmet', join(out, '.config'), join(out, MERGED), ...wanted]),
    ];
  },

  async run(options, ctx) {
    const out = ctx.path(options.out);
    await makeFolder(out);
    const fragments = await mergeFragments(options, ctx);
    await writeFileWhole(join(out, MERGED), fragments);
    if (options.base === 'allnoconfig') {
      const env = { KCONFIG_ALLCONFIG: join(out, MERGED) };
      await ctx.exec(await makeHere(options, ctx, 'allnoconfig'), ctx.work, env);
    } else {
      await ctx.exec(await makeHere(options, ctx, 'defconfig'), ctx.work);
      await writeFileWhole(join(out, '.config'), (await readConfig(out)) + fragments);
      await ctx.exec(await makeHere(options, ctx, 'olddefconfig'), ctx.work);
    }
    const wanted = new Map([...parseConfig(fragments), ...Object.entries(options.wanted)]);
    const config = parseConfig(await readConfig(out));
    const unmet = findUnmet(config, wanted);
    if (unmet.length > 0) throw await explain(unmet, config, ctx.path(options.tree));
  },
};

function make(options: Options, ctx: ShellContext, target: string, ccache = false) {
  const { crossCompile } = options;
  const build = { tree: ctx.path(options.tree), out: ctx.path(options.out), crossCompile, ccache };
  return kernelMake({ ...build, epoch: NO_EPOCH }, [target]);
}

async function makeHere(options: Options, ctx: StepContext, target: string) {
  return make(options, ctx, target, await hasProgram('ccache'));
}

async function mergeFragments({ fragments, localVersion }: Options, ctx: StepContext): Promise<string> {
  const texts = await Promise.all(fragments.map((path) => readText(ctx.path(path))));
  // The version must not depend on the tree being a git repository, or on its state.
  const version = [`CONFIG_LOCALVERSION="${localVersion}"`, '# CONFIG_LOCALVERSION_AUTO is not set', ''];
  return [...texts, version.join('\n')].join('\n');
}

function readConfig(out: string): Promise<string> {
  return readText(join(out, '.config'));
}

/** The error that names each symbol, and of what it depends on that which is not so. */
async function explain(unmet: readonly Unmet[], config: KernelConfig, tree: string): Promise<StepError> {
  const definitions = await findDefinitions(
    tree,
    unmet.map(({ symbol }) => symbol.replace(/^CONFIG_/, '')),
  );
  const lines = unmet.map(({ symbol, wanted, got }) => {
    const places = definitions.get(symbol.replace(/^CONFIG_/, '')) ?? [];
    const reasons = places.map(({ file, line, depends }) => {
      const parts = [...new Set(depends.flatMap((expression) => unmetParts(expression, config)))];
      const why = parts.length > 0 ? `needs ${parts.join(', ')}` : 'nothing that it depends on is missing';
      return `\n    ${file}:${line}: ${why}`;
    });
    const where = places.length === 0 ? '\n    this kernel has no such symbol' : reasons.join('');
    return `  ${symbol} is ${got}, wanted ${wanted}${where}`;
  });
  return new StepError(
    `the kernel's configuration is not what was asked for:\n${lines.join('\n')}`,
    'Add what is needed to a fragment of the recipe, or take the symbol out of it.',
  );
}
