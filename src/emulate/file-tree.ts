// SPDX-License-Identifier: Apache-2.0

/** One entry of a root file system that is made without root: what it is, not who owns it. All belong to 0:0. */
export type FileEntry =
  | { readonly type: 'folder'; readonly path: string }
  | { readonly type: 'file'; readonly path: string; readonly mode: number; readonly content: Buffer | string }
  | { readonly type: 'link'; readonly path: string; readonly target: string }
  | {
      readonly type: 'device';
      readonly path: string;
      readonly mode: number;
      readonly major: number;
      readonly minor: number;
    };

/** Each folder above `path` (relative, without a leading slash), outermost first. */
function foldersAbove(path: string): readonly string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

/** `entries` with the folders that they need in front of them, each once. */
export function withFolders(entries: readonly FileEntry[]): readonly FileEntry[] {
  const have = new Set(entries.filter(({ type }) => type === 'folder').map(({ path }) => path));
  const missing = new Set(
    entries.flatMap(({ path }) => foldersAbove(path)).filter((path) => !have.has(path)),
  );
  const folders = [...missing, ...have].sort().map((path) => ({ type: 'folder', path }) as const);
  return [...folders, ...entries.filter(({ type }) => type !== 'folder')];
}
