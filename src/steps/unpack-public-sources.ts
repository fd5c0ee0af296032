// SPDX-License-Identifier: Apache-2.0
import { rm } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { formatCommand } from '../command.ts';
import { StepError, UsageError } from '../errors.ts';
import { hashFile, readText } from '../read-file.ts';
import { recordSource } from '../tools/fetch/source-record.ts';
import { exists, listFiles, mergeFolder } from '../tools/files/folder.ts';
import { describeForeign, foreignIn } from '../tools/files/foreign.ts';
import type { Step } from './step.ts';

const SOURCE = 'Linux_for_Tegra/source';

/** NVIDIA's sources without any server of theirs: one archive that holds the archives. */
export const unpackPublicSourcesStep: Step<'unpack-public-sources'> = {
  kind: 'unpack-public-sources',
  tools: () => ['tar', 'bzip2'],
  title: ({ archive }) => `unpack ${archive.replace(/^.*\//, '')}`,
  outputs: ({ into, inner }) =>
    inner.map((name) => `${into.replace(/\/?$/, into.endsWith(':') ? '' : '/')}${SOURCE}/${name}`),
  inputs: () => [],
  writes: ({ into }) => [`${into}${into.endsWith(':') ? '' : '/'}${SOURCE}`],

  shell: ({ archive, into, inner }, ctx) => {
    const source = join(ctx.path(into), SOURCE);
    return [
      formatCommand(['tar', '-C', ctx.path(into), '-xpf', ctx.path(archive)]),
      ...inner.map((name) => formatCommand(['tar', '-C', source, '-xpf', join(source, name)])),
    ];
  },

  async run({ archive, sha256, into, inner }, ctx) {
    const { extractArchive } = await import('../tools/fetch/archive.ts');
    const scratch = join(ctx.path(into), '.public-sources');
    ctx.defer(() => rm(scratch, { recursive: true, force: true }));
    const outer = join(scratch, 'outer');
    const { signal } = ctx;
    await extractArchive({ archive: ctx.path(archive), sha256, into: outer, strip: 0, signal });
    const source = join(outer, SOURCE);
    for (const name of inner) {
      await checkSum(join(source, name));
      const unpacked = join(scratch, 'inner');
      await extractArchive({ archive: join(source, name), into: unpacked, strip: 0, signal });
      await mergeFolder(unpacked, source);
    }
    await refuseOverwriting(outer, ctx.path(into), ctx.work);
    await mergeFolder(outer, ctx.path(into));
    await recordSource(ctx.work, join(ctx.path(into), SOURCE), { from: basename(archive), exact: sha256 });
  },
};

/** @throws {UsageError} a file of `from` would take the place of one below `into` that the user has made or changed */
async function refuseOverwriting(from: string, into: string, work: string): Promise<void> {
  const files = new Set((await listFiles(from)).map((file) => relative(work, join(into, file))));
  const foreign = (await foreignIn(work, join(into, SOURCE))).filter(({ path }) => files.has(path));
  if (foreign.length === 0) return;
  throw new UsageError(
    `the public sources would replace what bpmp-virt did not make:\n${describeForeign(foreign)}`,
    'Nothing was touched. Move these files away, and run the same command again.',
  );
}

/** Each archive inside comes with NAME.sha1sum. */
async function checkSum(archive: string): Promise<void> {
  if (!(await exists(archive))) {
    throw new StepError(
      `public_sources has no ${archive}`,
      'Name the archives that this release has in the recipe.',
    );
  }
  const sums = `${archive}.sha1sum`;
  if (!(await exists(sums))) return;
  const [wanted = ''] = (await readText(sums)).trim().split(/\s+/);
  const found = await hashFile(archive, 'sha1');
  if (found !== wanted) {
    throw new StepError(
      `${archive} has sha1 ${found}, its .sha1sum says ${wanted}`,
      'Fetch public_sources.tbz2 again.',
    );
  }
}
