// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatCommand } from '../command.ts';
import { readText } from '../read-file.ts';
import { type ExecContext, exec } from '../tools/process/exec.ts';
import { type Reach, runOnTarget } from '../tools/ssh.ts';
import { sumOf } from './bundle-files.ts';
import { commitLines, type DeployPlan } from './deploy-plan.ts';
import { type BoardFacts, parseFacts } from './facts.ts';

/** The board's side, run as root there: as one argument of sh, so that it arrives whole or not at all. */
export class Board {
  readonly #reach: Reach;
  readonly #script: string;

  /** `env NAME=VALUE` words before the script, or none. */
  readonly #env: readonly string[];

  private constructor(reach: Reach, script: string, env: readonly string[]) {
    this.#reach = reach;
    this.#script = script;
    this.#env = env;
  }

  /**
   * @param boardFolder this package's board/
   * @param root the folder that is the board's /, where that is not / itself: a root file system to be flashed
   */
  static async open(reach: Reach, boardFolder: string, root?: string): Promise<Board> {
    const script = await readText(join(boardFolder, 'deploy.sh'));
    return new Board(reach, script, root === undefined ? [] : ['env', `BPMP_VIRT_ROOT=${root}`]);
  }

  /**
   * @param wanted where a deployment wants to put files
   * @throws what `runOnTarget` throws
   */
  async facts(wanted: readonly string[] = []): Promise<BoardFacts> {
    return parseFacts(await this.run('facts', { text: wanted.map((path) => `${path}\n`).join('') }));
  }

  /**
   * Carry out `plan`. Whatever ends it early leaves the board's own boot as it was, and what has arrived is used by
   * the next attempt.
   *
   * @throws what `runOnTarget` throws
   */
  async apply(plan: DeployPlan): Promise<void> {
    await this.#send(plan);
    await this.run('commit', { text: commitLines(plan) });
  }

  /** Run one verb of deploy.sh on the board; gives what it printed. */
  async run(verb: string, stdin?: ExecContext['stdin']): Promise<string> {
    const asRoot = 'if [ "$(id -u)" = 0 ]; then exec "$@"; else exec sudo -n "$@"; fi';
    const words = formatCommand([
      'sh',
      '-c',
      asRoot,
      'as-root',
      ...this.#env,
      'sh',
      '-c',
      this.#script,
      'deploy.sh',
      verb,
    ]);
    return runOnTarget(this.#reach, `deploy.sh ${verb}`, words, stdin);
  }

  /** Files go as one tar, each under the name of its sha256: what arrived whole is known by its name. */
  async #send({ send, extlinux }: DeployPlan): Promise<void> {
    if (send.length === 0 && extlinux === undefined) return;
    const folder = await mkdtemp(join(tmpdir(), 'bpmp-virt-deploy-'));
    try {
      const names = new Map(send.map((file) => [file.sha256, file.from]));
      for (const [sha256, from] of names) await symlink(from, join(folder, sha256));
      const all = [...names.keys()];
      if (extlinux !== undefined) {
        all.push(sumOf(extlinux.text));
        await writeFile(join(folder, sumOf(extlinux.text)), extlinux.text, 'latin1');
      }
      const tar = join(folder, 'tar');
      await exec(['tar', '--dereference', '-cf', tar, ...all], folder, {
        emit: () => undefined,
        signal: this.#reach.signal,
      });
      const bytes = send.reduce((sum, file) => sum + file.bytes, 0);
      this.#reach.emit({
        type: 'note',
        text: `sending ${all.length} files, ${(bytes / 2 ** 20).toFixed(1)} MiB`,
      });
      await this.run('stage', { file: tar });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}
