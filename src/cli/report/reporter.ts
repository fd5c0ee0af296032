// SPDX-License-Identifier: Apache-2.0
import type { RunEvent } from '../../events.ts';
import type { CliContext } from '../context.ts';

/** Draws events for somebody. */
export type Reporter = {
  readonly emit: (event: RunEvent) => void;
  /** Called when the run has ended, well or not; gives when all is drawn. */
  readonly close: () => Promise<void>;
};

/** Which reporter: NDJSON where asked for, live tasks on a terminal that can draw them, lines elsewhere and with --verbose. */
export async function makeReporter(
  flags: { readonly json?: true; readonly verbose?: true },
  cli: CliContext,
): Promise<Reporter> {
  if (flags.json === true) {
    return { emit: (event) => cli.print(JSON.stringify(event)), close: async () => undefined };
  }
  if (cli.isTerminal && cli.draws && flags.verbose !== true) {
    const { listrReporter } = await import('./listr.ts');
    return listrReporter(cli);
  }
  const { plainReporter } = await import('./plain.ts');
  return plainReporter(cli, flags.verbose === true);
}
