// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { execa } from 'execa';
import { type Tree, writeTree } from './board-tree.ts';
import { board } from './deploy-board.ts';
import { type SshBoard, startSshBoard } from './ssh-board.ts';

/** Another board, as this test's is now, but for `changes`. Whoever makes it closes it. */
export async function twin(changes: Tree): Promise<SshBoard> {
  const other = await startSshBoard();
  for (const part of ['root', 'bin'] as const) await execa('cp', ['-a', `${board[part]}/.`, other[part]]);
  writeTree(other.root, changes);
  return other;
}

/** One configuration of ssh for several boards: each has a key and a host key of its own. */
export function sharedConfig(boards: readonly SshBoard[]): string {
  return boards
    .map(({ target, sshConfig }) => {
      const port = target.replace(/.*:/, '');
      return readFileSync(sshConfig, 'utf8').replace('Host *', `Match exec "test %p = ${port}"`);
    })
    .join('\n');
}
