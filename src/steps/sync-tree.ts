// SPDX-License-Identifier: Apache-2.0

import { formatCommand, shellQuote } from '../command.ts';
import { recordSource } from '../tools/fetch/source-record.ts';
import { QEMU_SUBMODULES } from '../tools/git/qemu-submodules.ts';
import type { Step } from './step.ts';

/** One repository at one tag, without its history, from the first mirror that has it. */
export const syncTreeStep: Step<'sync-tree'> = {
  kind: 'sync-tree',
  tools: () => ['git', 'flock'],
  title: ({ into, ref }) => `sync ${into} at ${ref}`,
  outputs: ({ into }) => [`${into}/.git`],
  inputs: () => [],
  writes: ({ into }) => [into],

  shell: ({ urls, ref, commit, into }, ctx) => {
    const folder = ctx.path(into);
    const clones = urls.map((url) =>
      formatCommand(['git', 'clone', '--depth', '1', '--branch', ref, ctx.url(url), folder]),
    );
    const check = formatCommand(['git', '-C', folder, 'rev-parse', 'HEAD']);
    const git = formatCommand(['git', '-C', folder]);
    const submodules = [
      `${git} ls-files --stage | sed -n 's/^160000 [^\\t]*\\t//p'`,
      `{ grep -xE ${shellQuote(QEMU_SUBMODULES)} || true; }`,
      `xargs -r ${git} submodule update --init --depth 1 --`,
    ];
    return [
      clones.join(' || '),
      ...(commit === undefined ? [] : [`test "$(${check})" = ${commit}`]),
      submodules.join(' | '),
    ];
  },

  async run({ urls, ref, commit, into }, ctx) {
    const { syncTree } = await import('../tools/git/git-sync.ts');
    const request = { urls, ref, into: ctx.path(into), ...(commit === undefined ? {} : { commit }) };
    const exact = await syncTree(request, ctx);
    await recordSource(ctx.work, ctx.path(into), { from: `${urls[0]} ${ref}`, exact });
  },
};
