// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { formatCommand, shellQuote } from '../command.ts';
import { CommandError, StepError, UsageError } from '../errors.ts';
import type { BspTree } from '../plan/step-options.ts';
import { recordSource } from '../tools/fetch/source-record.ts';
import { exists } from '../tools/files/folder.ts';
import type { Step, StepContext } from './step.ts';

/** The script's only server; a `--mirror` for this address is given to git as an insteadOf. */
const SERVER = 'git://nv-tegra.nvidia.com/';

/**
 * NVIDIA's own source_sync.sh. It asks on its standard input where a tag is missing, goes on after errors and counts them in its exit
 * code; so it gets no input, the tag on the command line, and each tree is looked at afterwards.
 */
export const syncBspStep: Step<'sync-bsp'> = {
  kind: 'sync-bsp',
  tools: () => ['git', 'bash'],
  title: ({ source, tag }) => `sync ${source} at ${tag} with the BSP's own script`,
  outputs: ({ source, trees }) => trees.map(({ path }) => `${source}/${path}/.git`),
  inputs: () => [],
  writes: ({ source }) => [source],

  shell: ({ source, tag, trees }, ctx) => [
    `(cd ${shellQuote(ctx.path(source))} && ./source_sync.sh -k -t ${shellQuote(tag)} </dev/null)`,
    ...trees.map(({ path }) =>
      formatCommand(['git', '-C', join(ctx.path(source), path), 'describe', '--tags', '--exact-match']),
    ),
  ],

  async run({ source, tag, trees }, ctx) {
    const folder = ctx.path(source);
    if (!(await exists(join(folder, 'source_sync.sh')))) {
      throw new UsageError(
        `${folder} has no source_sync.sh`,
        'Jetson Linux 36 has it there; 35 and older, which had it elsewhere, are not supported.',
      );
    }
    await refuseMoving(folder, trees, tag);
    const ended = await runScript(folder, tag, ctx);
    const problems = (await Promise.all(trees.map((tree) => judge(folder, tree, tag)))).filter(
      (problem) => problem !== undefined,
    );
    if (problems.length > 0) {
      throw new StepError(
        `source_sync.sh ${ended ?? 'ended well'}, but:\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
        'Choose `sources: sync` in the recipe: it asks several mirrors, over https.',
      );
    }
    // All that is wanted is there: what the script counted as failures was something else.
    if (ended !== undefined)
      ctx.emit({ type: 'warning', text: `source_sync.sh ${ended}; every tree is right` });
    await recordTrees(folder, trees, tag, ctx);
  },
};

/** The script checks out over what is there. @throws {UsageError} a tree has commits or changes of the user's */
async function refuseMoving(folder: string, trees: readonly BspTree[], tag: string): Promise<void> {
  const { commitsOnTop, ownChanges, refuseOwnWork } = await import('../tools/git/own-work.ts');
  for (const { path } of trees) {
    const tree = join(folder, path);
    if (!(await exists(join(tree, '.git')))) continue;
    refuseOwnWork(tree, tag, [...(await commitsOnTop(tree)), ...(await ownChanges(tree, false))]);
  }
}

/** Run the script; gives how it ended where that was not well. */
async function runScript(folder: string, tag: string, ctx: StepContext): Promise<string | undefined> {
  const mapped = ctx.url(SERVER);
  const env: Record<string, string> = { GIT_TERMINAL_PROMPT: '0' };
  if (mapped !== SERVER) {
    Object.assign(env, { GIT_CONFIG_COUNT: '1', GIT_CONFIG_VALUE_0: SERVER });
    env['GIT_CONFIG_KEY_0'] = `url.${mapped}.insteadOf`;
  }
  try {
    await ctx.exec(['./source_sync.sh', '-k', '-t', tag], folder, env);
    return undefined;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return error.failure.status;
  }
}

async function recordTrees(
  folder: string,
  trees: readonly BspTree[],
  tag: string,
  ctx: StepContext,
): Promise<void> {
  const { headCommit } = await import('../tools/git/git.ts');
  const { markSynced } = await import('../tools/git/own-work.ts');
  for (const { path } of trees) {
    const tree = join(folder, path);
    const exact = (await headCommit(tree)) ?? '';
    await markSynced(tree, exact);
    await recordSource(ctx.work, tree, { from: `source_sync.sh ${tag}`, exact });
  }
}

async function judge(folder: string, { path, commit }: BspTree, tag: string): Promise<string | undefined> {
  const { exactTags, headCommit } = await import('../tools/git/git.ts');
  const tree = join(folder, path);
  const head = await headCommit(tree);
  if (head === undefined) return `${path} is not there`;
  const tags = await exactTags(tree);
  if (!tags.includes(tag)) return `${path} is at ${tags[0] ?? head}, not at ${tag}`;
  if (commit !== undefined && head !== commit) return `${path}: ${tag} is ${head}, not ${commit}`;
  return undefined;
}
