// SPDX-License-Identifier: Apache-2.0
import { basename } from 'node:path';
import { formatCommand, shellQuote } from '../command.ts';
import { withLock } from '../tools/files/with-lock.ts';
import type { Step } from './step.ts';

/** A file from the network to the cache, checked by its hash. */
export const fetchArchiveStep: Step<'fetch-archive'> = {
  kind: 'fetch-archive',
  tools: () => ['flock'],
  title: ({ into }) => `fetch ${basename(into)}`,
  outputs: ({ into }) => [into],
  inputs: () => [],
  feeds: true,

  shell: ({ urls, sha256, into }, ctx) => {
    const file = ctx.path(into);
    const attempts = urls.map((url) =>
      formatCommand(['curl', '-fL', '-C', '-', '--create-dirs', '-o', file, ctx.url(url)]),
    );
    return [attempts.join(' || '), `echo ${shellQuote(`${sha256}  ${file}`)} | sha256sum -c -`];
  },

  async run({ urls, sha256, superseded, into }, ctx) {
    const { download } = await import('../tools/fetch/download.ts');
    const file = ctx.path(into);
    const wanted = { urls: urls.map(ctx.url), sha256, superseded, into: file };
    // The cache is everybody's: two runs must not append to one half of a file.
    await withLock(`${file}.lock`, ctx.signal, () => download(wanted, ctx));
  },
};
