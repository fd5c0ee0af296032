// SPDX-License-Identifier: Apache-2.0
import { dirname, join } from 'node:path';
import process from 'node:process';
import { type SimpleGit, simpleGit } from 'simple-git';
import { exists } from '../files/folder.ts';
import { runMark } from '../process/run-mark.ts';

/** What of our environment git gets: where things are and how the network is reached, no GIT_* and no editor. */
const PASSED = /^(PATH|HOME|USER|LOGNAME|TMPDIR|SSH_AUTH_SOCK|SSL_CERT_\w+|(https?|all|no)_proxy)$/i;

/** Told now and then how far git is: `receiving`, 12 of 300 objects. */
export type OnProgress = (event: {
  readonly stage: string;
  readonly processed: number;
  readonly total: number;
}) => void;

/** A server that says nothing for this long (ms) has gone. */
const SILENCE_MS = 300_000;

/**
 * git in `folder`. A repository that `folder` merely lies in is not seen: `git apply` would otherwise take the
 * patch's paths from that repository's top and skip every file without a word.
 */
export function gitIn(
  folder: string,
  signal?: AbortSignal,
  onProgress?: OnProgress,
  env: Readonly<Record<string, string>> = {},
): SimpleGit {
  const passed = Object.entries(process.env).filter(([name]) => PASSED.test(name));
  // A question on a terminal would be a hang in a pipeline.
  const fixed = { GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C', GIT_CEILING_DIRECTORIES: dirname(folder) };
  const git = simpleGit({
    baseDir: folder,
    timeout: { block: SILENCE_MS },
    ...(signal === undefined ? {} : { abort: signal }),
    ...(onProgress === undefined ? {} : { progress: onProgress }),
  });
  return git.env({
    ...(Object.fromEntries(passed) as Record<string, string>),
    ...fixed,
    ...runMark(),
    ...env,
  });
}

/** The commit that `ref` (a tag, a branch or HEAD) is in the repository `folder`, or undefined. */
export async function localCommit(folder: string, ref: string): Promise<string | undefined> {
  for (const name of [`refs/tags/${ref}`, `refs/heads/${ref}`, ref]) {
    const found = await revParse(folder, `${name}^{commit}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The id of an object, or undefined: `--quiet` tells by its exit code alone, which simple-git does not take for an error. */
export async function revParse(folder: string, name: string): Promise<string | undefined> {
  const id = (await gitIn(folder).raw(['rev-parse', '--verify', '--quiet', name])).trim();
  return id === '' ? undefined : id;
}

/** The commit that the tree `folder` is at, if it is a repository of its own. */
export async function headCommit(folder: string): Promise<string | undefined> {
  return (await exists(join(folder, '.git'))) ? localCommit(folder, 'HEAD') : undefined;
}

/** What `git describe --tags --exact-match` says of `folder`'s commit; undefined where no tag is there. */
export async function exactTags(folder: string): Promise<readonly string[]> {
  const tags = await gitIn(folder).raw(['tag', '--points-at', 'HEAD']);
  return tags.split('\n').filter((tag) => tag !== '');
}
