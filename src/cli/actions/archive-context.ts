// SPDX-License-Identifier: Apache-2.0
import type { AptContext } from '../../tools/apt/apt.ts';
import { type ExecContext, exec } from '../../tools/process/exec.ts';
import type { CliContext } from '../context.ts';
import { mirrorMap } from '../flags/mirrors.ts';
import { pathRoots } from '../places.ts';

/** What an action fetches packages with. `mirror` is `PREFIX=URL` of the command line; without `emit` the programs that run say nothing. */
export function archiveContext(
  cli: CliContext,
  flags: { readonly mirror: readonly string[]; readonly offline?: true | undefined },
  emit: ExecContext['emit'] = () => undefined,
): AptContext {
  const { signal } = cli;
  return {
    run: (command, cwd, env) => exec(command, cwd, { emit, signal, ...(env && { env }) }),
    cache: pathRoots('work', cli).cache,
    offline: flags.offline === true,
    url: mirrorMap(flags.mirror, cli.env.BPMP_VIRT_MIRROR),
    signal,
  };
}
