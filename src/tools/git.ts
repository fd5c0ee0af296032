// SPDX-License-Identifier: Apache-2.0
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { type SimpleGit, simpleGit } from 'simple-git';
import { StepError } from '../errors.ts';
import { exists } from './folder.ts';

/** What of our environment git gets: where things are and how the network is reached, no GIT_* and no editor. */
const PASSED = /^(PATH|HOME|USER|LOGNAME|TMPDIR|SSH_AUTH_SOCK|SSL_CERT_\w+|(https?|all|no)_proxy)$/i;
/** A server that says nothing for this long (ms) has gone. */
const SILENCE_MS = 300_000;

/**
 * git in `folder`. A repository that `folder` merely lies in is not seen: `git apply` would otherwise take the
 * patch's paths from that repository's top and skip every file without a word.
 */
export function gitIn(folder: string, signal?: AbortSignal): SimpleGit {
  const passed = Object.entries(process.env).filter(([name]) => PASSED.test(name));
  // A question on a terminal would be a hang in a pipeline.
  const fixed = { GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C', GIT_CEILING_DIRECTORIES: dirname(folder) };
  const git = simpleGit({
    baseDir: folder,
    timeout: { block: SILENCE_MS },
    ...(signal === undefined ? {} : { abort: signal }),
  });
  return git.env({ ...(Object.fromEntries(passed) as Record<string, string>), ...fixed });
}

/** What a server has under a name: a tag's commit, or a branch's. */
export type RemoteRef = { readonly name: string; readonly commit: string };

/**
 * What `ref` is on the server at `url`: a tag first, else a branch; annotated tags are followed to their commit.
 *
 * @returns undefined where the server has neither
 * @throws {Error} the server does not answer
 */
export async function remoteRef(
  url: string,
  ref: string,
  signal?: AbortSignal,
): Promise<RemoteRef | undefined> {
  const names = [`refs/tags/${ref}^{}`, `refs/tags/${ref}`, `refs/heads/${ref}`];
  const listing = await gitIn('/', signal).listRemote([url, ...names]);
  const found = new Map(
    listing
      .split('\n')
      .filter((line) => line.includes('\t'))
      .map((line) => {
        const [commit = '', name = ''] = line.split('\t');
        return [name, commit] as const;
      }),
  );
  for (const name of names) {
    const commit = found.get(name);
    if (commit !== undefined) return { name: name.replace('^{}', ''), commit };
  }
  return undefined;
}

/**
 * Fetch `name` (`refs/tags/…`, `refs/heads/…`) without its history from `url` into the bare repository `store`, which is
 * made where it is missing.
 */
export async function fetchShallow(
  store: string,
  url: string,
  name: string,
  signal?: AbortSignal,
): Promise<void> {
  await mkdir(store, { recursive: true });
  const git = gitIn(store, signal);
  await git.init(true);
  await git.raw(['fetch', '--no-tags', '--depth=1', url, `+${name}:${name}`]);
}

/** The commit that `ref` (a tag or a branch) is in the repository `folder`, or undefined. */
export async function localCommit(folder: string, ref: string): Promise<string | undefined> {
  for (const name of [`refs/tags/${ref}`, `refs/heads/${ref}`, ref]) {
    try {
      return (await gitIn(folder).raw(['rev-parse', '--verify', '--quiet', `${name}^{commit}`])).trim();
    } catch {
      // rev-parse says by its exit code that the name is unknown; the next form may be it.
    }
  }
  return undefined;
}

/** Whether git could apply `patch` to `tree` as it is, forwards or (`reverse`) backwards. Changes nothing. */
export async function canApply(tree: string, patch: string, reverse = false): Promise<true | string> {
  try {
    await gitIn(tree).raw(['apply', '--check', ...(reverse ? ['--reverse'] : []), '--', patch]);
    return true;
  } catch (error) {
    return error instanceof Error ? error.message.trim() : String(error);
  }
}

/**
 * Apply `patch` to `tree`, or take it back.
 *
 * @throws {StepError} git refuses; it has then changed nothing
 */
export async function applyPatch(tree: string, patch: string, reverse = false): Promise<void> {
  const words = ['apply', '--whitespace=nowarn', ...(reverse ? ['--reverse'] : []), '--', patch];
  try {
    await gitIn(tree).raw(words);
  } catch (cause) {
    const what = reverse ? 'cannot be taken back from' : 'does not apply to';
    throw new StepError(`${patch} ${what} ${tree}\n${cause instanceof Error ? cause.message : ''}`, '', {
      cause,
    });
  }
}

/** The files that `patch` touches, relative to the tree. */
export async function touchedFiles(tree: string, patch: string): Promise<readonly string[]> {
  const stat = await gitIn(tree).raw(['apply', '--numstat', '-z', '--', patch]);
  return stat
    .split('\0')
    .filter((entry) => entry !== '')
    .map((entry) => entry.replace(/^[-\d]+\t[-\d]+\t/, ''));
}

/** Fetch one commit without its history from `url` into the bare repository `store`, under the name `name`. */
export async function fetchCommit(
  store: string,
  url: string,
  commit: string,
  signal?: AbortSignal,
): Promise<void> {
  await mkdir(store, { recursive: true });
  const git = gitIn(store, signal);
  await git.init(true);
  await git.raw(['fetch', '--no-tags', '--depth=1', url, `+${commit}:refs/bpmp-virt/${commit}`]);
}

/** Whether the repository `store` has `commit` with all that belongs to it. */
export async function hasCommit(store: string, commit: string): Promise<boolean> {
  if (!(await exists(store))) return false;
  try {
    await gitIn(store).raw(['rev-parse', '--quiet', '--verify', `${commit}^{tree}`]);
    return true;
  } catch {
    return false;
  }
}

/** Bring `commit` (and the names that `store` has for it) from `store` into the repository `folder`, and check it out. */
export async function checkOut(
  folder: string,
  store: string,
  commit: string,
  signal?: AbortSignal,
): Promise<void> {
  const git = gitIn(folder, signal);
  await git.init();
  const refs = [
    '+refs/tags/*:refs/tags/*',
    '+refs/heads/*:refs/remotes/origin/*',
    '+refs/bpmp-virt/*:refs/bpmp-virt/*',
  ];
  await git.raw(['fetch', '--quiet', '--depth=1', `file://${store}`, ...refs]);
  await git.raw(['checkout', '--quiet', '--force', '--detach', commit]);
}

/** The commit that the tree `folder` is at, if it is a repository of its own. */
export async function headCommit(folder: string): Promise<string | undefined> {
  return (await exists(join(folder, '.git'))) ? localCommit(folder, 'HEAD') : undefined;
}

/** Files of `folder` that are not as its commit has them, leaving out what is ours. */
export async function changedFiles(folder: string, ours: string): Promise<readonly string[]> {
  const status = await gitIn(folder).raw(['status', '--porcelain', '-z']);
  const names = status
    .split('\0')
    .filter((entry) => entry !== '')
    .map((entry) => entry.slice(3));
  return names.filter((name) => !name.startsWith(ours));
}

/** What `git describe --tags --exact-match` says of `folder`'s commit; undefined where no tag is there. */
export async function exactTags(folder: string): Promise<readonly string[]> {
  const tags = await gitIn(folder).raw(['tag', '--points-at', 'HEAD']);
  return tags.split('\n').filter((tag) => tag !== '');
}

/** A submodule as a tree names it: where, from where, and at which commit. */
export type Submodule = { readonly path: string; readonly url: string; readonly commit: string };

/** The submodules of the tree `folder`. */
export async function listSubmodules(folder: string): Promise<readonly Submodule[]> {
  if (!(await exists(join(folder, '.gitmodules')))) return [];
  const git = gitIn(folder);
  const lines = await git.raw([
    'config',
    '--file',
    '.gitmodules',
    '--get-regexp',
    '^submodule\\..*\\.(path|url)$',
  ]);
  const found = new Map<string, { path?: string; url?: string }>();
  for (const line of lines.split('\n')) {
    const [, name, key, value] = /^submodule\.(.*)\.(path|url) (.*)$/.exec(line) ?? [];
    if (name !== undefined && key !== undefined) found.set(name, { ...found.get(name), [key]: value });
  }
  const submodules: Submodule[] = [];
  for (const { path, url } of found.values()) {
    if (path === undefined || url === undefined) continue;
    const entry = await git.raw(['ls-tree', 'HEAD', '--', path]);
    const commit = /^160000 commit ([0-9a-f]{40})/.exec(entry)?.[1];
    if (commit !== undefined) submodules.push({ path, url, commit });
  }
  return submodules;
}
