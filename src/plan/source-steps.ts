// SPDX-License-Identifier: Apache-2.0
import type { Source } from '../recipe/schema.ts';
import type { PlannedStep } from './plan.ts';
import { recipePath } from './plan-paths.ts';

/** A tree in the plan: the steps that make it, where it is, and the ids of which later steps must wait for. */
type PlannedTree = {
  readonly steps: readonly PlannedStep[];
  readonly tree: string;
  readonly ready: readonly string[];
};

type Wanted = {
  /** First part of the ids: `kernel`. */
  readonly name: string;
  readonly source: Source;
  readonly into: string;
  /** What makes the folder that `into` lies in. */
  readonly after: readonly string[];
  readonly form: 'linux-source' | 'source-package';
  readonly recipeFile: string;
};

/** The steps that bring a source tree to `into`; a tree of the user's own stays where it is. */
export function planSource({ name, source, into, after, form, recipeFile }: Wanted): PlannedTree {
  const id = `${name}-source`;
  switch (source.kind) {
    case 'path':
      return { steps: [], tree: recipePath(source.path, recipeFile), ready: after };
    case 'git': {
      const pin = source.commit === undefined ? {} : { commit: source.commit };
      const options = { urls: source.urls, ref: source.ref, ...pin, into };
      return { steps: [{ id, kind: 'sync-tree', options, after }], tree: into, ready: [id] };
    }
    case 'debian': {
      const { package: name, mirror, suites } = source;
      const version = source.version === undefined ? {} : { version: source.version };
      const options = { form, package: name, ...version, mirror, suites, into };
      return { steps: [{ id, kind: 'fetch-debian-source', options, after }], tree: into, ready: [id] };
    }
    case 'http': {
      const fetch = planDownload(`${name}-fetch`, source);
      const options = { ...archiveOf(fetch), into, strip: 1 };
      const extract: PlannedStep = { id, kind: 'extract-archive', options, after: [fetch.id, ...after] };
      return { steps: [fetch, extract], tree: into, ready: [id] };
    }
  }
}

type PlannedDownload = {
  readonly urls: readonly string[];
  readonly sha256?: string | undefined;
  readonly superseded: Readonly<Record<string, string>>;
};

/** A download to the cache; its sha256 is in the recipe or in its lock file, which is checked before. */
export function planDownload(id: string, { urls, sha256 = '', superseded }: PlannedDownload) {
  const name = fileNameOf(urls[0] ?? '');
  const into = `cache:downloads/${sha256}/${name}`;
  return { id, kind: 'fetch-archive', options: { urls, sha256, superseded, into }, after: [] } as const;
}

/** The last part of an address as a plain file name, whatever is written in it: `%2f` and `..` lead nowhere. */
function fileNameOf(url: string): string {
  const name = new URL(url).pathname.replace(/^.*\//, '').replaceAll(/%20|[^\w.+~-]/g, '_');
  return /^\.*$/.test(name) ? 'download' : name;
}

/** What a step that unpacks is told of the download before it. */
export function archiveOf({ options }: ReturnType<typeof planDownload>) {
  return { archive: options.into, sha256: options.sha256 };
}
