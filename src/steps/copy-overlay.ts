// SPDX-License-Identifier: Apache-2.0

import { shellQuote } from '../command.ts';
import { RECORD_FOLDER } from '../tools/files/file-undo.ts';
import { copiesAreWhole, copyOver, removeOverlays } from '../tools/files/overlay.ts';
import type { Step } from './step.ts';

/** QEMU's build looks at real files only, so our device is copied into its tree, and out again. */
export const copyOverlayStep: Step<'copy-overlay'> = {
  kind: 'copy-overlay',
  tools: () => [],
  title: ({ tree, overlay }) => `copy ${overlay} over ${tree}`,
  outputs: ({ tree }) => [`${tree}/${RECORD_FOLDER}/copies.json`],
  inputs: ({ overlay }) => [overlay],
  // What it does to the tree is in the tree's own records.
  writes: () => [],

  shell: ({ tree, overlay }, ctx) => [
    `cp -R ${shellQuote(`${ctx.path(overlay)}/.`)} ${shellQuote(ctx.path(tree))}`,
  ],

  intact: ({ tree }, ctx) => copiesAreWhole(ctx.path(tree)),

  async run({ tree, overlay }, ctx) {
    const { changed, removed } = await copyOver(ctx.path(tree), ctx.path(overlay));
    ctx.emit({ type: 'note', text: `${changed} files copied, ${removed} removed` });
  },

  async undo({ tree }, ctx) {
    const count = await removeOverlays(ctx.path(tree));
    ctx.emit({ type: 'note', text: `${count} links and copies taken out of ${tree}` });
  },
};
