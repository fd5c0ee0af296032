// SPDX-License-Identifier: Apache-2.0
import { dirname } from 'node:path';
import { shellQuote } from '../command.ts';
import { isLinkedTo, linkInto, removeOverlays } from '../tools/files/overlay.ts';
import type { Step } from './step.ts';

/** Our drivers appear in a kernel tree by symlinks: a change in the overlay is a change in the tree. */
export const linkOverlayStep: Step<'link-overlay'> = {
  kind: 'link-overlay',
  tools: () => [],
  title: ({ tree, links }) => `link ${links.length} overlay folders into ${tree}`,
  outputs: ({ tree, links }) => links.map(({ at }) => `${tree}/${at}`),
  // Not only what is linked: the drivers share headers beside them.
  inputs: ({ links }) => [...new Set(links.map(({ overlay }) => dirname(overlay)))],
  // What it does to the tree is in the tree's own records.
  writes: () => [],

  // Two clones of this package may share a work folder: links into the other one would build its drivers.
  async intact({ tree, links }, ctx) {
    for (const { at, overlay } of links) {
      if (!(await isLinkedTo(ctx.path(tree), at, ctx.path(overlay)))) return false;
    }
    return true;
  },

  shell: ({ tree, links }, ctx) =>
    links.map(({ at, overlay }) => {
      const place = shellQuote(`${ctx.path(tree)}/${at}`);
      return `ln -sfnr ${shellQuote(ctx.path(overlay))} ${place}`;
    }),

  async run({ tree, links }, ctx) {
    for (const { at, overlay } of links) await linkInto(ctx.path(tree), at, ctx.path(overlay));
  },

  async undo({ tree }, ctx) {
    const count = await removeOverlays(ctx.path(tree));
    ctx.emit({ type: 'note', text: `${count} links and copies taken out of ${tree}` });
  },
};
