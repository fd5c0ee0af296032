// SPDX-License-Identifier: Apache-2.0
import { basename } from 'node:path';
import { formatCommand, shellQuote } from '../command.ts';
import type { Step } from './step.ts';

/** A folder out of a tar archive. */
export const extractArchiveStep: Step<'extract-archive'> = {
  kind: 'extract-archive',
  tools: () => ['tar', 'bzip2', 'xz'],
  title: ({ archive, into }) => `unpack ${basename(archive)} to ${into}`,
  outputs: ({ into }) => [into],
  inputs: () => [],
  replaces: ({ into }) => [into],

  shell: ({ archive, into, strip }, ctx) => {
    const folder = ctx.path(into);
    const words = [`--strip-components=${strip}`, '-C', folder, '-xpf', ctx.path(archive)] as const;
    return [`mkdir -p ${shellQuote(folder)}`, formatCommand(['tar', ...words])];
  },

  async run({ archive, sha256, into, strip }, ctx) {
    const { unpackInto } = await import('../tools/fetch/archive.ts');
    const { signal } = ctx;
    const source = { from: basename(archive), exact: sha256 };
    await ctx.replaceSource(ctx.path(into), source, (aside) =>
      unpackInto(aside, { archive: ctx.path(archive), sha256, strip, signal }),
    );
  },
};
