// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path';
import type { Reach } from '../../tools/ssh.ts';
import type { CliContext } from '../context.ts';
import type { ReachFlags } from '../flags/reach-flags.ts';

/** The board that `target` names. @throws {UsageError} it names none */
export async function boardReach(target: string, flags: ReachFlags, cli: CliContext): Promise<Reach> {
  const { parseTarget } = await import('../../tools/ssh.ts');
  return {
    target: parseTarget(target),
    ...(flags.sshConfig === undefined ? {} : { sshConfig: resolve(cli.cwd, flags.sshConfig) }),
    signal: cli.signal,
    emit: (event) => {
      if (event.type === 'note') cli.warn(event.text);
      else if (flags.verbose === true && event.type === 'command') cli.warn(`${event.cwd}$ ${event.line}`);
      else if (flags.verbose === true && event.type === 'output') cli.warn(`  ${event.text}`);
    },
  };
}
