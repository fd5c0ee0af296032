// SPDX-License-Identifier: Apache-2.0
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../../errors.ts';
import { RECORD_FOLDER } from '../files/file-undo.ts';
import { exists } from '../files/folder.ts';
import { treeRecords } from '../files/tree-records.ts';
import { gitIn, revParse } from './git.ts';

/** Below this name a repository that we made keeps every commit that we have checked out there. */
const SYNCED = 'refs/bpmp-virt/synced';

/** Write down that the repository `tree` is at `commit` by our doing. */
export async function markSynced(tree: string, commit: string): Promise<void> {
  // The lock of a git that was killed: nobody else writes this name.
  await rm(join(tree, '.git', `${SYNCED}/${commit}.lock`), { force: true });
  await gitIn(tree).raw(['update-ref', `${SYNCED}/${commit}`, commit]);
}

/** Whether the repository `tree` has all of `commit`, by our doing. */
export async function hasSynced(tree: string, commit: string): Promise<boolean> {
  return (await revParse(tree, `${SYNCED}/${commit}`)) !== undefined;
}

/** Whether we made the repository `tree`. */
export async function isSynced(tree: string): Promise<boolean> {
  if (!(await exists(join(tree, '.git')))) return false;
  return (await gitIn(tree).raw(['for-each-ref', '--count=1', SYNCED])).trim() !== '';
}

/** Whether `tree` is at commits that stand on `commit`, which is there by our doing: who works on it has them there. */
export async function standsOn(tree: string, commit: string): Promise<boolean> {
  const known = await revParse(tree, `${SYNCED}/${commit}`);
  if (known === undefined) return false;
  return (await gitIn(tree).raw(['merge-base', commit, 'HEAD'])).trim() === commit;
}

/** Commits of `tree` that did not come from a server, also those that only a branch, a stash or the reflog knows: `commit 1a2b3c TITLE`. */
export async function ownCommits(tree: string): Promise<readonly string[]> {
  const known = ['--remotes', `--glob=${SYNCED}/*`, '--glob=refs/bpmp-virt/*'];
  const tags = (await gitIn(tree).raw(['tag', '--list'])).split('\n').filter((tag) => tag !== '');
  const found = await gitIn(tree).raw([
    'log',
    '--format=%h %s',
    '--all',
    '--reflog',
    'HEAD',
    '--not',
    ...known,
    ...(await fetchedTags(tree, tags)),
    '--',
  ]);
  return commitLines(found);
}

/** Of the commits that `tree` is at those that neither a branch nor a tag of its server has. */
export async function commitsOnTop(tree: string): Promise<readonly string[]> {
  return commitLines(
    await gitIn(tree).raw(['log', '--format=%h %s', 'HEAD', '--not', '--remotes', '--tags', '--']),
  );
}

function commitLines(log: string): readonly string[] {
  const lines = log.split('\n').filter((line) => line !== '');
  return lines.map((line) => `commit ${line}`);
}

/** @throws {UsageError} `own`, what is the user's in the repository `tree`, is not empty: `tree` is to go to `wanted` */
export function refuseOwnWork(tree: string, wanted: string, own: readonly string[]): void {
  if (own.length === 0) return;
  const most = 5;
  const more = own.length > most ? ` and ${own.length - most} more` : '';
  throw new UsageError(
    `${tree} is to go to ${wanted}, and has changes that are not ours: ${own.slice(0, most).join(', ')}${more}`,
    `Nothing was touched. Take them elsewhere (\`git format-patch\`), or the whole tree: mv ${tree} ${tree}.mine; it is then fetched again.`,
  );
}

/** Tags whose commit has no parent here came without history, from a server; one that a person made stands on something. */
async function fetchedTags(tree: string, tags: readonly string[]): Promise<readonly string[]> {
  const fetched: string[] = [];
  for (const tag of tags) {
    const parents = (await gitIn(tree).raw(['log', '-1', '--format=%P', `refs/tags/${tag}`, '--'])).trim();
    if (parents === '') fetched.push(`refs/tags/${tag}`);
  }
  return fetched;
}

/**
 * Files of the repository `tree` that differ from its commit and are not our links, copies and patches.
 *
 * @param ignored also those that git ignores: what is deleted is gone whether git looked at it or not
 */
export async function ownChanges(tree: string, ignored: boolean): Promise<readonly string[]> {
  const words = ['status', '--porcelain', '-z', '--no-renames', '--untracked-files=all'];
  const status = await gitIn(tree).raw([...words, ...(ignored ? ['--ignored'] : [])]);
  const names = status
    .split('\0')
    .filter((entry) => entry !== '')
    .map((entry) => entry.slice(3))
    .filter((name) => !name.startsWith(`${RECORD_FOLDER}/`) && !/(^|\/)__pycache__\//.test(name));
  const isOurs = await treeRecords(tree);
  const mine = await Promise.all(names.map(isOurs));
  return names.filter((_, at) => !mine[at]);
}
