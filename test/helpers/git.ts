// SPDX-License-Identifier: Apache-2.0
import { execa } from 'execa';

const WHO = { NAME: 'test', EMAIL: 'test@localhost' };
const IDENTITY = Object.fromEntries(
  Object.entries(WHO).flatMap(([name, value]) => [
    [`GIT_AUTHOR_${name}`, value],
    [`GIT_COMMITTER_${name}`, value],
  ]),
);

/** Run git in `cwd`, as nobody in particular and without the settings of who runs the tests; gives its stdout. */
export async function git(cwd: string, ...words: string[]): Promise<string> {
  const { stdout } = await execa('git', words, { cwd, env: { GIT_CONFIG_GLOBAL: '/dev/null', ...IDENTITY } });
  return stdout;
}

/** Make the folder `cwd` a repository with one commit on the branch `branch`. */
export async function gitInit(cwd: string, branch = 'main'): Promise<void> {
  await git(cwd, 'init', '-q', '-b', branch);
  await git(cwd, 'add', '.');
  await git(cwd, 'commit', '-qm', 'first');
}
