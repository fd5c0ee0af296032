// SPDX-License-Identifier: Apache-2.0
import { joinUrl } from '../recipe/floating.ts';
import type { Recipe } from '../recipe/schema.ts';
import { LAYOUT } from './layout.ts';
import type { PlannedStep } from './plan.ts';
import { archiveOf, planDownload } from './source-steps.ts';

type L4t = NonNullable<Recipe['l4t']>;

/** Of public_sources.tbz2, what a kernel with NVIDIA's modules is built from. */
const INNER_SOURCES = [
  'kernel_src.tbz2',
  'kernel_oot_modules_src.tbz2',
  'nvidia_kernel_display_driver_source.tbz2',
];

/** The BSP and, where the recipe asks for them, NVIDIA's sources. */
export function planL4t(l4t: L4t): readonly PlannedStep[] {
  const fetch = planDownload('l4t-fetch', l4t.bsp);
  const extract: PlannedStep = {
    id: 'l4t',
    kind: 'extract-archive',
    options: { ...archiveOf(fetch), into: LAYOUT.l4t, strip: 1 },
    after: [fetch.id],
  };
  return [fetch, extract, ...planSources(l4t, [extract.id])];
}

function planSources(l4t: L4t, after: readonly string[]): readonly PlannedStep[] {
  switch (l4t.sources) {
    case 'none':
      return [];
    case 'sync':
      return Object.entries(l4t.trees).map(([path, repo]) => ({
        id: `l4t-sync-${path.replaceAll('/', '-')}`,
        kind: 'sync-tree',
        options: {
          urls: l4t.servers.map((server) => joinUrl(server, repo)),
          ref: l4t.tag,
          ...commitOf(l4t, path),
          into: `${LAYOUT.l4tSource}/${path}`,
        },
        after,
      }));
    case 'source-sync': {
      const trees = Object.keys(l4t.trees).map((path) => ({ path, ...commitOf(l4t, path) }));
      const options = { source: LAYOUT.l4tSource, tag: l4t.tag, trees };
      return [{ id: 'l4t-source-sync', kind: 'sync-bsp', options, after }];
    }
    case 'public-sources': {
      if (l4t.publicSources === undefined) return [];
      const fetch = planDownload('l4t-public-sources-fetch', l4t.publicSources);
      const options = { ...archiveOf(fetch), into: 'work:', inner: INNER_SOURCES };
      const unpack: PlannedStep = {
        id: 'l4t-public-sources',
        kind: 'unpack-public-sources',
        options,
        after: [fetch.id, ...after],
      };
      return [fetch, unpack];
    }
  }
}

function commitOf(l4t: L4t, path: string): { commit?: string } {
  const commit = l4t.commits?.[path];
  return commit === undefined ? {} : { commit };
}
