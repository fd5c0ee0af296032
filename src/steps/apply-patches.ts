// SPDX-License-Identifier: Apache-2.0
import { basename, dirname, join, relative } from 'node:path';
import { formatCommand } from '../command.ts';
import { isAsPatched } from '../tools/files/tree-records.ts';
import type { Step } from './step.ts';

/** Bring a series of patches into a tree, so that it can be taken back. */
export const applyPatchesStep: Step<'apply-patches'> = {
  kind: 'apply-patches',
  tools: () => ['git'],
  title: ({ tree, patches }) => `apply ${basename(patches)} to ${tree}`,
  outputs: ({ tree }) => [`${tree}/.bpmp-virt/patches/series`],
  inputs: ({ patches }) => [patches],
  // What it does to the tree is in the tree's own records.
  writes: () => [],

  shell: ({ tree, patches }, ctx) => {
    const folder = formatCommand([ctx.path(patches)]);
    // A repository that the tree merely lies in would make `git apply` skip every file without a word.
    const ceiling = `GIT_CEILING_DIRECTORIES=${formatCommand([dirname(ctx.path(tree))])}`;
    return [
      `cd ${formatCommand([ctx.path(tree)])}`,
      `grep -v '^#' ${folder}/series | while read -r patch; do ${ceiling} git apply ${folder}/"$patch" || exit 1; done`,
    ];
  },

  intact: ({ tree }, ctx) => isAsPatched(ctx.path(tree)),

  async run({ tree, patches }, ctx) {
    const [{ applySeries }, { isOurFile }] = await Promise.all([
      import('../tools/git/patch-series.ts'),
      import('../tools/files/foreign.ts'),
    ]);
    const place = relative(ctx.work, ctx.path(tree));
    // A tree of the user's own is never replaced: whose its bytes are does not matter.
    const isOurs = async (file: string) => place.startsWith('..') || isOurFile(ctx.work, join(place, file));
    const outcome = await applySeries(ctx.path(tree), ctx.path(patches), isOurs);
    ctx.emit({ type: 'note', text: `${patches}: ${outcome}` });
  },

  async undo({ tree }, ctx) {
    const { removeSeries } = await import('../tools/git/patch-series.ts');
    const there = await removeSeries(ctx.path(tree));
    ctx.emit({
      type: 'note',
      text: there ? `patches taken back from ${tree}` : `no patches of ours in ${tree}`,
    });
  },
};
