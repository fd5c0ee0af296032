// SPDX-License-Identifier: Apache-2.0
import { chmod, copyFile, lstat, readdir, readlink, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { z } from 'zod';
import { formatCommand, shellQuote } from '../command.ts';
import { kernelAbilities } from '../plan/kernel-abilities.ts';
import type { StepOptions } from '../plan/step-options.ts';
import { hashFile, readText } from '../read-file.ts';
import { parseConfig } from '../tools/build/kconfig.ts';
import { readJsonFolder, readSources } from '../tools/fetch/source-record.ts';
import { listFiles } from '../tools/files/folder.ts';
import { makeFolder } from '../tools/files/make-folder.ts';
import { writeFileWhole } from '../tools/files/write-file.ts';
import { hasProgram } from '../tools/process/programs.ts';
import type { Step, StepContext } from './step.ts';

type Options = StepOptions['pack-bundle'];

const MANIFEST = 'manifest.json';
const SUMS = 'SHA256SUMS';
/** Programs whose version decides what a build comes to, and the word that makes them say it. */
const BUILT_WITH = ['aarch64-linux-gnu-gcc', 'gcc', 'ld', 'make', 'dtc', 'meson', 'ninja', 'git'] as const;

/** Everything a board needs in one folder; the same inputs give the same files, but for the manifest's durations. */
export const packBundleStep: Step<'pack-bundle'> = {
  kind: 'pack-bundle',
  tools: () => [],
  title: ({ into }) => `pack ${into}`,
  outputs: ({ files, into }) => [
    ...Object.keys(files).map((place) => (place === '.' ? into : `${into}/${place}`)),
    `${into}/${MANIFEST}`,
    `${into}/${SUMS}`,
  ],
  inputs: () => [],
  writes: ({ into }) => [into],

  shell: ({ files, kernelConfig, into }, ctx) => {
    const config = shellQuote(ctx.path(kernelConfig));
    const bundle = shellQuote(ctx.path(into));
    const copies = Object.entries(files).map(([place, from]) => {
      const to = shellQuote(join(ctx.path(into), place));
      const above = shellQuote(dirname(join(ctx.path(into), place)));
      return place === '.'
        ? `cp -R ${shellQuote(`${ctx.path(from)}/.`)} ${bundle}`
        : `mkdir -p ${above} && cp -R ${shellQuote(ctx.path(from))} ${to}`;
    });
    const list = `find . -type f ! -name ${SUMS} | sed 's,^./,,' | sort`;
    const sums = `${list} | while read -r file; do sha256sum "$file"; done >"$scratch/sums"`;
    return [
      `# ${MANIFEST} of \`build\` tells how the bundle was made; here it says what the kernel can, which deploy asks.`,
      `rm -rf ${bundle} && mkdir -p ${bundle}`,
      ...copies,
      `cd ${bundle} && ${sums} && mv "$scratch/sums" ${SUMS}`,
      `bpmp-virt plumbing manifest Image ${config} >"$scratch/manifest" && mv "$scratch/manifest" ${MANIFEST}`,
    ];
  },

  async run(options, ctx) {
    await ctx.replaceProduct(ctx.path(options.into), async (aside) => {
      for (const [place, from] of Object.entries(options.files)) {
        await copyTree(ctx.path(from), join(aside, place));
      }
      const sums = await hashAll(aside);
      const lines = sums.map(({ file, sha256 }) => `${sha256}  ${file}\n`);
      await writeFileWhole(join(aside, SUMS), lines.join(''), { mode: 0o644 });
      const manifest = await describe(options, sums, ctx);
      await writeFileWhole(join(aside, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o644 });
      await chmod(aside, 0o755);
    });
  },
};

type Sum = { readonly file: string; readonly size: number; readonly sha256: string };

/** Copy a file, link or folder; permission bits come from the kind of file alone, not from the umask. */
async function copyTree(from: string, to: string): Promise<void> {
  const info = await lstat(from);
  await makeFolder(dirname(to));
  if (info.isDirectory()) {
    await makeFolder(to);
    await chmod(to, 0o755);
    for (const name of await readdir(from)) await copyTree(join(from, name), join(to, name));
  } else if (info.isSymbolicLink()) {
    await symlink(await readlink(from), to);
  } else {
    await copyFile(from, to);
    await chmod(to, info.mode & 0o100 ? 0o755 : 0o644);
  }
}

async function hashAll(root: string): Promise<readonly Sum[]> {
  const sums: Sum[] = [];
  for (const file of await listFiles(root)) {
    const info = await lstat(join(root, file));
    if (!info.isFile()) continue;
    sums.push({ file, size: info.size, sha256: await hashFile(join(root, file)) });
  }
  return sums;
}

async function describe(options: Options, files: readonly Sum[], ctx: StepContext) {
  const config = await readText(ctx.path(options.kernelConfig));
  const trees = new Set(options.sources.map((path) => relative(ctx.work, ctx.path(path))));
  const states = join(ctx.work, '.bpmp-virt', 'steps');
  const steps = await readJsonFolder(states, z.object({ id: z.string(), ms: z.number() }));
  return {
    version: 1,
    recipe: options.recipe,
    repeat: formatCommand(options.repeat),
    facts: options.facts,
    kernel: kernelAbilities(parseConfig(config)),
    sources: (await readSources(ctx.work)).filter(({ tree }) => trees.has(tree)),
    tools: await toolVersions(ctx),
    files,
    durationsMs: Object.fromEntries(
      steps.filter(({ id }) => options.steps.includes(id)).map(({ id, ms }) => [id, ms]),
    ),
  };
}

/** The first line that each program says of itself; a program that is not here took no part. */
async function toolVersions(ctx: StepContext): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  for (const program of BUILT_WITH) {
    if (!(await hasProgram(program))) continue;
    const [first = ''] = (await ctx.exec([program, '--version'], ctx.work)).split('\n');
    found[program] = first;
  }
  return found;
}
